internal import CKernels
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
  static func open(threads: Int) throws(InferenceError) {
    guard let reason = opened(threads) else { return }
    throw .noLibrary(reason: reason)
  }

  /// The kernel family in use; nil before `open`.
  static var kernelFamily: String? {
    // SAFETY: the library's own constant string, copied at once.
    unsafe cob_core().map { unsafe String(cString: $0) }
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

  /// Traps unless the matrix lies within `count` floats.
  private static func check(_ count: Int, _ place: Operand, rows: Int, columns: Int) {
    let (rows, columns) = place.isTransposed ? (columns, rows) : (rows, columns)
    precondition(
      place.offset >= 0 && columns <= place.leadingDimension
        && (rows == 0 || columns == 0
          || place.offset + (rows - 1) * place.leadingDimension + columns <= count),
      "a matrix lies outside its buffer")
  }

  private static let state = OpenState()

  private static func opened(_ threads: Int) -> String? { state.open(threads: threads) }
}

internal import Synchronization

/// Opens OpenBLAS once, whoever asks first.
private final class OpenState: Sendable {
  private let result = Mutex<String??>(nil)

  /// Why it could not be opened; nil if it was.
  func open(threads: Int) -> String? {
    result.withLock { result in
      if let result { return result }
      let reason = Self.load(threads: threads)
      result = .some(reason)
      return reason
    }
  }

  private static func load(threads: Int) -> String? {
    // Debian's build does not know processors newer than itself by name and falls back to old kernels.
    let level = ck_level()
    let core = level == CK_AVX512 ? "SkylakeX" : level == CK_AVX2 ? "Haswell" : nil
    let status = unsafe cob_open(core, Int32(threads))
    // SAFETY: the loader's own text, copied at once.
    return status == 0 ? nil : unsafe String(cString: cob_error())
  }
}
