package import TensorStorage

/// One array as `numpy.save` writes it.
package enum NumpyFormat: CheckpointFormat {
  /// What listings call it.
  package static let identifier = "npy"

  /// Whether the file begins with numpy's magic bytes.
  package static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool {
    var reader = ByteReader(prefix)
    return reader.array(NumpyHeader.magic.count) == NumpyHeader.magic
  }

  /// The array, under the file's name without its suffix.
  package static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let name = stem(of: file.path)
    let array: NumpyArray
    do {
      array = try NumpyArray(FileRange(file: file, byteOffset: 0, byteCount: file.byteCount))
    } catch { throw error.error(file: file.path, member: nil) }
    var checkpoint = Checkpoint(
      source: CheckpointSource(format: identifier, files: [file.path]))
    guard let tensor = array.tensor else {
      throw FormatError(file: file.path, .numpy(.sizeOverflow(array.header.shape)))
    }
    _ = checkpoint.append(Checkpoint.Entry(name: TensorName(name), tensor: tensor))
    return checkpoint
  }

  /// The last part of a path without its suffix.
  static func stem(of path: String) -> String {
    let bytes = Array(path.utf8)
    let name = bytes.split(separator: UInt8(ascii: "/")).last ?? bytes[...]
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
      return String(decoding: name, as: UTF8.self)
    }
    return String(decoding: name[..<dot], as: UTF8.self)
  }
}
