internal import COpenBLAS

/// Products and factorisations of float64 matrices, by OpenBLAS; the only file of this module that calls it.
///
/// The library runs on one thread: results do not depend on the number of threads then, and writing, which has
/// threads of its own, may call it on each of them.
enum LinearAlgebra {
  /// Opens the library, if it is not open yet.
  static func open() throws(LinearAlgebraFault) {
    // SAFETY: a constant text of the loader's, copied at once.
    guard let reason = unsafe cob_open_factorizations() else { return }
    throw .noLibrary(reason: unsafe String(cString: reason))
  }
}

// MARK: - Products

extension LinearAlgebra {
  /// Which factor of a product is transposed.
  enum Transposed: Sendable { case neither, first, second }

  /// Computes `a · b`, `aᵀ · b` or `a · bᵀ`.
  ///
  /// - Precondition: The library is open and the inner extents agree.
  static func product(
    _ a: Matrix, _ b: Matrix, transposing transposed: Transposed = .neither
  ) -> Matrix {
    let (m, k) =
      transposed == .first ? (a.columnCount, a.rowCount) : (a.rowCount, a.columnCount)
    let (inner, n) =
      transposed == .second ? (b.columnCount, b.rowCount) : (b.rowCount, b.columnCount)
    precondition(k == inner, "the inner extents of a product differ")
    var c = Matrix(rowCount: m, columnCount: n)
    if m == 0 || n == 0 || k == 0 { return c }
    // SAFETY: each matrix holds `rowCount · columnCount` numbers, packed.
    unsafe a.values.withUnsafeBufferPointer { left in
      unsafe b.values.withUnsafeBufferPointer { right in
        unsafe c.values.withUnsafeMutableBufferPointer { result in
          unsafe cob_dgemm(
            transposed == .first ? 1 : 0, transposed == .second ? 1 : 0, Int32(m), Int32(n),
            Int32(k), 1,
            left.baseAddress, Int32(a.columnCount), right.baseAddress, Int32(b.columnCount), 0,
            result.baseAddress, Int32(n))
        }
      }
    }
    return c
  }

  /// Adds `factor · aᵀ · a` to the lower triangle of `sum`.
  static func addGram(of a: Matrix, times factor: Double = 1, to sum: inout Matrix) {
    precondition(
      sum.rowCount == a.columnCount && sum.columnCount == a.columnCount,
      "a Gram matrix of other size")
    if a.rowCount == 0 || a.columnCount == 0 { return }
    // SAFETY: the extents were checked above; both are packed.
    unsafe a.values.withUnsafeBufferPointer { a0 in
      unsafe sum.values.withUnsafeMutableBufferPointer { result in
        unsafe cob_dsyrk(
          Int32(a.columnCount), Int32(a.rowCount), factor, a0.baseAddress, result.baseAddress)
      }
    }
  }
}

// MARK: - Factorisations

extension LinearAlgebra {
  /// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors, one a row.
  ///
  /// Only the lower triangle is read.
  static func eigen(of matrix: Matrix) throws(LinearAlgebraFault) -> (
    values: [Double], vectors: Matrix
  ) {
    try open()
    let size = matrix.rowCount
    precondition(size == matrix.columnCount, "eigenvalues of a matrix that is not square")
    if size == 0 { return ([], matrix) }
    // dsyevd's work space has 2 n² + 6 n + 1 places.
    guard size < 32_000 else { throw .tooLarge(rows: size, columns: size) }
    try check(matrix, "dsyevd")
    var vectors = matrix
    var values = [Double](repeating: 0, count: size)
    var work = [0.0]
    var indices: [Int32] = [0]
    // SAFETY: LAPACK is given the sizes of the arrays, and asked for those of its work space first.
    func call(_ workCount: Int32, _ indexCount: Int32) -> Int32 {
      unsafe vectors.values.withUnsafeMutableBufferPointer { a in
        unsafe values.withUnsafeMutableBufferPointer { w in
          unsafe work.withUnsafeMutableBufferPointer { space in
            unsafe indices.withUnsafeMutableBufferPointer { places in
              unsafe cob_dsyevd(
                Int32(size), a.baseAddress, w.baseAddress, space.baseAddress, workCount,
                places.baseAddress, indexCount)
            }
          }
        }
      }
    }
    var info = call(-1, -1)
    if info == 0 {
      let (workCount, indexCount) = (Int32(work[0]), indices[0])
      work = [Double](repeating: 0, count: Int(workCount))
      indices = [Int32](repeating: 0, count: Int(indexCount))
      info = call(workCount, indexCount)
    }
    guard info == 0 else { throw .notSolved(function: "dsyevd", code: Int(info)) }
    return (values, vectors)
  }

  /// The thin singular value decomposition `u · diag(values) · v`, values descending.
  ///
  /// `u` has the shape `[rows, r]` and `v` `[r, columns]`, `r` the smaller of the two.
  static func singular(
    of matrix: Matrix
  ) throws(LinearAlgebraFault) -> (u: Matrix, values: [Double], v: Matrix) {
    try open()
    let rank = min(matrix.rowCount, matrix.columnCount)
    // By columns, a row-major matrix is its transpose: aᵀ = vᵀ · diag · uᵀ.
    let (m, n) = (matrix.columnCount, matrix.rowCount)
    var u = Matrix(rowCount: n, columnCount: rank)
    var v = Matrix(rowCount: rank, columnCount: m)
    var values = [Double](repeating: 0, count: rank)
    if rank == 0 { return (u, values, v) }
    guard max(m, n) < 1 << 24, rank < 16_000 else {
      throw .tooLarge(rows: matrix.rowCount, columns: matrix.columnCount)
    }
    try check(matrix, "dgesdd")
    var a = matrix.values
    var work = [0.0]
    var indices = [Int32](repeating: 0, count: 8 * rank)
    // SAFETY: as above; `indices` has the 8 r places that dgesdd documents.
    func call(_ workCount: Int32) -> Int32 {
      unsafe a.withUnsafeMutableBufferPointer { a in
        unsafe values.withUnsafeMutableBufferPointer { s in
          unsafe u.values.withUnsafeMutableBufferPointer { u in
            unsafe v.values.withUnsafeMutableBufferPointer { v in
              unsafe work.withUnsafeMutableBufferPointer { space in
                unsafe indices.withUnsafeMutableBufferPointer { places in
                  unsafe cob_dgesdd(
                    Int32(m), Int32(n), a.baseAddress, s.baseAddress, v.baseAddress, u.baseAddress,
                    space.baseAddress, workCount, places.baseAddress)
                }
              }
            }
          }
        }
      }
    }
    var info = call(-1)
    if info == 0 {
      let workCount = Int32(work[0])
      work = [Double](repeating: 0, count: Int(workCount))
      info = call(workCount)
    }
    guard info == 0 else { throw .notSolved(function: "dgesdd", code: Int(info)) }
    return (u, values, v)
  }

  /// LAPACK does not say what it does with NaN, and some of its iterations do not end.
  private static func check(_ matrix: Matrix, _ function: String) throws(LinearAlgebraFault) {
    guard matrix.values.allSatisfy(\.isFinite) else {
      throw .notSolved(function: function, code: -1)
    }
  }
}
