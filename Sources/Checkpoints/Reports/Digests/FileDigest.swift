internal import Crypto
internal import TensorStorage

extension ContentDigest {
  // Large enough that the disk is not asked too often.
  private static let fileTileByteCount = 1 << 20

  /// The SHA-256 of a file's bytes, as `sha256sum` prints it.
  package static func ofFile(
    _ path: String, observer: WorkObserver = .none
  ) throws(FormatError) -> ContentDigest {
    do {
      let file = try RandomAccessFile(path: path)
      let range = FileRange(file: file, byteOffset: 0, byteCount: file.byteCount)
      var segments = SegmentList()
      try segments.appendBytes(of: range)
      return try ofSegments(segments.segments, observer: observer)
    } catch let error as FileError {
      throw FormatError(error, file: path)
    } catch {
      throw FormatError(file: path, .plan(.outputTooLarge))
    }
  }

  /// The SHA-256 of the bytes that a planned file will have; reads its tensors.
  ///
  /// - Precondition: Nothing in the file depends on checksums.
  package static func ofFile(_ file: PlannedFile) throws(FormatError) -> ContentDigest {
    do { return try ofSegments(file.segments) } catch { throw FormatError(error, file: file.path) }
  }

  private static func ofSegments(
    _ segments: [FileSegment], observer: WorkObserver = .none
  ) throws(FileError) -> ContentDigest {
    var hash = SHA256()
    for segment in segments {
      switch segment.content {
      case .bytes(let bytes): hash.update(data: bytes)
      case .checksums: preconditionFailure("the file's bytes depend on checksums")
      case .tensor(let tensor, owner: _):
        try TensorTiles.forEach(of: tensor, byteCount: fileTileByteCount) {
          tile, _ throws(FileError) in
          // SAFETY: the buffer is only read, within the closure.
          unsafe tile.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
          try observer.didProcess(tile.byteCount)
        }
      }
    }
    return ContentDigest(hash.finalize())
  }
}
