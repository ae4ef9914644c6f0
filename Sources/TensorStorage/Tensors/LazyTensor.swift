/// A tensor that has not been read: its dtype, its shape, and where its elements are.
///
/// A value of a few words. Views (transposed, sliced, expanded) differ in offset and strides and share
/// the `storage`. What is read is always the logical tensor: row-major, packed, little-endian.
public struct LazyTensor: Sendable {
  /// The dtype of the elements that are read, after any cast.
  public let dtype: DType
  /// The extents, outermost first; none for a scalar.
  ///
  /// They count logical elements where a dtype has several to a byte.
  public let shape: [Int]
  /// The bytes it looks into.
  public let storage: Storage
  /// Where element `[0, 0, …]` begins, in bytes from the storage's start.
  public let byteOffset: Int
  /// Distance between neighbours along each dimension, in elements of `storedDType`; nil if packed.
  public let strides: [Int]?
  /// The dtype of the elements in the storage.
  public let storedDType: DType
  /// What is done to each element when it is read.
  public let modifiers: ValueModifiers
  /// The strides that the source stated, if the view is packed and they are not the usual ones.
  ///
  /// Strides along extents of 1 say nothing, but a copy that is to be identical repeats them.
  public private(set) var statedStrides: [Int]?
  /// Where the source said that a tensor without elements begins, in bytes: it may be anywhere.
  public private(set) var statedByteOffset = 0

  /// The product of `shape`.
  public let elementCount: Int
  /// Bytes of the logical tensor: what a packed copy takes.
  public let byteCount: Int
}

/// torch's lazy bits: an operation that is pending on every element of a view.
public struct ValueModifiers: OptionSet, Hashable, Sendable {
  /// The bits of the set.
  public let rawValue: UInt8

  /// The set of the given bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The imaginary part changes its sign.
  public static let conjugate = ValueModifiers(rawValue: 1)
  /// The value changes its sign.
  public static let negate = ValueModifiers(rawValue: 2)
}

extension LazyTensor {
  /// A view into `storage`, checked against it.
  ///
  /// It is nil if it does not fit into the storage, its size overflows, an extent or stride is
  /// negative, a strided view's elements are smaller than a byte, or the modifiers are not defined for
  /// the dtype.
  ///
  /// - Parameters:
  ///   - dtype: The dtype of the stored elements.
  ///   - shape: The extents; none negative.
  ///   - storage: The bytes.
  ///   - byteOffset: Where the first element begins; a multiple of 8 bits by definition.
  ///   - strides: In elements, none negative; nil if packed. Ignored where the view is packed anyway.
  ///   - modifiers: What is pending on each element.
  public init?(
    dtype: DType, shape: [Int], storage: Storage, byteOffset: Int = 0, strides: [Int]? = nil,
    modifiers: ValueModifiers = []
  ) {
    guard let elementCount = Layout.elementCount(of: shape),
      let byteCount = dtype.byteCount(elementCount: elementCount),
      byteOffset >= 0, strides.map({ $0.count == shape.count }) ?? true,
      ElementModification.isSupported(modifiers, of: dtype)
    else { return nil }
    let isPacked = strides.map { Layout.isPacked(shape: shape, strides: $0) } ?? true
    let extent: Int? =
      isPacked
      ? byteCount
      : Layout.extent(shape: shape, strides: strides ?? []).flatMap {
        dtype.byteCount(elementCount: $0)
      }
    guard isPacked || !dtype.isSubByte, let extent else { return nil }
    // torch lets a tensor without elements begin anywhere, even behind its storage.
    guard
      elementCount == 0
        || (byteOffset <= storage.byteCount && extent <= storage.byteCount - byteOffset)
    else { return nil }
    self.init(
      dtype: dtype, shape: shape, storage: storage, byteOffset: elementCount == 0 ? 0 : byteOffset,
      strides: isPacked ? nil : strides, storedDType: dtype, modifiers: modifiers,
      elementCount: elementCount, byteCount: byteCount)
    if isPacked, let strides, strides != Layout.packedStrides(of: shape) { statedStrides = strides }
    if elementCount == 0 { statedByteOffset = byteOffset }
  }

  /// Whether the elements lie packed and row-major in the storage, as stored (before any cast).
  public var isPacked: Bool { strides == nil }

  /// Whether reading it is copying bytes: packed, not cast, nothing pending.
  public var isPlainCopy: Bool { isPacked && dtype == storedDType && modifiers.isEmpty }

  /// Bytes of the storage from the first element to the end of the last.
  public var extentByteCount: Int {
    guard elementCount > 0, let strides else { return storedByteCount }
    // Both were checked when the view was made.
    let extent = Layout.extent(shape: shape, strides: strides) ?? 0
    return storedDType.byteCount(elementCount: extent) ?? 0
  }

  /// The range of the storage's bytes that it looks into; empty for a tensor without elements.
  public var storageRange: Range<Int> { byteOffset..<(byteOffset + extentByteCount) }

  /// Whether reading a part costs little more than that part.
  ///
  /// Not so for a deflated record, nor for a view that its reader must hold whole.
  public var isRandomAccess: Bool {
    storage.source.isRandomAccess && !(windows?.holdsAll ?? false)
  }

  /// The memory that reading it takes beside the reader's tiles, in bytes: 0 for a packed tensor.
  public var heldByteCount: Int { windows?.heldByteCount ?? 0 }

  /// How it is read if it is not packed.
  var windows: StridedWindows? {
    guard let strides, elementCount > 0 else { return nil }
    return StridedWindows(
      StridedLayout(shape: shape, strides: strides), elementByteCount: storedDType.bitCount / 8,
      isRandomAccess: storage.source.isRandomAccess)
  }

  /// The stored bytes it is a plain copy of, if it is one of a file.
  public var fileRange: FileRange? {
    guard isPlainCopy, let range = storage.source.fileRange else { return nil }
    return FileRange(
      file: range.file, byteOffset: range.byteOffset + byteOffset, byteCount: byteCount)
  }

  /// Whether the two look at exactly the same elements: same storage, place, layout and dtype.
  public func isSameView(as other: LazyTensor) -> Bool {
    storage === other.storage && byteOffset == other.byteOffset && shape == other.shape
      && strides == other.strides && dtype == other.dtype && storedDType == other.storedDType
      && modifiers == other.modifiers
  }

  /// Whether some byte of the storage belongs to both.
  public func sharesBytes(with other: LazyTensor) -> Bool {
    storage === other.storage && storageRange.overlaps(other.storageRange)
  }

  /// Bytes of the packed tensor in its stored dtype.
  var storedByteCount: Int { storedDType.byteCount(elementCount: elementCount) ?? 0 }
}

extension LazyTensor {
  /// The same tensor, its values converted to `dtype` when they are read.
  ///
  /// - Returns: nil if there is no conversion between the two or the size overflows.
  public func cast(to dtype: DType) -> LazyTensor? {
    if dtype == self.dtype { return self }
    guard self.dtype == storedDType, ElementConversion.isSupported(from: storedDType, to: dtype),
      let byteCount = dtype.byteCount(elementCount: elementCount)
    else { return nil }
    return LazyTensor(
      dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset, strides: strides,
      storedDType: storedDType, modifiers: modifiers, elementCount: elementCount,
      byteCount: byteCount)
  }

  /// The same view into other bytes, which must be those of its storage.
  func replacingStorage(_ storage: Storage) -> LazyTensor {
    LazyTensor(
      dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset, strides: strides,
      storedDType: storedDType, modifiers: modifiers, elementCount: elementCount,
      byteCount: byteCount)
  }

  /// The same elements in another shape; nil if the counts differ or the view is not packed.
  public func reshaped(to shape: [Int]) -> LazyTensor? {
    guard isPacked, Layout.elementCount(of: shape) == elementCount else { return nil }
    return LazyTensor(
      dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset, strides: nil,
      storedDType: storedDType, modifiers: modifiers, elementCount: elementCount,
      byteCount: byteCount)
  }

  /// The part with the given index range along the first dimension; nil if it is out of range.
  ///
  /// Nil, too, if the part does not begin and end on a byte.
  public func rows(_ range: Range<Int>) -> LazyTensor? {
    guard let count = shape.first, range.lowerBound >= 0, range.upperBound <= count else {
      return nil
    }
    let stride = strides?[0] ?? (count == 0 ? 0 : elementCount / count)
    let (elements, tooMany) = stride.multipliedReportingOverflow(by: range.lowerBound)
    guard !tooMany, let skipped = storedDType.byteCount(elementCount: elements) else { return nil }
    let (start, tooFar) = byteOffset.addingReportingOverflow(skipped)
    if tooFar { return nil }
    var shape = shape
    shape[0] = range.count
    return LazyTensor(
      dtype: storedDType, shape: shape, storage: storage, byteOffset: start, strides: strides,
      modifiers: modifiers)?.cast(to: dtype)
  }
}
