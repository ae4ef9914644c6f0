internal import TensorStorage

/// A zip archive as `torch.save` and `torch.jit.save` lay it out.
struct TorchArchive {
  private let archive: ZipArchive
  private let reading: TorchReading
  /// What stands before each record's name: the folder and a slash, or nothing.
  private let root: String
  /// Whether storages are stored most significant byte first.
  let isBigEndian: Bool
  /// Remarks on what is unusual.
  private(set) var notes: [String] = []

  /// The versions that torch knows.
  private static let versions = 1...10

  /// The folders in which `archive` has a pickle; "" where it stands at the top.
  static func roots(of archive: ZipArchive) -> [String] {
    archive.records.compactMap { record in
      guard record.name.utf8.count >= 8, record.name.hasSuffix("data.pkl") else { return nil }
      let folder = record.name.dropLast("data.pkl".count)
      if folder.isEmpty { return "" }
      return folder.last == "/" && folder.utf8.count { $0 == UInt8(ascii: "/") } == 1
        ? String(folder) : nil
    }
  }

  init(_ archive: ZipArchive, reading: TorchReading) throws(FormatError) {
    let roots = Self.roots(of: archive)
    guard let root = roots.first, roots.count == 1 else {
      throw reading.error(.severalRoots(roots.map { $0.isEmpty ? "data.pkl" : $0 }))
    }
    self.archive = archive
    self.reading = reading
    self.root = root
    isBigEndian = try Self.isBigEndian(archive, root, reading)
    try checkVersion()
    addNotes()
  }

  /// Whether it is what `torch.jit.save` writes: code and constants beside the weights.
  var isScript: Bool { archive.record(named: root + "constants.pkl") != nil }

  /// The pickle of a record and the storages that its persistent ids name.
  func document(
    _ name: String, storageFolders: [String]
  ) throws(FormatError) -> TorchDocument {
    guard let record = archive.record(named: root + name) else {
      throw reading.error(.missingStorage(key: name))
    }
    let limit =
      record.method == .stored ? ZipLimits.pickleByteCount : ZipLimits.inflatedPickleByteCount
    let bytes = try archive.contents(of: record, limit: limit)
    let place = archive.source(of: record).fileRange
    let graph = try PickleMachine.run(
      bytes, file: reading.file, fileOffset: place?.byteOffset ?? 0, policy: reading.policy)
    let storages = ArchiveStorages(
      archive: archive, folders: storageFolders.map { root + $0 }, isBigEndian: isBigEndian,
      reading: reading)
    let document = TorchDocument(
      graph: graph, storages: storages, reading: reading, place: place)
    try StorageTable.checkPersistentIDs(of: document, allowsClasses: false)
    return document
  }

  private static func isBigEndian(
    _ archive: ZipArchive, _ root: String, _ reading: TorchReading
  ) throws(FormatError) -> Bool {
    guard let order = try text(of: root + "byteorder", archive) else { return false }
    switch order {
    case "little": return false
    case "big": return true
    default: throw reading.error(.byteOrder(order))
    }
  }

  private mutating func checkVersion() throws(FormatError) {
    var text = try Self.text(of: root + "version", archive)
    if text == nil { text = try Self.text(of: root + ".data/version", archive) }
    guard let text else {
      notes.append("the archive has no version record, without which torch does not load it")
      return
    }
    let digits = text.filter { !$0.isWhitespace }
    guard let version = Int(digits), Self.versions.contains(version) else {
      throw reading.error(.unsupportedVersion(digits))
    }
  }

  private static func text(of name: String, _ archive: ZipArchive) throws(FormatError) -> String? {
    guard let record = archive.record(named: name) else { return nil }
    let bytes = try archive.contents(of: record, limit: TorchLimits.smallRecordByteCount)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What torch's own archives hold, below the root.
  private static let ownRecords: Set<String> = [
    "data.pkl", "version", "byteorder", ".format_version", ".storage_alignment", "constants.pkl",
  ]
  private static let ownFolders = ["data/", ".data/", "tensors/", "constants/", "code/"]

  private mutating func addNotes() {
    if root.isEmpty {
      notes.append("the archive has no root folder, without which torch does not load it")
    }
    let extra = archive.records.filter { record in
      guard !record.isDirectory else { return false }
      guard record.name.utf8.starts(with: root.utf8) else { return true }
      let name = record.name.utf8.dropFirst(root.utf8.count)
      return !Self.ownFolders.contains { name.starts(with: $0.utf8) }
        && !Self.ownRecords.contains(String(Substring(name)))
    }
    guard let first = extra.first else { return }
    let rest = extra.count > 1 ? " and \(extra.count - 1) more records" : ""
    notes.append("the archive also holds '\(escaped(first.name))'\(rest), which are not read")
  }
}

/// The storages of an archive: a record for each key.
private struct ArchiveStorages: StorageProvider {
  let archive: ZipArchive
  /// Where the records are: the first folder that has one.
  let folders: [String]
  let isBigEndian: Bool
  let reading: TorchReading

  func source(forKey key: String) throws(FormatError) -> any ByteSource {
    for folder in folders {
      if let record = archive.record(named: folder + key) { return archive.source(of: record) }
    }
    throw reading.error(.missingStorage(key: key))
  }
}
