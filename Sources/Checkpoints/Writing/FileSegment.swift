package import TensorStorage

/// A run of bytes of an output file.
package struct FileSegment: Sendable {
  /// Where it begins in the file.
  package let byteOffset: Int
  /// How many bytes it has.
  package fileprivate(set) var byteCount: Int
  /// What it consists of.
  package fileprivate(set) var content: Content

  /// Where it ends in the file.
  package var endOffset: Int { byteOffset + byteCount }

  /// Where the bytes of a segment come from.
  package enum Content: Sendable {
    /// They are known already.
    case bytes([UInt8])
    /// The elements of a tensor, as they are read: row-major, packed, little-endian, cast.
    ///
    /// `owner` is the planned tensor that they are, to whose account a cast goes; nil for none.
    case tensor(LazyTensor, owner: Int?)
    /// They depend on the checksums of other segments.
    case checksums(ChecksumField)
  }
}

/// Bytes of known length that are made from the checksums of other segments of the same file.
package struct ChecksumField: Sendable {
  /// The segments whose checksums are needed, as positions in the file's list, ascending.
  package let segments: [Int]
  /// Makes the bytes of those checksums.
  package let encode: @Sendable ([CRC32]) -> [UInt8]
}

/// The segments of a file that is being laid out, each behind the one before.
package struct SegmentList: Sendable {
  /// The segments so far.
  package private(set) var segments: [FileSegment] = []
  /// Their bytes, and so the offset of the next one.
  package private(set) var byteCount = 0

  /// No segment yet, and room for `capacity` of them.
  package init(capacity: Int = 0) { segments.reserveCapacity(capacity) }

  /// Adds bytes that are known; joins them to bytes that stand just before.
  package mutating func append(_ bytes: [UInt8]) throws(PlanFault) {
    guard let last = segments.indices.last, case .bytes(var joined) = segments[last].content else {
      return try append(.bytes(bytes), byteCount: bytes.count)
    }
    let end = try end(after: bytes.count)
    // Taken out of the list, so that bytes are added in place: a million empty records stand side by side.
    segments[last].content = .bytes([])
    joined += bytes
    segments[last].content = .bytes(joined)
    segments[last].byteCount = joined.count
    byteCount = end
  }

  /// Adds a tensor, and says where in the list it is; nil for one without bytes, which is not added.
  @discardableResult
  package mutating func append(_ tensor: LazyTensor, owner: Int?) throws(PlanFault) -> Int? {
    if tensor.byteCount == 0 { return nil }
    try append(.tensor(tensor, owner: owner), byteCount: tensor.byteCount)
    return segments.count - 1
  }

  /// Adds bytes that checksums decide.
  package mutating func append(
    _ field: ChecksumField, byteCount: Int
  ) throws(PlanFault) {
    try append(.checksums(field), byteCount: byteCount)
  }

  private mutating func append(
    _ content: FileSegment.Content, byteCount: Int
  ) throws(PlanFault) {
    let end = try end(after: byteCount)
    segments.append(
      FileSegment(byteOffset: self.byteCount, byteCount: byteCount, content: content))
    self.byteCount = end
  }

  /// Where the list ends with so many bytes more.
  private func end(after byteCount: Int) throws(PlanFault) -> Int {
    // An expanded view may stand for any number of bytes.
    let (end, overflow) = self.byteCount.addingReportingOverflow(byteCount)
    guard !overflow, end <= Self.maximumByteCount else { throw .outputTooLarge }
    return end
  }

  /// A quarter of what an offset can say, so that sums of a few never overflow.
  private static let maximumByteCount = 1 << 61
}
