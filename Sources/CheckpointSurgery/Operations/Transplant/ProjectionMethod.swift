/// What becomes of a donor's rows that are not as wide as the recipient's.
public enum ProjectionMethod: String, CaseIterable, Sendable {
  /// The donor's table whole, `emb_dim` its width, and a `project_emb` behind it.
  case embeddingDimension = "emb-dim"
  /// The affine map with the least squares on anchors; see the reference of embedding surgery, §2.2.
  case ridge
  /// The rotation and the scale that fit anchors best.
  case procrustes
  /// The directions in which the donor's rows spread most.
  case principalAxes = "pca"
  /// Zeros behind narrower rows.
  case pad
  /// The first coordinates of wider rows.
  case truncate

  /// Whether it is learned from pairs of tokens.
  var needsAnchors: Bool { self == .ridge || self == .procrustes }
}
