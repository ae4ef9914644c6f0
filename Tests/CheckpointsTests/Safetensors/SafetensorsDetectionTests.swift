internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Safetensors detection` {
  private func matches(_ bytes: [UInt8], name: String) throws -> Bool {
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: name)
    return SafetensorsFormat.matches(
      prefix: bytes.rawBytes, file: try RandomAccessFile(path: path))
  }

  static let evident: [(String, UInt64?)] = [
    ("{}", nil), (" \n{ \"a\"", nil), ("{\"a\":1}", nil), ("{\"a\":1}", 1 << 40),
    ("{\"a\":1}", .max),
    ("{", nil),
  ]

  @Test(arguments: evident)
  func `goes by the bytes, whatever the name and the length say`(
    header: String, length: UInt64?
  ) throws {
    let bytes = SafetensorsSamples.bytes(header, length: length)
    #expect(try matches(bytes, name: "model.bin"))
  }

  static let others: [(String, [UInt8])] = [
    (
      "a GGUF file of 123 tensors",
      Array("GGUF".utf8) + [3, 0, 0, 0, 123] + [UInt8](repeating: 0, count: 15)
    ),
    ("JSON whose ninth byte opens an object", Array("{\"abc\": {\"x\": 1}}".utf8)),
    ("an LFS pointer", Array("version https://git-lfs.github.com/spec/v1\n".utf8)),
    ("a web page", Array("<!DOCTYPE html><html></html>".utf8)),
    ("a pickle", [0x80, 2, 0x7D, 0x71, 0, 0x58, 1, 0, 0, 0, 0x61, 0x4B, 1, 0x73, 0x2E]),
  ]

  @Test(arguments: others)
  func `leaves other files to their formats, even under its own name`(
    what: String, bytes: [UInt8]
  ) throws {
    #expect(try !matches(bytes, name: "model.safetensors"), "\(what)")
  }

  @Test(arguments: [0, 1, 7, 8])
  func `goes by the name where the bytes say too little`(byteCount: Int) throws {
    let bytes = [UInt8](repeating: 0, count: byteCount)
    #expect(try matches(bytes, name: "model.safetensors"))
    #expect(try !matches(bytes, name: "model.bin"))
  }
}
