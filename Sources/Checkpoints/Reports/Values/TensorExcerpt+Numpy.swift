internal import TensorStorage

extension TensorExcerpt {
  /// Writes the values as `numpy.save` would; the file appears whole or not at all.
  ///
  /// - Throws: `PlanFault.noNumpyDType`, `FileError.isSource` if `path` is one of `sources`, `exists` if it is
  ///   there already, or what keeps it from being read or written.
  ///
  /// - Returns: How many finite values became infinite because another dtype was asked for.
  package func saveNumpy(
    to path: String, overwrites: Bool, sources: [String], tileByteCount: Int
  ) throws(FormatError) -> Int {
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
      var reader = try SliceReader(tensor, geometry, byteCount: tileByteCount)
      try reader.forEachTile { tile throws(FileError) in
        try writer.write(tile, at: offset)
        offset += tile.byteCount
      }
      try file.commit()
      return reader.report.overflowCount
    } catch {
      throw FormatError(error, file: path)
    }
  }
}
