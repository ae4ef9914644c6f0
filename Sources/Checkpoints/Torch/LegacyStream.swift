internal import TensorStorage

/// What `torch.save` wrote before torch 1.6: pickles and storages, one behind the other.
///
/// A magic number, a protocol version, facts on the system, the object, the keys of its storages; then for
/// each key the number of elements and the elements. The order of bytes is always the little-endian one.
struct LegacyStream {
  /// The object and its storages.
  let document: TorchDocument
  /// Bytes behind the last storage.
  let trailingByteCount: Int

  /// 0x1950A86A20F9469CFC6C, least significant byte first.
  static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let protocolVersion = 1001

  init(_ source: any ByteSource, reading: TorchReading, depth: Int = 0) throws(FormatError) {
    var pickles = LegacyPickles(source, reading: reading, isNested: depth > 0)
    guard case .bigInt(Self.magic) = try pickles.next().rootNode else {
      throw reading.error(.legacyStream(needed: "the magic number"))
    }
    guard case .int(Self.protocolVersion) = try pickles.next().rootNode else {
      throw reading.error(.legacyStream(needed: "the protocol version 1001"))
    }
    _ = try pickles.next()
    let graph = try pickles.next()
    let place = pickles.place
    let keyGraph = try pickles.next()
    let storages = LegacyStorages(reading: reading)
    let document = TorchDocument(
      graph: graph, storages: storages, reading: reading, depth: depth, place: place)
    try StorageTable.checkPersistentIDs(of: document, allowsClasses: true)
    let keys = TorchValue(
      document: TorchDocument(
        graph: keyGraph, storages: storages, reading: reading, depth: depth),
      id: keyGraph.root)
    let units = try Self.unitByteCounts(of: document)
    let end = try storages.find(keys, units: units, in: pickles)
    self.document = document
    trailingByteCount = source.byteCount - end
  }

  /// Whether a file begins with the pickle of the magic number, in any protocol.
  static func begins(_ prefix: RawSpan) -> Bool {
    let start = [UInt8](prefix.extracting(0..<min(prefix.byteCount, 64)))
    // Protocols 0 and 1 write it as text, with L in front and behind.
    if start.starts(with: "L119547037146038801333356L\n".utf8) { return true }
    guard start.first == 0x80 else { return false }
    // PROTO 2: LONG1 of ten bytes. From protocol 4 on, a FRAME stands between.
    let long1 = [0x8A, 0x0A] + magic
    return [2, 11].contains { start.dropFirst($0).starts(with: long1) }
  }

  /// How many bytes an element of each storage has, by its key.
  private static func unitByteCounts(
    of document: TorchDocument
  ) throws(FormatError) -> [String: Int] {
    var units: [String: Int] = [:]
    for position in 0..<document.graph.count {
      let id = PickleGraph.ID(position: Int32(position))
      guard document.graph.kind(id) == .persistent else { continue }
      let value = TorchValue(document: document, id: id)
      guard value.isStorage, let inner = document.graph.persistentID(id),
        let parts = value.sibling(inner).tuple, parts.count > 2, let key = parts[2].text
      else { continue }
      if units[key] == nil, let global = parts[1].global {
        units[key] = StorageClass(global)?.unitByteCount
      }
    }
    return units
  }
}

extension PickleGraph {
  fileprivate var rootNode: Node { self[root] }
}

/// The pickles of a stream, one after the other.
private struct LegacyPickles {
  let source: any ByteSource
  let reading: TorchReading
  /// Whether the stream stands inside a pickle.
  let isNested: Bool
  /// Where the next pickle begins.
  var offset = 0
  /// Where the last pickle lies in the file.
  private(set) var place: FileRange?

  init(_ source: any ByteSource, reading: TorchReading, isNested: Bool) {
    self.source = source
    self.reading = reading
    self.isNested = isNested
  }

  /// The next pickle, whose length nobody knows: more is read until it ends.
  mutating func next() throws(FormatError) -> PickleGraph {
    var windowByteCount =
      isNested ? TorchLimits.firstNestedWindowByteCount : TorchLimits.firstWindowByteCount
    let start = source.fileRange?.byteOffset ?? 0
    while true {
      let count = min(windowByteCount, source.byteCount - offset)
      let bytes = try bytes(at: offset, count: count)
      do {
        let graph = try PickleMachine.run(
          bytes, file: reading.file, fileOffset: start + offset, policy: reading.policy)
        if isNested { try reading.add(nested: graph) }
        place = part(at: offset, byteCount: count) as? FileRange
        offset += graph.endOffset
        return graph
      } catch {
        guard error.endsEarly, count == windowByteCount, count < ZipLimits.pickleByteCount else {
          throw error
        }
      }
      windowByteCount = min(windowByteCount * 8, ZipLimits.pickleByteCount)
    }
  }

  /// The bytes at a place of the stream.
  func bytes(at offset: Int, count: Int) throws(FormatError) -> [UInt8] {
    guard offset <= source.byteCount, count <= source.byteCount - offset else {
      throw truncated(at: offset, needed: count)
    }
    var bytes = [UInt8](repeating: 0, count: count)
    do {
      try bytes.withMutableRawBytes { span throws(FileError) in
        var cursor = try source.makeCursor()
        try cursor.read(at: offset, into: &span)
      }
    } catch { throw FormatError(error, file: reading.file) }
    return bytes
  }

  /// A part of the stream, left where it is.
  func part(at offset: Int, byteCount: Int) -> any ByteSource {
    guard let range = source.fileRange else {
      return PartOfBytes(source, byteOffset: offset, byteCount: byteCount)
    }
    return FileRange(
      file: range.file, byteOffset: range.byteOffset + offset, byteCount: byteCount)
  }

  func truncated(at offset: Int, needed: Int) -> FormatError {
    FormatError(
      .truncated(
        file: reading.file, offset: (source.fileRange?.byteOffset ?? 0) + offset, needed: needed,
        available: max(0, source.byteCount - offset)),
      file: reading.file)
  }
}

/// A part of other bytes.
private struct PartOfBytes: ByteSource {
  let base: any ByteSource
  let byteOffset: Int
  let byteCount: Int

  init(_ base: any ByteSource, byteOffset: Int, byteCount: Int) {
    self.base = base
    self.byteOffset = byteOffset
    self.byteCount = byteCount
  }

  var isRandomAccess: Bool { base.isRandomAccess }
  var fileRange: FileRange? { nil }

  func makeCursor() throws(FileError) -> any ByteCursor {
    Cursor(base: try base.makeCursor(), byteOffset: byteOffset)
  }

  private struct Cursor: ByteCursor {
    var base: any ByteCursor
    let byteOffset: Int

    mutating func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      try base.read(at: byteOffset + offset, into: &destination)
    }
  }
}

extension FormatError {
  /// Whether a pickle might be right if more bytes followed.
  fileprivate var endsEarly: Bool {
    switch fault {
    case .pickle(.truncated), .pickle(.frameTooLong): true
    default: false
    }
  }
}

/// The storages of a stream: behind the pickles, in the order of their keys.
private final class LegacyStorages: StorageProvider {
  private let reading: TorchReading
  private var sources: [String: any ByteSource] = [:]

  init(reading: TorchReading) { self.reading = reading }

  var isBigEndian: Bool { false }

  func source(forKey key: String) throws(FormatError) -> any ByteSource {
    guard let source = sources[key] else { throw reading.error(.missingStorage(key: key)) }
    return source
  }

  /// Finds the storages of `keys`; where the last one ends.
  func find(
    _ keys: TorchValue, units: [String: Int], in pickles: LegacyPickles
  ) throws(FormatError) -> Int {
    guard let keys = keys.sequence else {
      throw reading.error(.legacyStream(needed: "the list of storage keys"))
    }
    var offset = pickles.offset
    for key in keys {
      guard let key = key.text, sources[key] == nil else {
        throw reading.error(.legacyStream(needed: "a list of different storage keys"))
      }
      guard let unit = units[key] else { throw reading.error(.unnamedStorage(key: key)) }
      let byteCount = try byteCount(at: offset, unit: unit, key: key, in: pickles)
      sources[key] = pickles.part(at: offset + 8, byteCount: byteCount)
      offset += 8 + byteCount
    }
    return offset
  }

  /// The bytes of the storage at `offset`, after its number of elements.
  private func byteCount(
    at offset: Int, unit: Int, key: String, in pickles: LegacyPickles
  ) throws(FormatError) -> Int {
    let bytes = try pickles.bytes(at: offset, count: 8)
    var reader = ByteReader(bytes.rawBytes)
    let count = reader.integer(Int.self) ?? -1
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: unit)
    guard count >= 0, !overflow else {
      throw reading.error(.storageOverflow(key: key, count: count))
    }
    guard byteCount <= pickles.source.byteCount - offset - 8 else {
      throw pickles.truncated(at: offset + 8, needed: byteCount)
    }
    return byteCount
  }
}
