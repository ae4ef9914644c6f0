internal import TensorStorage

/// The element type that a `descr` names.
struct NumpyDType: Equatable {
  /// What the elements are.
  var dtype: DType
  /// Whether their most significant byte comes first.
  var isBigEndian: Bool

  /// The type of a `descr`, as `<f4`.
  ///
  /// - Throws: The reason why such elements are no tensor's.
  init(descr: PythonLiteral) throws(NumpyFault) {
    guard case .text(let text) = descr else {
      if case .list = descr { throw .structured }
      throw .malformedDescr
    }
    let marks: [Character] = ["<", ">", "|", "="]
    // Without a mark, or with one that says "as on this machine", little-endian is meant here.
    let mark = text.first.flatMap { marks.contains($0) ? $0 : nil }
    let code = mark == nil ? text : String(text.dropFirst())
    guard let dtype = DType.allCases.first(where: { $0.numpyCode == code }) else {
      throw .dtype(descr: text, reason: Self.reason(code))
    }
    self.init(dtype: dtype, isBigEndian: mark == ">" && dtype.swapUnitByteCount > 1)
  }

  private init(dtype: DType, isBigEndian: Bool) {
    self.dtype = dtype
    self.isBigEndian = isBigEndian
  }

  private static func reason(_ code: String) -> NumpyFault.DTypeReason {
    switch code.first {
    case "O": .object
    case "U", "S", "a": .text
    case "M", "m": .time
    case "V": .void
    case "f" where code == "f16", "c" where code == "c32": .longDouble
    default: .unknown
    }
  }
}
