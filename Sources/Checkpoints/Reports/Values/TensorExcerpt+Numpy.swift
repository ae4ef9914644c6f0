internal import TensorStorage

extension TensorExcerpt {
  /// Writes the values as `numpy.save` would; the file appears whole or not at all.
  ///
  /// - Throws: `PlanFault.noNumpyDType`, `FileError.isSource` if `path` is one of `sources`, `exists` if it is
  ///   there already, or what keeps it from being read or written.
  package func saveNumpy(
    to path: String, overwrites: Bool, sources: [String], tileByteCount: Int
  ) throws(FormatError) {
    guard let header = NumpyHeader.encode(dtype: dtype, shape: shape) else {
      throw FormatError(file: path, .plan(.noNumpyDType(dtype)))
    }
    try OutputPlace(paths: [path], sources: sources).check(overwrites: overwrites)
    do throws(FileError) {
      let file = try AtomicFile(
        path: path, byteCount: header.count + byteCount, overwrites: overwrites)
      try file.write(header.rawBytes, at: 0)
      var offset = header.count
      let writer = file.writer
      try forEachTile(byteCount: tileByteCount) { tile throws(FileError) in
        try writer.write(tile, at: offset)
        offset += tile.byteCount
      }
      try file.commit()
    } catch {
      throw FormatError(error, file: path)
    }
  }
}
