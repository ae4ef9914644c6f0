internal import Checkpoints
internal import TensorStorage
internal import TestSupport

/// Arrays in `.npy` form, written by hand.
enum NumpyArrays {
  /// Four float32 elements: 1, 2, 3, 4.
  static let four: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]

  /// The text of a header.
  static func text(
    descr: String = "'<f4'", order: String = "False", shape: String = "(4,)", more: String = ""
  ) -> String {
    "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape)\(more)}"
  }

  /// An array of version 1.
  static func bytes(_ text: String, data: [UInt8]) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(text.utf8.count))
      + Array(text.utf8) + data
  }

  /// The only tensor of a file with these bytes, which is called `a.npy` in errors.
  static func tensor(_ bytes: [UInt8]) throws -> LazyTensor {
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: "a.npy")
    do {
      let checkpoint = try NumpyFormat.read(RandomAccessFile(path: path), options: ReadOptions())
      return checkpoint.entries[0].tensor
    } catch var error as FormatError {
      error.file = "a.npy"
      throw error
    }
  }
}
