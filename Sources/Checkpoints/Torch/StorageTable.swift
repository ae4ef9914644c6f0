internal import TensorStorage

/// The storages of one pickle, found by their persistent ids.
final class StorageTable {
  private let provider: any StorageProvider
  private let reading: TorchReading
  private var slots: [String: StorageSlot] = [:]
  private var classes: [PickleGraph.ID: StorageClass] = [:]

  init(_ provider: any StorageProvider, reading: TorchReading) {
    self.provider = provider
    self.reading = reading
  }

  /// The storage that `value` is: a persistent id, or the bytes of a file that holds nothing else.
  static func storage(_ value: TorchValue) throws(FormatError) -> TorchStorage {
    let value = try value.resolved()
    guard let id = value.document.graph.persistentID(value.id) else {
      throw value.document.reading.error(.notAStorage)
    }
    return try value.document.storages.storage(persistentID: value.sibling(id))
  }

  /// Refuses a document with a persistent id that torch would not load, used or not.
  ///
  /// - Parameters:
  ///   - document: The document.
  ///   - allowsClasses: Whether ids may name classes, as in the legacy stream.
  /// - Throws: A `TorchFault`.
  static func checkPersistentIDs(
    of document: TorchDocument, allowsClasses: Bool
  ) throws(FormatError) {
    let graph = document.graph
    for position in 0..<graph.count {
      let id = PickleGraph.ID(position: Int32(position))
      guard let inner = graph.persistentID(id) else { continue }
      let isClass = allowsClasses && document.global(at: id) != nil
      let isStorage = PersistentID(TorchValue(document: document, id: inner)) != nil
      guard isClass || isStorage else { throw document.reading.error(.persistentID) }
    }
  }

  private func storage(persistentID value: TorchValue) throws(FormatError) -> TorchStorage {
    guard let id = PersistentID(value) else { throw reading.error(.persistentID) }
    let storageClass = try storageClass(id.storageClass)
    let (byteCount, overflow) = id.count.multipliedReportingOverflow(by: storageClass.unitByteCount)
    guard !overflow else { throw reading.error(.storageOverflow(key: id.key, count: id.count)) }
    let slot = try slot(key: id.key, byteCount: byteCount, isMeta: id.location == "meta")
    return try part(of: slot, as: storageClass, key: id.key, view: id.view)
  }

  private func storageClass(_ value: TorchValue) throws(FormatError) -> StorageClass {
    if let known = classes[value.id] { return known }
    guard let global = value.global else { throw reading.error(.persistentID) }
    guard let found = StorageClass(global) else {
      throw reading.error(.storageClass(module: global.module, name: global.name))
    }
    classes[value.id] = found
    return found
  }

  /// The slot of a key; its size is compared before a byte of it is read or inflated.
  private func slot(
    key: String, byteCount: Int, isMeta: Bool
  ) throws(FormatError) -> StorageSlot {
    // Storages of the meta device have no bytes, and may disagree on how many they would have.
    let name = isMeta ? "meta:\(byteCount):\(key)" : key
    let known = slots[name]
    let slot =
      if let known { known } else { try makeSlot(key: key, byteCount: byteCount, isMeta: isMeta) }
    guard slot.byteCount == byteCount else {
      throw reading.error(.storageSize(key: key, found: slot.byteCount, needed: byteCount))
    }
    if known == nil { slots[name] = slot }
    return slot
  }

  private func makeSlot(
    key: String, byteCount: Int, isMeta: Bool
  ) throws(FormatError) -> StorageSlot {
    if isMeta {
      return StorageSlot(AbsentBytes(file: reading.file, byteCount: byteCount), isSwapped: false)
    }
    let slot = StorageSlot(try provider.source(forKey: key), isSwapped: provider.isBigEndian)
    reading.storedByteCount += slot.byteCount
    return slot
  }

  /// The part of a slot that a legacy view names: `(key, offset, count)` in elements.
  private func part(
    of slot: StorageSlot, as storageClass: StorageClass, key: String, view: TorchValue?
  ) throws(FormatError) -> TorchStorage {
    guard let view, !view.isNone else {
      return TorchStorage(
        storageClass: storageClass, slot: slot, byteOffset: 0, byteCount: slot.byteCount)
    }
    let unit = storageClass.unitByteCount
    guard let parts = view.tuple, parts.count == 3, let offset = parts[1].int,
      let count = parts[2].int
    else { throw reading.error(.persistentID) }
    let available = slot.byteCount / unit
    guard offset >= 0, count >= 0, offset <= available, count <= available - offset else {
      throw reading.error(
        .storageView(key: key, offset: offset, count: count, available: available))
    }
    return TorchStorage(
      storageClass: storageClass, slot: slot, byteOffset: offset * unit, byteCount: count * unit)
  }
}

/// The persistent id of a storage: `('storage', class, key, location, number of elements)`, and in the legacy
/// stream the view of another storage that it is.
private struct PersistentID {
  let storageClass: TorchValue
  let key: String
  let location: String
  let count: Int
  let view: TorchValue?

  init?(_ value: TorchValue) {
    guard let parts = value.tuple, parts.count == 5 || parts.count == 6,
      parts[0].text == "storage", let key = parts[2].text, let location = parts[3].text,
      let count = parts[4].int, count >= 0
    else { return nil }
    storageClass = parts[1]
    self.key = key
    self.location = location
    self.count = count
    view = parts.count == 6 ? parts[5] : nil
  }
}
