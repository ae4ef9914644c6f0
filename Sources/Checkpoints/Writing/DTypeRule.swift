public import TensorStorage

/// A dtype for the tensors whose names match.
public struct DTypeRule: Sendable {
  /// Which tensors.
  public var pattern: NamePattern
  /// Their dtype; nil to leave each as it is.
  public var dtype: DType?

  /// The rule `pattern=dtype`.
  public init(pattern: NamePattern, dtype: DType?) {
    self.pattern = pattern
    self.dtype = dtype
  }
}

extension DTypeRule {
  /// The dtypes that tensors can be converted to.
  package static let dtypes: [DType] = [.f32, .f16, .bf16, .f64]

  /// A dtype that tensors can be converted to, as safetensors or torch names it; nil for another word.
  package static func dtype(_ word: String) -> DType? {
    let word = word.lowercased()
    return dtypes.first { $0.torchName == word || $0.name.lowercased() == word }
  }

  /// The rule as it is written, `GLOB=DTYPE`, where `keep` leaves tensors as they are.
  package init?(_ text: String) {
    guard let sign = text.lastIndex(of: "="), let pattern = NamePattern(String(text[..<sign]))
    else { return nil }
    let word = String(text[text.index(after: sign)...])
    let dtype = Self.dtype(word)
    guard dtype != nil || word == "keep" else { return nil }
    self.init(pattern: pattern, dtype: dtype)
  }

  /// The rule as it is written.
  package var text: String { "\(pattern.text)=\(dtype.map { $0.name.lowercased() } ?? "keep")" }
}
