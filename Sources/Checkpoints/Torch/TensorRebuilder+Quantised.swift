internal import TensorStorage

extension TensorRebuilder {
  /// `_rebuild_qtensor(storage, offset, size, stride, quantiser, requires_grad, hooks)`.
  ///
  /// The integers stay under the tensor's name; what scales them stands beside: `NAME.scale` and
  /// `NAME.zero_point`, or for each channel `NAME.scales`, `NAME.zero_points` and `NAME.axis`.
  func quantised(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    let storage = try StorageTable.storage(call.argument(0, "a storage"))
    let integers = try quantisedIntegers(of: storage, call.geometry(at: 1), call)
    guard let quantiser = try call.argument(4, "a quantiser").tuple,
      let scheme = quantiser.first?.global?.name
    else { throw call.error(needed: "a quantiser") }
    var parts = [RebuiltTensor.Part(suffix: "", tensor: integers)]
    switch scheme {
    case "per_tensor_affine", "per_tensor_symmetric": parts += try perTensor(quantiser, call)
    case "per_channel_affine", "per_channel_affine_float_qparams", "per_channel_symmetric":
      parts += try perChannel(quantiser, call)
    default: throw call.reading.error(.quantiser(scheme))
    }
    var rebuilt = RebuiltTensor(kind: .quantised, parts: parts)
    if try call.flag(5, "whether a gradient is wanted") { rebuilt.role = .tracked }
    return rebuilt
  }

  private func quantisedIntegers(
    of storage: TorchStorage, _ geometry: TensorGeometry, _ call: TensorCall
  ) throws(FormatError) -> LazyTensor {
    switch storage.storageClass {
    case .quantised(let dtype):
      return try view(geometry, of: storage, as: dtype, call: call.reading)
    case .packedQuantised(let bitCount):
      return try packedIntegers(of: storage, geometry, bitCount, call)
    case .typed, .untyped: throw call.error(needed: "a storage of quantised integers")
    }
  }

  /// Integers of 4 or 2 bits stay packed: the bytes that hold them, as a tensor of one dimension.
  private func packedIntegers(
    of storage: TorchStorage, _ geometry: TensorGeometry, _ bitCount: Int, _ call: TensorCall
  ) throws(FormatError) -> LazyTensor {
    do {
      try geometry.checkSigns()
    } catch { throw call.reading.error(error) }
    let perByte = 8 / bitCount
    let count = Layout.elementCount(of: geometry.shape) ?? 0
    guard geometry.offset == 0,
      Layout.isPacked(shape: geometry.shape, strides: geometry.strides)
    else { throw call.reading.error(.unpackable(.u8)) }
    let bytes = TensorGeometry(
      offset: 0, shape: [count / perByte + (count % perByte == 0 ? 0 : 1)], strides: [1])
    return try view(bytes, of: storage, as: .u8, call: call.reading)
  }

  private func perTensor(
    _ quantiser: [TorchValue], _ call: TensorCall
  ) throws(FormatError) -> [RebuiltTensor.Part] {
    guard quantiser.count == 3, let scale = quantiser[1].float,
      let zeroPoint = quantiser[2].int
    else { throw call.error(needed: "a scale and a zero point") }
    return [.number(".scale", scale), .integer(".zero_point", zeroPoint)].compactMap(\.self)
  }

  private func perChannel(
    _ quantiser: [TorchValue], _ call: TensorCall
  ) throws(FormatError) -> [RebuiltTensor.Part] {
    guard quantiser.count == 4, let axis = quantiser[3].int,
      let axisPart = RebuiltTensor.Part.integer(".axis", axis)
    else { throw call.error(needed: "scales, zero points and an axis") }
    let scales = try plainTensor(quantiser[1], call)
    let zeroPoints = try plainTensor(quantiser[2], call)
    return [
      RebuiltTensor.Part(suffix: ".scales", tensor: scales),
      RebuiltTensor.Part(suffix: ".zero_points", tensor: zeroPoints), axisPart,
    ]
  }

  /// A tensor that is part of another: one view, nothing more.
  func plainTensor(_ value: TorchValue, _ call: TensorCall) throws(FormatError) -> LazyTensor {
    let value = try value.resolved()
    guard let inner = TensorCall(value) else { throw call.error(needed: "a tensor") }
    switch inner.meaning {
    case .tensor, .tensorV2, .tensorV3: return try tensor(value).parts[0].tensor
    case .fromType:
      // Attributes that torch.compile left on it; the tensor is what the arguments make.
      guard let arguments = try inner.argument(2, "a tuple of arguments").tuple else {
        throw call.error(needed: "a tensor")
      }
      let made = TensorCall(
        function: try inner.argument(0, "a function"), arguments: arguments)
      guard made.meaning == .tensorV2 || made.meaning == .tensorV3 else {
        throw call.error(needed: "a plain tensor")
      }
      return try strided(made).parts[0].tensor
    default: throw call.error(needed: "a plain tensor")
    }
  }
}
