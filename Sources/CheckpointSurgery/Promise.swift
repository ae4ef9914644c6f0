/// What an operation preserves of a model's function.
public struct Promise: Hashable, Sendable {
  /// How closely.
  public enum Closeness: Hashable, Sendable {
    /// Not a byte of any tensor is another; no model has to be run to see that.
    case bytes
    /// The logits are the same, bit by bit, up to the order in which a machine adds.
    case exact
    /// The logits agree to the rounding of the arithmetic.
    case rounding
    /// Something is lost, and this says what.
    case lossy(String)
  }

  /// How closely the logits agree.
  public var closeness: Closeness
  /// For each wrapper that has another vocabulary afterwards, by what stands before its paths (`""`, `net.`,
  /// `encoder.`), and each of its tokens: the token before that it stands for; nil for a new one.
  public var tokensBefore: [String: [Int?]]

  /// A promise.
  public init(_ closeness: Closeness, tokensBefore: [String: [Int?]] = [:]) {
    self.closeness = closeness
    self.tokensBefore = tokensBefore
  }

  /// The largest difference of logits, relative to their spread, that keeps the promise; nil if there is no
  /// such bound.
  ///
  /// Products of float32 in another order differ by some units of rounding (`2^-24`) for each of the
  /// thousands that are added.
  public var tolerance: Double? {
    switch closeness {
    case .bytes, .exact: 1e-5
    case .rounding: 1e-4
    case .lossy: nil
    }
  }

  /// Whether logits that differ by at most `difference`, and have the standard deviation `spread`, are as
  /// promised.
  public func isKept(difference: Double, spread: Double) -> Bool {
    tolerance.map { difference <= $0 * max(1, spread) } ?? true
  }

  /// The promise of two operations, one after the other.
  public func followed(by next: Promise) -> Promise {
    Promise(
      closeness.followed(by: next.closeness),
      tokensBefore: tokensBefore.merging(next.tokensBefore) { first, second in
        second.map { token in token.flatMap { first.indices.contains($0) ? first[$0] : nil } }
      })
  }
}

extension Promise.Closeness {
  fileprivate func followed(by next: Self) -> Self {
    switch (self, next) {
    case (.lossy(let first), .lossy(let second)): .lossy("\(first); \(second)")
    case (.lossy, _): self
    case (_, .lossy): next
    case (.rounding, _), (_, .rounding): .rounding
    case (.exact, _), (_, .exact): .exact
    case (.bytes, .bytes): .bytes
    }
  }
}
