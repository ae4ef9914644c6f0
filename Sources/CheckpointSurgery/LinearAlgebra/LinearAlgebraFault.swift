/// What kept a factorisation from being made.
public enum LinearAlgebraFault: Error, Equatable, Sendable {
  /// There is no OpenBLAS, or it lacks a function.
  case noLibrary(reason: String)
  /// LAPACK's 32-bit sizes do not reach.
  case tooLarge(rows: Int, columns: Int)
  /// LAPACK's own code: the matrix is not positive definite, an iteration does not converge, or a number
  /// is not finite (-1).
  case notSolved(function: String, code: Int)
}

extension LinearAlgebraFault: CustomStringConvertible {
  /// A clause: what is wrong, what is needed.
  public var description: String {
    switch self {
    case .noLibrary(let reason):
      "OpenBLAS cannot be used: \(reason); on Debian, 'apt install libopenblas0' installs it"
    case .tooLarge(let rows, let columns):
      "a matrix of \(rows) × \(columns) is too large to be factorised"
    case .notSolved(let function, let code):
      "\(function) found no solution (\(code)): the numbers are not finite, or too nearly dependent"
    }
  }
}
