/// What becomes of two tables, or more, that are to be one and are not the same.
public enum TiePolicy: String, CaseIterable, Sendable {
  /// The input table stays; of several models, the first one's. The others lose theirs.
  case input
  /// The head stays; of several models, the last one's.
  case output
  /// Their mean, in the sense of least squares.
  case mean
  /// Their mean with weights.
  case weighted
  /// The head is the table, rotated and scaled by a linear layer before it.
  case procrustes
  /// Both are products of one table, the best of its width, and small matrices.
  case lowrank
  /// Several models' tables side by side are one product of a shared table and a projection for each.
  case joint
}
