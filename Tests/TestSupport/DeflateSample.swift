/// A deflate stream made by zlib 1.2.13 from Python: a block of dynamic codes, an empty stored block
/// (`Z_FULL_FLUSH`), and a block of fixed codes.
package enum DeflateSample {
  /// What it decompresses to.
  package static let contents: [UInt8] = {
    let lines = (0..<40).map { "layers.\($0).\($0 * 7 % 13).attn.to_q.weight\n" }
    return Array(lines.joined().utf8) + Array(String(repeating: "bias", count: 25).utf8)
  }()

  /// The stream.
  package static let stream = hexadecimal(
    """
    7cd2cb0a02310c85e1bd0f139a9c5e9f4666318cc230835a10dfde805b73e8f2a729f9e8be7cd6e74b929f65
    ce43e6797dc87bbd6fb779d97f4da585cdbc460dd2c396fd66d48a8cb0559f1ab5261a2fd1fdc9a80dd1780b
    9f59e2a8a2f1229e6a1cc1c83331d742d0b512756d845d3b71d741e02d317953426fc6ec0dc4de32b3b742ec
    ad127b6becbf77626f83d823117b28b187117b80d923137b14668f4aecd1983d3ab1c7f867ff050000ffff4b
    ca4c2c4ea2310600
    """)
}

/// The bytes written as pairs of hexadecimal digits; white space is left out.
package func hexadecimal(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] * 16 + digits[$0 + 1])
  }
}
