internal import TensorStorage

/// The storages of a torch checkpoint, and how its tensors look into them.
///
/// Like `torch.save`, a storage is written whole and once, however many tensors look into it. Where
/// that cannot be kept (tensors of several dtypes on one storage, or some of them cast) each tensor gets
/// its own, and only identical ones still share.
struct TorchStorages {
  /// A storage to be written.
  struct Storage {
    /// Its bytes.
    var content: LazyTensor
    /// What its elements are.
    var type: StateDictPickle.StorageType
    /// How many elements of that type it has; bytes, if it is untyped.
    var elementCount: Int
    /// The first item that looks into it.
    var owner: Int
  }

  /// How one item looks into its storage.
  struct View {
    var storage: Int
    var elementOffset: Int
    var shape: [Int]
    var strides: [Int]
    var modifiers: ValueModifiers
    /// The item whose bytes it shares, if they are there already.
    var sharesBytesOf: Int?
  }

  private(set) var storages: [Storage] = []
  /// One view for each item, in order.
  private(set) var views: [View] = []
  /// Lists of items that share bytes in the source and no longer will.
  private(set) var separated: [[Int]] = []

  private let items: [Conversion.Item]
  /// Whether tensors that share bytes still will.
  let keepsSharing: Bool
  /// For each item that is the same tensor as an earlier one, the earliest.
  private let earliest: [Int: Int]

  /// Decides for all items of a conversion.
  init(_ conversion: Conversion, keepsSharing: Bool) {
    items = conversion.items
    self.keepsSharing = keepsSharing
    earliest = keepsSharing ? SharedViews(conversion).earliest : [:]
    let blank = View(
      storage: 0, elementOffset: 0, shape: [], strides: [], modifiers: [], sharesBytesOf: nil)
    views = Array(repeating: blank, count: items.count)
    for group in groups() { add(group) }
    sortStorages()
  }

  /// Items by storage, in the order of their first members.
  private func groups() -> [[Int]] {
    guard keepsSharing else { return items.indices.map { [$0] } }
    var groups: [[Int]] = []
    var positions: [ObjectIdentifier: Int] = [:]
    for position in items.indices {
      let storage = ObjectIdentifier(items[position].tensor.storage)
      if let group = positions[storage] {
        groups[group].append(position)
      } else {
        positions[storage] = groups.count
        groups.append([position])
      }
    }
    return groups
  }

  private mutating func add(_ group: [Int]) {
    if keepsSharing, let content = wholeStorage(of: group) {
      addShared(group, content: content)
    } else {
      addSeparately(group)
    }
  }

  /// Storages have their numbers in the order in which tensors first use them.
  private mutating func sortStorages() {
    let order = storages.indices.sorted { storages[$0].owner < storages[$1].owner }
    var numbers = [Int](repeating: 0, count: order.count)
    for (number, position) in order.enumerated() { numbers[position] = number }
    storages = order.map { storages[$0] }
    for position in views.indices { views[position].storage = numbers[views[position].storage] }
  }
}

// MARK: - One storage for all

extension TorchStorages {
  /// The storage's bytes if every item of the group can look into them as it looks into the source's: the
  /// bytes as they are, or every element of them cast.
  private func wholeStorage(of group: [Int]) -> LazyTensor? {
    let first = items[group[0]].tensor
    let storage = first.storage
    guard storage.hasData,
      group.allSatisfy({ position in
        let tensor = items[position].tensor
        return tensor.dtype.storageType == first.dtype.storageType
          && !tensor.storedDType.isSubByte
          && tensor.byteOffset.isMultiple(of: tensor.storedDType.bitCount / 8)
      })
    else { return nil }
    if group.allSatisfy({ items[$0].tensor.dtype == items[$0].tensor.storedDType }) {
      return whole(storage, of: first.dtype)
    }
    return castWhole(storage, for: group)
  }

  private func whole(_ storage: TensorStorage.Storage, of dtype: DType) -> LazyTensor? {
    // Its length in elements is all that a typed storage can say.
    guard storage.byteCount.isMultiple(of: dtype.storageUnitByteCount) else { return nil }
    return LazyTensor(dtype: .u8, shape: [storage.byteCount], storage: storage)
  }

  /// Casts a whole storage, if several different tensors look into it and no element is nobody's.
  private func castWhole(_ storage: TensorStorage.Storage, for group: [Int]) -> LazyTensor? {
    let first = items[group[0]].tensor
    guard storage.byteCount.isMultiple(of: first.storedDType.bitCount / 8),
      group.allSatisfy({ position in
        let tensor = items[position].tensor
        return tensor.storedDType == first.storedDType && tensor.dtype == first.dtype
          && tensor.modifiers.isEmpty
      }), !group.allSatisfy({ items[$0].tensor.isSameView(as: first) }), covers(storage, group)
    else { return nil }
    let elementCount = storage.byteCount / (first.storedDType.bitCount / 8)
    return LazyTensor(dtype: first.storedDType, shape: [elementCount], storage: storage)?
      .cast(to: first.dtype)
  }

  private func covers(_ storage: TensorStorage.Storage, _ group: [Int]) -> Bool {
    let ranges = group.map { items[$0].tensor.storageRange }
    var end = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard range.lowerBound <= end else { return false }
      end = max(end, range.upperBound)
    }
    return end == storage.byteCount
  }

  private mutating func addShared(_ group: [Int], content: LazyTensor) {
    let dtype = items[group[0]].tensor.dtype
    let storage = addStorage(content, dtype: dtype, owner: group[0])
    for (position, earlier) in zip(group, Self.earlierOverlaps(group.map { items[$0].tensor })) {
      let tensor = items[position].tensor
      let byteOffset = tensor.elementCount == 0 ? tensor.statedByteOffset : tensor.byteOffset
      views[position] = View(
        storage: storage, elementOffset: byteOffset / (tensor.storedDType.bitCount / 8),
        shape: tensor.shape, strides: tensor.torchStrides, modifiers: tensor.modifiers,
        sharesBytesOf: earlier.map { group[$0] })
    }
  }

  /// For each tensor of one storage, the first one before it that it shares bytes with.
  private static func earlierOverlaps(_ tensors: [LazyTensor]) -> [Int?] {
    let order = tensors.indices.sorted {
      (tensors[$0].byteOffset, $0) < (tensors[$1].byteOffset, $1)
    }
    var result = [Int?](repeating: nil, count: tensors.count)
    var run: [Int] = []
    var end = 0
    func close() {
      guard let first = run.min() else { return }
      for position in run where position != first { result[position] = first }
    }
    for position in order where !tensors[position].storageRange.isEmpty {
      let range = tensors[position].storageRange
      if range.lowerBound >= end {
        close()
        run = []
      }
      run.append(position)
      end = max(end, range.upperBound)
    }
    close()
    return result
  }

  private mutating func addStorage(_ content: LazyTensor, dtype: DType, owner: Int) -> Int {
    storages.append(
      Storage(
        content: content, type: dtype.storageType ?? .typed(className: "ByteStorage"),
        elementCount: content.byteCount / dtype.storageUnitByteCount, owner: owner))
    return storages.count - 1
  }
}

// MARK: - A storage for each

extension TorchStorages {
  private mutating func addSeparately(_ group: [Int]) {
    var firsts: [Int] = []
    for position in group {
      if let same = earliest[position] {
        views[position] = views[same]
        views[position].sharesBytesOf = same
      } else {
        firsts.append(position)
        addOwn(position)
      }
    }
    if firsts.count > 1, overlap(firsts) { separated.append(group) }
  }

  private func overlap(_ members: [Int]) -> Bool {
    Self.earlierOverlaps(members.map { items[$0].tensor }).contains { $0 != nil }
  }

  private mutating func addOwn(_ position: Int) {
    let tensor = items[position].tensor
    let shape = tensor.torchShape
    views[position] = View(
      storage: addStorage(tensor, dtype: tensor.dtype, owner: position), elementOffset: 0,
      shape: shape, strides: Layout.packedStrides(of: shape), modifiers: [], sharesBytesOf: nil)
  }
}

extension LazyTensor {
  /// The shape as torch counts it: pairs of elements for its only dtype of less than a byte.
  fileprivate var torchShape: [Int] {
    guard dtype.isSubByte, let last = shape.last else { return shape }
    return shape.dropLast() + [last / 2]
  }

  /// The strides as torch would tell them.
  fileprivate var torchStrides: [Int] {
    strides ?? statedStrides ?? Layout.packedStrides(of: shape)
  }
}

extension DType {
  /// How torch types a storage of such elements; nil for what it lacks.
  ///
  /// The dtypes up to those of torch 2.0 have a class; later ones lie in storages of bytes.
  var storageType: StateDictPickle.StorageType? {
    let className: String? =
      switch self {
      case .f64: "DoubleStorage"
      case .f32: "FloatStorage"
      case .f16: "HalfStorage"
      case .bf16: "BFloat16Storage"
      case .i64: "LongStorage"
      case .i32: "IntStorage"
      case .i16: "ShortStorage"
      case .i8: "CharStorage"
      case .u8: "ByteStorage"
      case .bool: "BoolStorage"
      case .c64: "ComplexFloatStorage"
      case .c128: "ComplexDoubleStorage"
      default: nil
      }
    if let className { return .typed(className: className) }
    return torchName == nil ? nil : .untyped
  }

  /// Bytes that a storage of this dtype counts as one.
  var storageUnitByteCount: Int {
    if case .typed = storageType { return bitCount / 8 }
    return 1
  }
}
