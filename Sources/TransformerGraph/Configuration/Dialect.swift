/// The release of x-transformers whose meaning the weights have.
///
/// The same keys mean different functions in different releases, silently; every formula that differs asks
/// the dialect. The changes were found by running the releases.
public struct Dialect: Hashable, Sendable {
  /// Major, minor and patch.
  public let major: Int, minor: Int, patch: Int

  /// The release `major.minor.patch`.
  public init(_ major: Int, _ minor: Int, _ patch: Int) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  /// The newest release that was compared with.
  public static let newest = Dialect(2, 31, 10)

  /// Reads a version such as `2.31.10`; a missing part is 0.
  public init(version text: String) throws(GraphError) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(parts.count), !parts.contains(where: { $0 == nil || $0 ?? 0 < 0 }) else {
      throw .unknownVersion(text: text)
    }
    let numbers = parts.compactMap { $0 } + [0, 0]
    self.init(numbers[0], numbers[1], numbers[2])
  }
}

extension Dialect: Comparable, CustomStringConvertible {
  /// Whether `a` was released before `b`.
  public static func < (a: Dialect, b: Dialect) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }

  /// The version as text.
  public var description: String { "\(major).\(minor).\(patch)" }
}

extension Dialect {
  /// Whether learned absolute positions are scaled by `emb_dim^-0.5`; a bug of 0.24.0 left it out.
  public var scalesAbsolutePositions: Bool { self != Dialect(0, 24, 0) }

  /// The scale of `qk_norm` similarities where none is given.
  public var defaultQKNormScale: Double { self < Dialect(1, 2, 0) ? 1 : 10 }

  /// Whether `qk_norm` scales queries and keys too (a bug of 2.17.1 to 2.25.4: the cosine is multiplied
  /// by the scale three times, and learned scales are ignored).
  public var multipliesQKNormScaleThrice: Bool {
    self >= Dialect(2, 17, 1) && self < Dialect(2, 25, 5)
  }

  /// Whether learned `qk_norm` scales replace the constant one by `dim_head^-0.5`.
  public var dimensionScalesReplaceQKNormScale: Bool { self >= Dialect(2, 25, 5) }

  /// Whether the rotary embedding turns the values too.
  public var rotatesValues: Bool { self < Dialect(1, 20, 0) }

  /// Whether rotary pairs are neighbours `(2j, 2j+1)`; before, they were `(j, j + r/2)`.
  public var rotatesInterleavedPairs: Bool { self >= Dialect(1, 30, 1) }

  /// Rotated dimensions of each head where the configuration does not say it.
  public func defaultRotaryDimension(headDimension: Int) -> Int {
    self < Dialect(1, 42, 18) ? max(headDimension / 2, 32) : headDimension / 2
  }

  /// Whether norm gains are stored less one (`norm_add_unit_offset`).
  public var normsHaveUnitOffset: Bool { self >= Dialect(1, 31, 3) }

  /// Whether the gain of `LayerScale` is stored less one.
  public var layerScaleHasUnitOffset: Bool { self >= Dialect(1, 31, 8) }

  /// Whether `ScaleNorm` multiplies by `sqrt(dim)`.
  public var scaleNormHasDimensionScale: Bool { self >= Dialect(1, 27, 20) }

  /// The last norm is a `torch.nn.LayerNorm` named `norm` on the wrapper, whatever the other norms are.
  public var hasWrapperNorm: Bool { self < Dialect(1, 15, 0) }

  /// Whether tied logits are multiplied by a scale, `tie_embedding_scale`.
  public var scalesTiedLogits: Bool { self >= Dialect(2, 30, 5) }

  /// The scale of tied logits where the configuration does not give one.
  public func defaultTieScale(dimension: Int) -> Double {
    scalesTiedLogits ? 1 / Double(dimension).squareRoot() : 1
  }

  /// Whether the encoder of `XTransformer` has a head of its own that is not used.
  public var encoderHasHead: Bool { self < Dialect(1, 36, 0) }
}
