/// What a global stands for when a pickle of torch calls it.
///
/// Names are compared whole. Nothing is ever looked up or called: each case is a way to read the arguments,
/// and a global that is not in the table makes an opaque object.
enum TorchGlobal: Hashable, Sendable {
  // Tensors
  case tensor, tensorV2, tensorV3
  case parameter, variable, fromType
  case quantised, sparse, nested, meta, wrapperSubclass
  case fromNumpy, fromTensor
  /// A tensor, made in a way that is not known here.
  case unknownTensor
  case array, arrayScalar, arrayFromBuffer

  // Containers that are what their items or elements are
  case mapping, sequence
  /// A call that returns its first argument.
  case transparent
  /// The bytes of another file of torch.
  case loadFromBytes

  // Plain values
  case size, device, layout, encodedText, bytes, bytearray

  case unknown

  /// The meaning of `module.name`.
  init(_ global: PickleGraph.Global) {
    let known = Self.table["\(global.module) \(global.name)"]
    self = known ?? (Self.isRebuilder(global) ? .unknownTensor : .unknown)
  }

  /// Whether a function makes tensors of torch, be it of a release that does not exist yet: what it is given must
  /// not be taken for what it makes.
  private static func isRebuilder(_ global: PickleGraph.Global) -> Bool {
    global.module == "torch._utils" && global.name.utf8.starts(with: "_rebuild_".utf8)
  }

  /// Whether it makes a tensor (of torch or, where the dtype allows it, of numpy).
  var isTensor: Bool {
    switch self {
    case .tensor, .tensorV2, .tensorV3, .parameter, .variable, .fromType, .quantised, .sparse,
      .nested, .meta, .wrapperSubclass, .fromNumpy, .fromTensor, .unknownTensor:
      true
    default: false
    }
  }

  /// Whether it makes an array or a scalar of numpy.
  var isArray: Bool { self == .array || self == .arrayScalar || self == .arrayFromBuffer }
}

extension TorchGlobal {
  private static let table: [String: TorchGlobal] = tensors.merging(containers) { first, _ in first
  }
  .merging(values) { first, _ in first }.merging(numpy) { first, _ in first }

  private static let tensors: [String: TorchGlobal] = [
    "torch._utils _rebuild_tensor": .tensor,
    "torch._utils _rebuild_tensor_v2": .tensorV2,
    "torch._utils _rebuild_tensor_v3": .tensorV3,
    "torch._utils _rebuild_parameter": .parameter,
    "torch._utils _rebuild_parameter_with_state": .parameter,
    // Before torch 0.4 and in `copy.deepcopy` caches: Parameter(tensor), its state a tuple.
    "torch.nn.parameter Parameter": .variable,
    "torch.nn.parameter Buffer": .variable,
    "torch.autograd.variable Variable": .variable,
    "torch._tensor _rebuild_from_type_v2": .fromType,
    "torch._tensor _rebuild_from_type": .fromType,
    "torch.tensor _rebuild_from_type": .fromType,
    "torch._utils _rebuild_qtensor": .quantised,
    "torch._utils _rebuild_sparse_tensor": .sparse,
    "torch._utils _rebuild_sparse_csr_tensor": .sparse,
    "torch._utils _rebuild_nested_tensor": .nested,
    "torch._utils _rebuild_meta_tensor_no_storage": .meta,
    "torch._utils _rebuild_wrapper_subclass": .wrapperSubclass,
    "torch._utils _rebuild_device_tensor_from_numpy": .fromNumpy,
    "torch._utils _rebuild_xla_tensor": .fromNumpy,
    "torch._utils _rebuild_mlc_tensor": .fromNumpy,
    "torch._utils _rebuild_device_tensor_from_cpu_tensor": .fromTensor,
  ]

  private static let containers: [String: TorchGlobal] = [
    "collections OrderedDict": .mapping,
    "collections defaultdict": .mapping,
    "collections Counter": .mapping,
    "builtins dict": .mapping,
    "collections deque": .sequence,
    "builtins list": .sequence,
    "builtins tuple": .sequence,
    "builtins set": .sequence,
    "builtins frozenset": .sequence,
    "torch.jit._pickle restore_type_tag": .transparent,
    "torch.jit._pickle build_intlist": .transparent,
    "torch.jit._pickle build_tensorlist": .transparent,
    "torch.jit._pickle build_boollist": .transparent,
    "torch.jit._pickle build_doublelist": .transparent,
    "torch.storage _load_from_bytes": .loadFromBytes,
  ]

  private static let values: [String: TorchGlobal] = [
    "torch Size": .size,
    "torch device": .device,
    "torch.serialization _get_layout": .layout,
    "_codecs encode": .encodedText,
    "builtins bytes": .bytes,
    "builtins bytearray": .bytearray,
  ]

  private static let numpy: [String: TorchGlobal] = [
    "numpy.core.multiarray _reconstruct": .array,
    "numpy._core.multiarray _reconstruct": .array,
    "numpy.core.multiarray scalar": .arrayScalar,
    "numpy._core.multiarray scalar": .arrayScalar,
    "numpy.core.numeric _frombuffer": .arrayFromBuffer,
    "numpy._core.numeric _frombuffer": .arrayFromBuffer,
  ]
}
