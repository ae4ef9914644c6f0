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
    guard case .persistent(let id) = value.node else {
      throw value.document.reading.error(.notAStorage)
    }
    return try value.document.storages.storage(persistentID: value.sibling(id))
  }

  private func storage(persistentID value: TorchValue) throws(FormatError) -> TorchStorage {
    guard let parts = value.tuple, parts.count == 5 || parts.count == 6,
      parts[0].text == "storage", let key = parts[2].text, let location = parts[3].text,
      let count = parts[4].int, count >= 0
    else { throw reading.error(.persistentID) }
    let storageClass = try storageClass(parts[1])
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: storageClass.unitByteCount)
    guard !overflow else { throw reading.error(.storageOverflow(key: key, count: count)) }
    let slot = try slot(key: key, byteCount: byteCount, isMeta: location == "meta")
    let view = parts.count == 6 ? parts[5] : nil
    return try part(of: slot, as: storageClass, key: key, view: view)
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
