internal import TensorStorage

/// The order and the place of a safetensors file's data in which they can share blocks with their source.
///
/// Tensors that are copied as they are keep their order and come first, so that what lay together stays
/// together; those that changed follow. The header is padded so that as many bytes as possible lie as far into
/// a block as they did.
struct SourceAlignment {
  /// A tensor's bytes in a file.
  private struct Place: Comparable {
    var file: Int
    var byteOffset: Int
    var position: Int

    static func < (a: Place, b: Place) -> Bool {
      (a.file, a.byteOffset, a.position) < (b.file, b.byteOffset, b.position)
    }
  }

  private let tensors: [LazyTensor]
  private let places: [Place]

  /// Finds out where the tensors are.
  init(of tensors: [LazyTensor]) {
    self.tensors = tensors
    var files: [ObjectIdentifier: Int] = [:]
    var places: [Place] = []
    for (position, tensor) in tensors.enumerated() {
      guard let range = tensor.sharableRange, range.byteCount > 0 else { continue }
      let file = files[ObjectIdentifier(range.file)] ?? files.count
      files[ObjectIdentifier(range.file)] = file
      places.append(Place(file: file, byteOffset: range.byteOffset, position: position))
    }
    self.places = places.sorted()
  }

  /// How the tensors are to be placed, where `reference` is the order of the reference writer; nil if there is
  /// nothing to share.
  func placement(reference: [Int]) -> SafetensorsHeader.Placement? {
    if places.isEmpty { return nil }
    let copied = places.map(\.position)
    let others = Set(copied)
    let order = copied + reference.filter { !others.contains($0) }
    return SafetensorsHeader.Placement(
      order: order, offsetInBlock: offsetInBlock, blockByteCount: FileWriter.sharedBlockByteCount)
  }

  /// Where in a block the data have to begin for most of the bytes to lie as in their source.
  private var offsetInBlock: Int {
    let block = FileWriter.sharedBlockByteCount
    var byteCounts: [Int: Int] = [:]
    var offset = 0
    for place in places {
      let needed = (place.byteOffset % block - offset % block + block) % block
      let byteCount = tensors[place.position].byteCount
      byteCounts[needed, default: 0].addClamped(byteCount)
      offset.addClamped(byteCount)
    }
    // The header is a multiple of eight bytes, as the reference writer makes it.
    let usable = byteCounts.filter { $0.key.isMultiple(of: SafetensorsHeader.alignment) }
    return usable.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
  }
}

extension LazyTensor {
  /// The bytes of a file that another file may share: it is a copy of them, and nothing has to look at them
  /// on the way.
  var sharableRange: FileRange? {
    // A record of a zip archive is compared with its checksum as it is read.
    storage.source is FileRange ? fileRange : nil
  }
}
