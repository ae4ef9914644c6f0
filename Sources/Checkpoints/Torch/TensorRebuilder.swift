internal import TensorStorage

/// Reads the calls with which torch rebuilds tensors, as data.
///
/// Right in order of priority: never outside a storage, never another tensor than torch would make, and no
/// tensor refused that torch accepts.
struct TensorRebuilder {
  /// The tensor that `value` is.
  ///
  /// - Precondition: `value` is resolved, and one of those that `isTensor` finds.
  func tensor(_ value: TorchValue) throws(FormatError) -> RebuiltTensor {
    if let known = value.document.rebuilt[value.id] { return known }
    let rebuilt = try make(value)
    if rebuilt.kind != .plain { value.document.rebuilt[value.id] = rebuilt }
    return rebuilt
  }

  private func make(_ value: TorchValue) throws(FormatError) -> RebuiltTensor {
    guard var call = TensorCall(value) else { return try bareStorage(value) }
    var role: TensorRole?
    var attributes: [TorchValue] = []
    var className: String?
    for _ in 0..<TorchLimits.wrapperDepth {
      switch call.meaning {
      case .parameter, .variable:
        if role == nil { role = .parameter(requiresGrad: try requiresGrad(of: call)) }
        if call.meaning == .parameter, call.arguments.count > 3 {
          attributes.append(call.arguments[3])
        }
        let inner = try call.argument(0, "a tensor").resolved()
        guard let next = TensorCall(inner) else { throw call.error(needed: "a tensor") }
        call = next
      case .fromType:
        let function = try call.argument(0, "a function")
        guard let arguments = try call.argument(2, "a tuple of arguments").tuple else {
          throw call.error(needed: "a tuple of arguments")
        }
        className = className ?? foreignClass(call.arguments[1])
        if call.arguments.count > 3 { attributes.append(call.arguments[3]) }
        call = TensorCall(function: function, arguments: arguments)
      default:
        var rebuilt = try make(call)
        rebuilt.role = role ?? rebuilt.role
        rebuilt.attributes += attributes
        rebuilt.className = className
        return rebuilt
      }
    }
    throw value.document.reading.error(.nestedTooDeep(limit: TorchLimits.wrapperDepth))
  }

  private func make(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    switch call.meaning {
    case .tensor, .tensorV2, .tensorV3: try strided(call)
    case .quantised: try quantised(call)
    case .sparse: try sparse(call)
    case .nested: try nested(call)
    case .meta: try meta(call)
    case .fromNumpy, .fromTensor: try converted(call)
    case .array, .arrayScalar, .arrayFromBuffer: try array(call)
    case .unknownTensor: throw call.reading.error(.unknownRebuilder(call.name))
    default: shell(call)
    }
  }

  /// A storage that is a value by itself: a tensor of one dimension.
  private func bareStorage(_ value: TorchValue) throws(FormatError) -> RebuiltTensor {
    let storage = try StorageTable.storage(value)
    let dtype = storage.storageClass.dtype ?? .u8
    let count = storage.byteCount / storage.storageClass.unitByteCount
    let geometry = TensorGeometry(offset: 0, shape: [count], strides: [1])
    return RebuiltTensor(try view(geometry, of: storage, as: dtype, call: value.document.reading))
  }

  private func requiresGrad(of call: TensorCall) throws(FormatError) -> Bool {
    // Before torch 0.4 the state of a Parameter was (requires_grad, volatile, hooks).
    if let state = call.state?.tuple, let flag = state.first?.bool { return flag }
    guard call.arguments.count > 1 else { return true }
    return try call.flag(1, "whether a gradient is wanted")
  }

  private func foreignClass(_ value: TorchValue) -> String? {
    guard let global = value.global, global.module != "torch" else { return nil }
    return "\(global.module).\(global.name)"
  }
}

extension TensorRebuilder {
  func view(
    _ geometry: TensorGeometry, of storage: TorchStorage, as dtype: DType,
    modifiers: ValueModifiers = [], call reading: TorchReading
  ) throws(FormatError) -> LazyTensor {
    do {
      return try geometry.view(of: storage, as: dtype, modifiers: modifiers)
    } catch { throw reading.error(error) }
  }

  /// `_rebuild_tensor`, `_rebuild_tensor_v2` and `_rebuild_tensor_v3`.
  func strided(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    let storage = try StorageTable.storage(call.argument(0, "a storage"))
    let geometry = try call.geometry(at: 1)
    let hasDType = call.meaning == .tensorV3
    let dtype = try hasDType ? call.dtype(6) : storedDType(storage, call)
    let modifiers = try modifiers(call, at: hasDType ? 7 : 6)
    let tensor = try view(
      geometry, of: storage, as: dtype, modifiers: modifiers, call: call.reading)
    var rebuilt = RebuiltTensor(tensor, kind: tensor.storage.hasData ? .plain : .meta)
    if call.meaning != .tensor, try call.flag(4, "whether a gradient is wanted") {
      rebuilt.role = .tracked
    }
    return rebuilt
  }

  private func storedDType(
    _ storage: TorchStorage, _ call: TensorCall
  ) throws(FormatError) -> DType {
    switch storage.storageClass {
    case .typed(let dtype): return dtype
    case .untyped: throw call.reading.error(.untyped)
    case .quantised, .packedQuantised: throw call.reading.error(.plainQuantised)
    }
  }

  /// The operations that are pending on the elements: `{'conj': True, 'neg': True}`.
  private func modifiers(
    _ call: TensorCall, at position: Int
  ) throws(FormatError) -> ValueModifiers {
    guard call.arguments.indices.contains(position), !call.arguments[position].isNone else {
      return []
    }
    let value = call.arguments[position]
    guard let pairs = value.pairs else {
      throw call.error(needed: "flags as a dictionary")
    }
    var modifiers: ValueModifiers = []
    for pair in pairs {
      let name = value.sibling(pair.key).text ?? ""
      guard let isSet = value.sibling(pair.value).bool else {
        throw call.reading.error(.tensorFlag(name))
      }
      guard isSet else { continue }
      switch name {
      case "conj": modifiers.insert(.conjugate)
      case "neg": modifiers.insert(.negate)
      default: throw call.reading.error(.tensorFlag(name))
      }
    }
    return modifiers
  }
}
