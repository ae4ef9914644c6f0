internal import TensorStorage

/// Offset, sizes and strides of a view, in elements, as a pickle states them.
struct TensorGeometry: Equatable {
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}

extension TensorGeometry {
  /// The view of `storage` that has this geometry.
  ///
  /// The rule: no size, stride or offset is negative, the number of elements fits, and the last element lies
  /// within the storage. A view without elements may begin anywhere, as in torch.
  func view(
    of storage: TorchStorage, as dtype: DType, modifiers: ValueModifiers = []
  ) throws(TorchFault) -> LazyTensor {
    // torch counts pairs where two elements share a byte.
    let unitByteCount = max(1, dtype.bitCount / 8)
    try checkSigns()
    try checkExtent(available: storage.byteCount / unitByteCount)
    let (start, overflow) = offset.multipliedReportingOverflow(by: unitByteCount)
    let isEmpty = shape.contains(0)
    guard isEmpty || !overflow,
      let tensor = LazyTensor(
        dtype: dtype.isSubByte ? .u8 : dtype, shape: shape,
        storage: storage.slot.storage(swapUnitByteCount: dtype.swapUnitByteCount),
        byteOffset: isEmpty ? (overflow ? 0 : start) : storage.byteOffset + start,
        strides: strides, modifiers: modifiers)
    else { throw .elementOverflow(shape: shape) }
    return try dtype.isSubByte ? unpacked(tensor, as: dtype) : tensor
  }

  /// The tensor of the elements that share the bytes of `bytes`, which torch counts instead of them.
  private func unpacked(_ bytes: LazyTensor, as dtype: DType) throws(TorchFault) -> LazyTensor {
    let shape = try unpackedShape(dtype)
    let tensor =
      bytes.isPacked
      ? LazyTensor(
        dtype: dtype, shape: shape, storage: bytes.storage, byteOffset: bytes.byteOffset)
      : LazyTensor(dtype: dtype, shape: shape, storage: Storage(GatheredBytes(bytes)))
    guard let tensor else { throw .elementOverflow(shape: shape) }
    return tensor
  }

  /// The number of elements of the smallest storage that has room for the view; nil on overflow.
  var neededCount: Int? {
    guard !shape.contains(0) else { return 0 }
    guard let extent = Layout.extent(shape: shape, strides: strides) else { return nil }
    let (end, overflow) = offset.addingReportingOverflow(extent)
    return overflow ? nil : end
  }

  func checkSigns() throws(TorchFault) {
    guard shape.count <= TorchLimits.rank else {
      throw .rank(shape.count, limit: TorchLimits.rank)
    }
    guard shape.count == strides.count else {
      throw .strideCount(sizes: shape.count, strides: strides.count)
    }
    if let size = shape.first(where: { $0 < 0 }) { throw .negative("size", size) }
    if let stride = strides.first(where: { $0 < 0 }) { throw .negative("stride", stride) }
    if offset < 0 { throw .negative("offset", offset) }
    guard Layout.elementCount(of: shape) != nil else { throw .elementOverflow(shape: shape) }
  }

  private func checkExtent(available: Int) throws(TorchFault) {
    guard let needed = neededCount else { throw .elementOverflow(shape: shape) }
    guard needed <= available else {
      throw .outsideStorage(needed: needed, available: available)
    }
  }

  /// The shape in elements, of one in pairs that share a byte.
  private func unpackedShape(_ dtype: DType) throws(TorchFault) -> [Int] {
    guard let last = shape.last else { throw .unpackable(dtype) }
    let (doubled, overflow) = last.multipliedReportingOverflow(by: 8 / dtype.bitCount)
    guard !overflow else { throw .elementOverflow(shape: shape) }
    return shape.dropLast() + [doubled]
  }
}
