internal import TensorStorage

extension TensorRebuilder {
  /// `_rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad)`: a shape without data.
  func meta(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    let dtype = try call.dtype(0)
    let geometry = TensorGeometry(
      offset: 0, shape: try call.integers(1, "sizes as integers"),
      strides: try call.integers(2, "strides as integers"))
    let storage = try absentStorage(for: geometry, dtype, call)
    var rebuilt = RebuiltTensor(
      try view(geometry, of: storage, as: dtype, call: call.reading), kind: .meta)
    if try call.flag(3, "whether a gradient is wanted") { rebuilt.role = .tracked }
    return rebuilt
  }

  private func absentStorage(
    for geometry: TensorGeometry, _ dtype: DType, _ call: TensorCall
  ) throws(FormatError) -> TorchStorage {
    do {
      try geometry.checkSigns()
    } catch { throw call.reading.error(error) }
    guard let count = geometry.neededCount,
      case let (byteCount, overflow) = count.multipliedReportingOverflow(
        by: max(1, dtype.bitCount / 8)),
      !overflow
    else { throw call.reading.error(.elementOverflow(shape: geometry.shape)) }
    let source = AbsentBytes(file: call.reading.file, byteCount: byteCount)
    return TorchStorage(
      storageClass: .typed(dtype), slot: StorageSlot(source, isSwapped: false), byteOffset: 0,
      byteCount: byteCount)
  }

  /// `_rebuild_device_tensor_from_numpy`, `_rebuild_xla_tensor` and `_rebuild_device_tensor_from_cpu_tensor`
  /// `(data, dtype, device, requires_grad)`: what a device gave back, and the dtype it had there.
  func converted(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    let data = try call.argument(0, "an array or a tensor").resolved()
    guard ValueKind(data) == .tensor, let inner = TensorCall(data) else {
      throw call.error(needed: "an array or a tensor")
    }
    // One level only: the data of a device tensor is plain.
    guard inner.meaning.isArray || inner.meaning == .tensorV2 || inner.meaning == .tensorV3 else {
      throw call.error(needed: "a plain array or tensor")
    }
    let found = try tensor(data).parts[0].tensor
    let dtype = try call.dtype(1)
    guard let cast = found.cast(to: dtype) else {
      throw call.reading.error(.noConversion(from: found.dtype, to: dtype))
    }
    var rebuilt = RebuiltTensor(cast, kind: cast.dtype == found.dtype ? .plain : .converted)
    if try call.flag(3, "whether a gradient is wanted") { rebuilt.role = .tracked }
    return rebuilt
  }

  /// A tensor that is put together from others in a way of its own, `_rebuild_wrapper_subclass` or the function
  /// of a subclass: its arguments and attributes hold the tensors.
  func shell(_ call: TensorCall) -> RebuiltTensor {
    var rebuilt = RebuiltTensor(kind: .shell, parts: [])
    rebuilt.attributes = call.arguments.filter { !$0.isPlainValue }
    if let state = call.state { rebuilt.attributes.append(state) }
    return rebuilt
  }

  /// An array or a scalar of numpy.
  func array(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    guard let array = NumpyValue(call), let tensor = try array.tensor(call.reading) else {
      throw call.error(needed: "an array of numbers")
    }
    // Not plain: the bytes are the pickle's, and one array is one storage.
    return RebuiltTensor(tensor, kind: .array)
  }
}
