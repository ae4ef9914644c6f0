internal import COpenBLAS

/// Products of float32 matrices, by OpenBLAS; the only file of this module that calls it.
enum MatrixProduct {
  /// Where a matrix lies in a buffer: rows of `leadingDimension` floats, from `offset` on.
  struct Operand {
    var offset = 0
    var leadingDimension: Int
    var isTransposed = false
  }

  /// Opens the library, once, with the newest kernels that the processor can run.
  static func open() throws(InferenceError) {
    // SAFETY: a constant text of the loader's, copied at once.
    guard let reason = unsafe cob_open() else { return }
    throw .noLibrary(reason: unsafe String(cString: reason))
  }

  /// The kernel family in use; nil before `open`.
  static var kernelFamily: String? {
    // SAFETY: the library's own constant string, copied at once.
    unsafe cob_core().map { unsafe String(cString: $0) }
  }

  /// OpenBLAS's release and how it was built, in its own words; nil before `open`.
  static var build: String? {
    // SAFETY: as above.
    unsafe cob_config().map { unsafe String(cString: $0) }
  }

  /// Computes `c = alpha · op(a) · op(b) + beta · c`: `[m, n] = [m, k] · [k, n]`.
  static func multiply(
    _ a: Span<Float>, _ aPlace: Operand, _ b: Span<Float>, _ bPlace: Operand,
    into c: inout MutableSpan<Float>, _ cPlace: Operand, m: Int, n: Int, k: Int, alpha: Float = 1,
    beta: Float = 0
  ) {
    if m == 0 || n == 0 { return }
    check(a.count, aPlace, rows: m, columns: k)
    check(b.count, bPlace, rows: k, columns: n)
    check(c.count, cPlace, rows: m, columns: n)
    // SAFETY: the three extents were checked above.
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
            return
          }
          unsafe cob_sgemm(
            aPlace.isTransposed ? 1 : 0, bPlace.isTransposed ? 1 : 0, Int32(m), Int32(n), Int32(k),
            alpha, a + aPlace.offset, Int32(aPlace.leadingDimension), b + bPlace.offset,
            Int32(bPlace.leadingDimension), beta, c + cPlace.offset, Int32(cPlace.leadingDimension))
        }
      }
    }
  }

  /// Up to so many tokens the product is a pass over the weights, which a simple kernel does best.
  static let vectorCount = 8

  /// Computes columns of `y = scale · x · wᵀ`, one for each row of `w`.
  ///
  /// `x` has the shape `[tokens, inputs]`, `w` (some rows of the weights) `[columns.count, inputs]`, and `y`
  /// `[tokens, width]`.
  static func multiply(
    _ x: Span<Float>, byRowsOf w: Span<Float>, into y: inout MutableSpan<Float>,
    columns: Range<Int>, of width: Int, scale: Float
  ) {
    let tokens = y.count / width
    let inputs = w.count / columns.count
    if tokens <= vectorCount {
      Elementwise.multiplyRows(
        of: w, byEach: x, count: inputs, into: &y, columns: columns, of: width, scale: scale)
      return
    }
    multiply(
      x, .init(leadingDimension: inputs), w, .init(leadingDimension: inputs, isTransposed: true),
      into: &y, .init(offset: columns.lowerBound, leadingDimension: width), m: tokens,
      n: columns.count, k: inputs, alpha: scale)
  }

  /// Traps unless the matrix lies within `count` floats.
  private static func check(_ count: Int, _ place: Operand, rows: Int, columns: Int) {
    let (rows, columns) = place.isTransposed ? (columns, rows) : (rows, columns)
    precondition(
      place.offset >= 0 && columns <= place.leadingDimension
        && (rows == 0 || columns == 0
          || place.offset + (rows - 1) * place.leadingDimension + columns <= count),
      "a matrix lies outside its buffer")
  }
}
