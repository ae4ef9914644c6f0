internal import Checkpoints
internal import TensorStorage
internal import TestSupport

/// Safetensors files put together by hand.
enum SafetensorsSamples {
  /// The bytes of a file with that header and `dataByteCount` bytes 0, 1, 2, … behind it.
  static func bytes(_ header: String, data dataByteCount: Int = 0, length: UInt64? = nil) -> [UInt8]
  {
    bytes([UInt8](header.utf8), data: dataByteCount, length: length)
  }

  /// The same for a header that is not text.
  static func bytes(_ header: [UInt8], data dataByteCount: Int, length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header
      + (0..<dataByteCount).map { UInt8(truncatingIfNeeded: $0) }
  }

  /// A header's entry for one tensor.
  static func entry(
    _ name: String, _ dtype: String = "U8", _ shape: String = "[4]", _ offsets: String = "[0,4]"
  ) -> String {
    #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  /// Reads the bytes as a file named `model.safetensors` in a directory of its own.
  static func read(_ bytes: [UInt8], isLenient: Bool = false) throws -> Checkpoint {
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: "model.safetensors")
    var options = ReadOptions()
    options.isLenient = isLenient
    do throws(FormatError) {
      return try SafetensorsFormat.read(try open(path), options: options)
    } catch {
      var error = error
      if error.file == path { error.file = "model.safetensors" }
      throw error
    }
  }

  private static func open(_ path: String) throws(FormatError) -> RandomAccessFile {
    do throws(FileError) {
      return try RandomAccessFile(path: path)
    } catch { throw FormatError(error, file: path) }
  }
}
