internal import Checkpoints
internal import TensorStorage
internal import Testing

extension [FileSegment] {
  /// The file's bytes, made in memory in the simplest way.
  func materialized() throws -> [UInt8] {
    var bytes: [UInt8] = []
    for segment in self {
      let part = try contents(of: segment)
      try #require(segment.byteOffset == bytes.count && segment.byteCount == part.count)
      bytes += part
    }
    return bytes
  }

  private func contents(of segment: FileSegment) throws -> [UInt8] {
    switch segment.content {
    case .bytes(let bytes): return bytes
    case .tensor(let tensor, owner: _):
      let bytes = try tensor.read()
      return bytes
    case .checksums(let field):
      var checksums: [CRC32] = []
      for position in field.segments {
        var checksum = CRC32()
        let part = try contents(of: self[position])
        checksum.update(part.rawBytes)
        checksums.append(checksum)
      }
      return field.encode(checksums)
    }
  }
}
