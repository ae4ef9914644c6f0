internal import TensorStorage

/// A text file with a line for each name.
package enum ListingFile {
  /// A checkpoint of a million tensors with names of 400 characters; anything larger is another file.
  static let maximumByteCount = 512 << 20

  /// One line and its number, counted from 1.
  package struct Line {
    package var number: Int
    package var text: String
  }

  /// The file's lines without their ends, those that are empty left out.
  package static func lines(path: String) throws(FormatError) -> [Line] {
    let bytes = try bytes(path: path)
    var lines: [Line] = []
    let parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      let part = part.last == UInt8(ascii: "\r") ? part.dropLast() : part
      guard let text = String(validating: part, as: UTF8.self) else {
        throw FormatError(file: path, .listing(.notText))
      }
      if !text.isEmpty { lines.append(Line(number: index + 1, text: text)) }
    }
    return lines
  }

  /// The file's bytes; `-` is standard input, and a shell's `<(…)` is a pipe.
  private static func bytes(path: String) throws(FormatError) -> [UInt8] {
    do throws(FileError) {
      let path = path == "-" ? "/dev/stdin" : path
      if try FileSystem.kind(of: path) == .other {
        return try FileSystem.bytes(ofPipe: path, limit: maximumByteCount)
      }
    } catch {
      throw FormatError(error, file: path)
    }
    let file: RandomAccessFile
    do throws(FileError) { file = try RandomAccessFile(path: path) } catch {
      throw FormatError(error, file: path)
    }
    guard file.byteCount <= maximumByteCount else {
      throw FormatError(
        file: path, .listing(.tooLarge(byteCount: file.byteCount, maximum: maximumByteCount)))
    }
    do throws(FileError) { return try file.bytes(at: 0, count: file.byteCount) } catch {
      throw FormatError(error, file: path)
    }
  }
}
