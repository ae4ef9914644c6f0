internal import TensorStorage

/// Where a file keeps the bytes of its storages.
protocol StorageProvider {
  /// Whether numbers are stored most significant byte first.
  var isBigEndian: Bool { get }

  /// The bytes of the storage that a persistent id calls `key`.
  func source(forKey key: String) throws(FormatError) -> any ByteSource
}

/// The provider of a pickle that has no storages beside it: each must be inside.
struct NoStorages: StorageProvider {
  let reading: TorchReading

  var isBigEndian: Bool { false }

  func source(forKey key: String) throws(FormatError) -> any ByteSource {
    throw reading.error(.missingStorage(key: key))
  }
}

/// The bytes that one persistent id names, and the units in which they are looked at.
///
/// Sharing is identity, so there is one of it for a key, and one `Storage` for all tensors; only a file of
/// the other byte order has one for each width of its elements.
final class StorageSlot {
  let byteCount: Int
  private let source: any ByteSource
  private let isSwapped: Bool
  private var storages: [Int: Storage] = [:]

  init(_ source: any ByteSource, isSwapped: Bool) {
    self.source = source
    self.isSwapped = isSwapped
    byteCount = source.byteCount
  }

  /// The storage for elements whose bytes are swapped in units of `unitByteCount`.
  func storage(swapUnitByteCount: Int) -> Storage {
    let unit = isSwapped ? swapUnitByteCount : 1
    if let known = storages[unit] { return known }
    let storage = Storage(unit == 1 ? source : SwappedBytes(source, unitByteCount: unit))
    storages[unit] = storage
    return storage
  }
}

/// A storage as a tensor refers to it: a slot, or the part of one that a legacy view is.
struct TorchStorage {
  let storageClass: StorageClass
  let slot: StorageSlot
  /// Where it begins in the slot, in bytes.
  let byteOffset: Int
  /// How many bytes it has.
  let byteCount: Int
}
