internal import TensorStorage

extension ForecastSubject {
  /// `torch.load` with the defaults of torch 2.6 and later, so `weights_only=True`.
  func torch() -> ReaderForecast {
    var forecast = ReaderForecast(.torch, path)
    if shardCount == nil, path.hasSuffix(".safetensors") {
      // It looks at nothing but the suffix.
      let how = safetensorsRefusal ?? "torch 2.15 gives what safetensors.torch.load_file reads"
      for call in ["torch.load", "torch.load(mmap=True)"] {
        forecast.add(call, loads: safetensorsRefusal == nil, how)
      }
      return forecast
    }
    if let reason = torchRefusal {
      forecast.add("torch.load", loads: false, reason)
      return forecast
    }
    let count = checkpoint.entries.count
    var how = "\(count) tensor\(count == 1 ? "" : "s")"
    if let selection = checkpoint.source.selection {
      how += ", under '\(escaped(selection))' of what it returns"
    }
    let groups = checkpoint.duplicateOf().count
    if groups > 0 {
      how +=
        "; \(groups) name\(groups == 1 ? " shares its" : "s share their") storage with another, in modules that "
        + "tie them and in modules that do not"
    }
    forecast.add("torch.load", loads: true, how)
    if checkpoint.source.format == TorchZipFormat.identifier {
      forecast.add("torch.load(mmap=True)", loads: true, "reads tensors when they are used")
    } else {
      forecast.add(
        "torch.load(mmap=True)", loads: false,
        "only files that torch 1.6 and later write are mapped")
    }
    return forecast
  }

  /// Why `torch.load` refuses the file; nil if it does not.
  var torchRefusal: String? {
    shardCount == nil ? pickleRefusal : oneFile("torch.load")
  }

  /// Why it refuses its files.
  var pickleRefusal: String? {
    let source = checkpoint.source
    switch source.format {
    case TorchZipFormat.identifier, TorchLegacyFormat.identifier: break
    case TorchZipFormat.scriptIdentifier:
      return "it is a TorchScript archive, which torch.jit.load reads"
    default:
      return
        "it is no file of torch.save but \(source.format); 'ligature convert -o out.pt' makes it one"
    }
    let unknown = source.globals.filter { !Self.isAllowed($0) }
    if !unknown.isEmpty {
      return
        "weights_only=True, which is the default, refuses \(Self.list(unknown)); 'ligature convert' writes the "
        + "tensors alone"
    }
    // Its unpickler knows the opcodes of protocol 2; those of 3 differ for bytes only.
    if let other = source.pickleProtocols.first(where: { $0 != 2 && $0 != 3 }) {
      return
        "weights_only=True, which is the default, does not read pickles of protocol \(other); 'ligature convert' "
        + "writes protocol 2"
    }
    return nil
  }

  /// Whether the unpickler of `weights_only=True` knows a global (`torch/_weights_only_unpickler.py`, 2.15).
  private static func isAllowed(_ global: String) -> Bool {
    if allowed.contains(global) { return true }
    let parts = global.split(separator: ".").map(String.init)
    guard parts.first == "torch", let name = parts.last else { return false }
    switch parts.count {
    case 2: return isStorage(name) || isTensor(name) || dtypes.contains(name)
    case 3 where parts[1] == "cuda": return isStorage(name) || isTensor(name)
    case 3 where parts[1] == "sparse": return isTensor(name)
    default: return false
    }
  }

  private static func isStorage(_ name: String) -> Bool {
    name.hasSuffix("Storage") && kinds.contains(String(name.dropLast(7)))
  }

  private static func isTensor(_ name: String) -> Bool {
    name.hasSuffix("Tensor") && kinds.prefix(10).contains(String(name.dropLast(6)))
  }

  // The first ten have tensors of their own.
  private static let kinds = [
    "BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short",
    "ComplexDouble", "ComplexFloat", "QInt32", "QInt8", "QUInt2x4", "QUInt4x2", "QUInt8",
  ]

  private static let dtypes: Set<String> = [
    "bool", "bfloat16", "float16", "float32", "float64", "complex32", "complex64", "complex128",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float8_e4m3fn",
    "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2",
    "qint8", "qint32", "quint8", "quint2x4", "quint4x2", "per_channel_affine",
    "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine",
    "per_tensor_symmetric", "Size", "Tensor", "device",
  ]

  private static let allowed: Set<String> = [
    "_codecs.encode", "builtins.bytearray", "builtins.complex", "builtins.set",
    "collections.Counter", "collections.OrderedDict", "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout", "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage", "torch._tensor._rebuild_from_type_v2",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_meta_tensor_no_storage", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_wrapper_subclass",
  ]
}
