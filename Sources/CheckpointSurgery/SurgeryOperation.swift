/// An edit of one model or of several, as a value: its parameters.
///
/// `plan(for:)` decides everything and changes nothing. It may read tensors where the decision rests on their
/// values (whether two tables are equal, a map that is fitted); what it leaves undone is lazy.
public protocol SurgeryOperation: Sendable {
  /// The verb, as in `untie`.
  static var verb: String { get }

  /// What the operation makes of `models`.
  ///
  /// - Throws: `SurgeryError` where it cannot be done, or would lose something without consent.
  func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan
}
