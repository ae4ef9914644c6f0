internal import TensorStorage

/// An array or a scalar of numpy inside a pickle, in the ways numpy 1 and 2 write them.
struct NumpyValue {
  /// The dtype; nil if it is none of a tensor's (text, objects, fields, dates).
  let dtype: DType?
  /// What numpy calls the type, as `<f4`.
  let typeName: String
  let shape: [Int]
  /// The list of an array of objects.
  let objects: TorchValue?
  private let isFortran: Bool
  private let isBigEndian: Bool
  private let data: TorchValue

  /// What a call makes, with what BUILD gave to it; nil if it is not in the form that numpy writes.
  init?(_ call: TensorCall) {
    let shape: [Int]?
    let type: TorchValue
    switch call.meaning {
    case .array:
      // (version, shape, dtype, is_fortran, bytes or list)
      guard let state = call.state?.tuple, state.count == 5, let flag = state[3].flag
      else { return nil }
      (shape, type, isFortran, data) = (state[1].integers, state[2], flag, state[4])
    case .arrayScalar:
      guard call.arguments.count == 2 else { return nil }
      (shape, type, isFortran, data) = ([], call.arguments[0], false, call.arguments[1])
    case .arrayFromBuffer:
      guard call.arguments.count == 4, let order = call.arguments[3].text else { return nil }
      (shape, type, isFortran, data) = (
        call.arguments[2].integers, call.arguments[1], order == "F", call.arguments[0]
      )
    default: return nil
    }
    guard let shape, let found = NumpyType(type) else { return nil }
    self.shape = shape
    dtype = found.dtype
    typeName = found.name
    isBigEndian = found.isBigEndian
    let kind = data.document.graph.kind(data.id)
    objects = kind == .list || kind == .tuple ? data : nil
  }

  /// The tensor of its elements; nil if its dtype is none of a tensor's.
  func tensor(_ reading: TorchReading) throws(FormatError) -> LazyTensor? {
    guard let dtype, let bytes = data.byteSource else { return nil }
    guard shape.allSatisfy({ $0 >= 0 }), let count = Layout.elementCount(of: shape),
      dtype.byteCount(elementCount: count) == bytes.byteCount
    else {
      throw reading.error(.arraySize(type: typeName, shape: shape, byteCount: bytes.byteCount))
    }
    let unit = dtype.swapUnitByteCount
    let source: any ByteSource =
      isBigEndian && unit > 1 ? SwappedBytes(bytes, unitByteCount: unit) : bytes
    return LazyTensor(
      dtype: dtype, shape: shape, storage: Storage(source),
      strides: isFortran ? fortranStrides : nil)
  }

  /// The value of an integer scalar.
  var integer: Int? {
    guard shape.isEmpty, let bytes = data.bytes, let dtype, !bytes.isEmpty, bytes.count <= 8 else {
      return nil
    }
    let ordered = isBigEndian ? bytes : bytes.reversed()
    let bits = ordered.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch dtype {
    case .u8, .u16, .u32, .u64: return Int(exactly: bits)
    case .i8, .i16, .i32, .i64:
      let unused = UInt64(64 - 8 * bytes.count)
      return Int(Int64(bitPattern: bits << unused) >> Int64(unused))
    default: return nil
    }
  }

  private var fortranStrides: [Int] { Layout.packedStrides(of: shape.reversed()).reversed() }
}

/// A `numpy.dtype` of a pickle.
private struct NumpyType {
  let dtype: DType?
  let name: String
  let isBigEndian: Bool

  /// `numpy.dtype('f4', False, True)` with the state `(3, '<', None, None, None, -1, -1, 0)`.
  init?(_ value: TorchValue) {
    let graph = value.document.graph
    guard let callee = graph.callee(value.id).flatMap(value.document.global),
      callee.module == "numpy", callee.name == "dtype", let type = value.arguments?.first
    else { return nil }
    let state = graph.lastState(value.id).flatMap { value.sibling($0).tuple } ?? []
    let order = state.count > 1 ? state[1].text ?? "" : "|"
    guard ["<", ">", "=", "|"].contains(order) else { return nil }
    isBigEndian = order == ">"
    let hasFields = state.count > 4 && !(state[2].isNone && state[3].isNone && state[4].isNone)
    if let code = type.text {
      name = order == "|" ? code : order + code
      dtype = hasFields ? nil : Self.byCode[code]
    } else if let global = type.global {
      // Extension types: numpy.dtype(ml_dtypes.bfloat16).
      name = "\(global.module).\(global.name)"
      dtype = global.module == "ml_dtypes" ? DType(torchName: global.name) : nil
    } else {
      return nil
    }
  }

  private static let byCode = Dictionary(
    uniqueKeysWithValues: DType.allCases.compactMap { dtype in
      dtype.numpyCode.map { ($0, dtype) }
    })
}

extension TorchValue {
  /// A truth value, which numpy writes as a bool or as an integer.
  fileprivate var flag: Bool? { bool ?? int.map { $0 != 0 } }
}
