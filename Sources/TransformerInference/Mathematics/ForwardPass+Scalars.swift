#if canImport(Glibc)
internal import Glibc
#endif

extension ForwardPass {
  /// `1 / (1 + exp(−x))`.
  static func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

  /// The hyperbolic tangent.
  static func tangent(_ x: Float) -> Float { tanh(x) }
}
