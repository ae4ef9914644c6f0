internal import Checkpoints
internal import Testing

@Suite struct `JSON rendering` {
  static let value: JSONValue = [
    "metadata": ["total_size": 12, "é\u{7F}😀/\"\\\u{1}\n\u{8}\u{C}\r\t": "\u{1F}"],
    "list": [1.5, 1e16, -0.0, nil, true, false], "none": [:], "empty": [],
  ]

  // Printed by Python 3.11: json.dumps(value, indent=2).
  static let python = #"""
    {
      "metadata": {
        "total_size": 12,
        "\u00e9\u007f\ud83d\ude00/\"\\\u0001\n\b\f\r\t": "\u001f"
      },
      "list": [
        1.5,
        1e+16,
        -0.0,
        null,
        true,
        false
      ],
      "none": {},
      "empty": []
    }
    """#

  @Test func `is that of Python where Python's is asked for`() {
    #expect(Self.value.rendered(.python) == Self.python)
  }

  @Test func `is that of serde_json where nothing else is asked for`() {
    let text =
      "{\"metadata\":{\"total_size\":12,\"é\u{7F}😀/\\\"\\\\\\u0001\\n\\b\\f\\r\\t\":\"\\u001f\"},"
      + "\"list\":[1.5,1e+16,-0.0,null,true,false],\"none\":{},\"empty\":[]}"
    #expect(Self.value.rendered(.compact) == text)
  }

  @Test(arguments: [JSONStyle.python, .compact, .pretty])
  func `reads back as the same value`(style: JSONStyle) throws {
    #expect(try JSONText(Self.value.renderedBytes(style)).value == Self.value)
  }

  @Test func `writes numbers that JSON lacks as text`() {
    let value: JSONValue = [.double(.nan), .double(.infinity), .double(-.infinity)]
    #expect(value.rendered(.compact) == #"["NaN","Infinity","-Infinity"]"#)
  }

  @Test func `escapes every control character as the two libraries do`() throws {
    for byte in UInt8(0)..<0x20 {
      let text = String(Unicode.Scalar(byte))
      let expected =
        switch byte {
        case 8: "\\b"
        case 9: "\\t"
        case 10: "\\n"
        case 12: "\\f"
        case 13: "\\r"
        default: "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
        }
      #expect(JSONValue.string(text).rendered(.compact) == "\"\(expected)\"")
      #expect(JSONValue.string(text).rendered(.python) == "\"\(expected)\"")
    }
  }
}
