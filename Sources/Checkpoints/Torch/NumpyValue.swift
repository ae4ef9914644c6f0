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
    guard let shape, shape.count <= NumpyHeader.maximumRank, let found = NumpyType(type) else {
      return nil
    }
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

  /// What Python prints of a scalar: a number, a truth value or a text; nil if it is something else.
  var printed: String? {
    guard shape.isEmpty, let bytes = data.bytes else { return nil }
    guard let dtype else { return isText ? text(of: bytes) : nil }
    guard !dtype.isComplex, dtype.byteCount(elementCount: 1) == bytes.count else { return nil }
    let ordered = isBigEndian ? bytes.reversed() : bytes
    return ElementValue.values(in: ordered.rawBytes, dtype: dtype).first?.description
  }

  /// Whether its elements are characters, as in `<U5`.
  private var isText: Bool { typeName.prefix(2).contains("U") }

  /// The text of a `numpy.str_`: four bytes for each character.
  private func text(of bytes: [UInt8]) -> String? {
    var text = String.UnicodeScalarView()
    for start in stride(from: 0, to: bytes.count - bytes.count % 4, by: 4) {
      let unit = bytes[start..<(start + 4)]
      let code = (isBigEndian ? Array(unit) : unit.reversed()).reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
      guard let scalar = Unicode.Scalar(code) else { return nil }
      text.append(scalar)
    }
    return String(text)
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
