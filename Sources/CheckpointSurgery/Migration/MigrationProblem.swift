/// Something of a model that another release cannot hold.
struct MigrationProblem: Hashable {
  /// Where it stands: a path of the graph or of the configuration.
  var place: String
  /// What it is, and what would be lost.
  var reason: String
  /// Whether it is a tensor that could be left out, and the loss was measured.
  var isMeasured = false

  /// The sentence's part.
  var text: String { place.isEmpty ? reason : "'\(place)' \(reason)" }
}

/// What a migration finds on its way.
struct MigrationNotes {
  var problems: [MigrationProblem] = []
  var facts: [String] = []

  mutating func refuse(_ place: String, _ reason: String) {
    let problem = MigrationProblem(place: place, reason: reason)
    if !problems.contains(problem) { problems.append(problem) }
  }

  mutating func note(_ fact: String) {
    if !facts.contains(fact) { facts.append(fact) }
  }
}
