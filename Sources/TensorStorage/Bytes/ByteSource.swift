/// Bytes that have not been read yet: a range of a file, a deflated record, an array in memory, or
/// the result of a computation.
public protocol ByteSource: Sendable {
  /// How many bytes there are.
  var byteCount: Int { get }

  /// Whether reading a range costs no more than that range, in any order and on several threads.
  ///
  /// Where it is false (a deflated record), one cursor read from front to back is the cheap way.
  var isRandomAccess: Bool { get }

  /// The stored bytes this source is a plain copy of, if it is; a plan shows it and may clone it.
  var fileRange: FileRange? { get }

  /// How these bytes come about, if nothing stores them.
  var derivation: Derivation? { get }

  /// A reader of these bytes. Cursors are independent of each other.
  func makeCursor() throws(FileError) -> any ByteCursor
}

/// Reads a byte source; one thread uses it at a time.
public protocol ByteCursor {
  /// Fills `destination` with the bytes that begin at `byteOffset`.
  ///
  /// Going forward is cheap; going back may start again from the first byte.
  mutating func read(at byteOffset: Int, into destination: inout MutableRawSpan) throws(FileError)
}

/// A range of a file's bytes.
public struct FileRange: Sendable {
  /// The open file.
  public let file: RandomAccessFile
  /// Where the range begins, in bytes from the file's start.
  public let byteOffset: Int
  /// How many bytes it has.
  public let byteCount: Int

  /// The range of `byteCount` bytes that begins at `byteOffset`.
  public init(file: RandomAccessFile, byteOffset: Int, byteCount: Int) {
    self.file = file
    self.byteOffset = byteOffset
    self.byteCount = byteCount
  }
}

extension FileRange: ByteSource, ByteCursor {
  /// Whether reading a range costs no more than that range.
  public var isRandomAccess: Bool { true }
  /// The stored bytes that this is a plain copy of, if it is.
  public var fileRange: FileRange? { self }
  /// A reader of these bytes.
  public func makeCursor() throws(FileError) -> any ByteCursor { self }

  /// Fills `destination` with the bytes that begin at `offset`.
  public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    let (start, overflow) = byteOffset.addingReportingOverflow(offset)
    guard !overflow, offset >= 0, offset <= byteCount, destination.byteCount <= byteCount - offset
    else {
      throw .truncated(
        file: file.path, offset: byteOffset, needed: destination.byteCount,
        available: max(0, byteCount - offset))
    }
    try file.read(at: start, into: &destination)
  }
}

/// Bytes that are in memory already, such as an array inside a pickle.
public struct MemoryBytes: ByteSource, ByteCursor {
  private let bytes: [UInt8]

  /// Offers `bytes` for reading.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// How many bytes there are.
  public var byteCount: Int { bytes.count }
  /// Whether reading a range costs no more than that range.
  public var isRandomAccess: Bool { true }
  /// The stored bytes that this is a plain copy of, if it is.
  public var fileRange: FileRange? { nil }
  /// A reader of these bytes.
  public func makeCursor() throws(FileError) -> any ByteCursor { self }

  /// Fills `destination` with the bytes that begin at `offset`.
  public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    precondition(offset >= 0 && destination.byteCount <= bytes.count - offset, "outside the bytes")
    destination.copy(bytes.rawBytes.extracting(offset..<(offset + destination.byteCount)))
  }
}

/// Bytes whose units are stored in the other order (a big-endian file), put right as they are read.
public struct SwappedBytes: ByteSource {
  private let base: any ByteSource
  private let unitByteCount: Int

  /// Reverses each unit of `unitByteCount` bytes of `base`, which is made of whole units.
  public init(_ base: any ByteSource, unitByteCount: Int) {
    self.base = base
    self.unitByteCount = unitByteCount
  }

  /// How many bytes there are.
  public var byteCount: Int { base.byteCount }
  /// Whether reading a range costs no more than that range.
  public var isRandomAccess: Bool { base.isRandomAccess }
  /// The stored bytes that this is a plain copy of, if it is.
  public var fileRange: FileRange? { unitByteCount == 1 ? base.fileRange : nil }

  /// A reader of these bytes.
  public func makeCursor() throws(FileError) -> any ByteCursor {
    Cursor(base: try base.makeCursor(), unitByteCount: unitByteCount)
  }

  private struct Cursor: ByteCursor {
    var base: any ByteCursor
    var unitByteCount: Int

    mutating func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      let skipped = offset % unitByteCount
      let needed = skipped + destination.byteCount
      if skipped == 0, needed.isMultiple(of: unitByteCount) {
        try base.read(at: offset, into: &destination)
        return ByteOrder.swapUnits(of: unitByteCount, in: &destination)
      }
      // Parts of units: a view of smaller elements than those the file stored.
      var units = TensorBytes(
        byteCount: (needed + unitByteCount - 1) / unitByteCount * unitByteCount)
      var span = units.mutableBytes
      try base.read(at: offset - skipped, into: &span)
      ByteOrder.swapUnits(of: unitByteCount, in: &span)
      destination.copy(units.bytes.extracting(skipped..<needed))
    }
  }
}

/// Bytes that a file describes and does not hold (a tensor of torch's `meta` device).
public struct AbsentBytes: ByteSource, ByteCursor {
  private let file: String
  /// How many bytes there are.
  public let byteCount: Int

  /// Describes `byteCount` bytes that `file` does not hold.
  public init(file: String, byteCount: Int) {
    self.file = file
    self.byteCount = byteCount
  }

  /// What reading them fails with.
  var error: FileError { .noData(file: file) }

  /// Whether reading a range costs no more than that range.
  public var isRandomAccess: Bool { true }
  /// The stored bytes that this is a plain copy of, if it is.
  public var fileRange: FileRange? { nil }
  /// A reader of these bytes.
  public func makeCursor() throws(FileError) -> any ByteCursor { self }
  /// Fills `destination` with the bytes that begin at `offset`.
  public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    if destination.byteCount > 0 { throw error }
  }
}
