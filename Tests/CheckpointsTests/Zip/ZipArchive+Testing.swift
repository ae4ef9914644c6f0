internal import Checkpoints
internal import Foundation
internal import TensorStorage
internal import TestSupport

extension ZipArchive {
  /// Opens `bytes` as an archive, in a file of their own that is called `a.zip` in errors.
  static func opened<R>(
    _ bytes: [UInt8], in directory: TemporaryDirectory? = nil, _ body: (ZipArchive) throws -> R
  ) throws -> R {
    let directory = try directory ?? TemporaryDirectory()
    // A new file each time: cutting an old one to nothing makes ext4 wait for the disk.
    try? FileManager.default.removeItem(atPath: directory.path("a.zip"))
    let path = try directory.write(bytes, to: "a.zip")
    do {
      return try withExtendedLifetime(directory) {
        try body(try ZipArchive(try RandomAccessFile(path: path)))
      }
    } catch var error as FormatError {
      error.file = "a.zip"
      if case .file(.damaged(_, let part, let reason)) = error.fault {
        error.fault = .file(.damaged(file: "a.zip", part: part, reason: reason))
      }
      throw error
    }
  }

  /// Names and contents of all records.
  func allContents() throws -> [[UInt8]: [UInt8]] {
    var result: [[UInt8]: [UInt8]] = [:]
    for record in records {
      result[Array(record.name.utf8)] = try contents(of: record, limit: 1 << 20)
    }
    return result
  }
}

extension ZipBuilder {
  /// An archive with one record of each kind that torch and numpy write.
  static var sample: ZipBuilder {
    var builder = ZipBuilder([("m/data.pkl", [0x80, 2, 0x7D, 0x2E])])
    builder.records.append(
      Record("m/data/0", deflated: DeflateSample.stream, contents: DeflateSample.contents))
    builder.records.append(Record("m/version", Array("3\n".utf8)))
    builder.records[0].stream()
    return builder
  }

  /// The same with `change` made.
  func with(_ change: (inout ZipBuilder) -> Void) -> ZipBuilder {
    var copy = self
    change(&copy)
    return copy
  }
}
