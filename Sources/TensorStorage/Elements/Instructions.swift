internal import CKernels

/// The versions of the kernels; each level includes those before it.
///
/// Tests compare them.
package enum Instructions: CaseIterable, Sendable {
  case scalar, avx2, avx512

  /// The highest level that this processor has.
  package static var best: Instructions {
    switch ck_level() {
    case CK_AVX512: .avx512
    case CK_AVX2: .avx2
    default: .scalar
    }
  }

  /// Those that this processor has.
  package static var available: [Instructions] {
    allCases.filter { $0.level.rawValue <= best.level.rawValue }
  }

  /// The kernels' name for it.
  var level: ck_instructions {
    switch self {
    case .scalar: CK_SCALAR
    case .avx2: CK_AVX2
    case .avx512: CK_AVX512
    }
  }
}
