internal import Checkpoints
internal import TensorStorage

/// Tables of several models that are to be one.
struct TableSharing {
  /// A table.
  struct Table {
    /// The model's name.
    var model: String
    var tensor: LazyTensor
  }

  /// What becomes of them.
  struct Outcome {
    var table: LazyTensor
    /// For each model.
    var promises: [Promise]
    var facts: [String]
  }

  let tables: [Table]
  var policy: TiePolicy?
  /// By model; 1 for the others.
  var weights: [String: Double] = [:]

  /// One table: the same bytes, or what the policy makes of them.
  func outcome() throws(SurgeryError) -> Outcome {
    try requireOneShape()
    let first = tables[0].tensor
    if try areEqual() {
      return Outcome(
        table: first, promises: tables.map { _ in Promise(.exact) },
        facts: ["the tables of \(names) are equal and become one"])
    }
    guard tables.allSatisfy({ $0.tensor.cast(to: .f64) != nil }) else {
      throw .tie(.unscalable(first.dtype), model: tables[0].model)
    }
    guard let table = try blended() else { throw try different() }
    var outcome = Outcome(table: table, promises: [], facts: [])
    for own in tables {
      let moved = try reading { () throws(FileError) in
        try TablePair.distance(of: table, from: own.tensor)
      }
      let loss = "\(own.model): the table moves by \(percent(moved))"
      outcome.promises.append(moved == 0 ? Promise(.exact) : Promise(.lossy(loss)))
      outcome.facts.append(loss)
    }
    return outcome
  }

  private var names: String { tables.map { escaped($0.model) }.joined(separator: ", ") }

  private func requireOneShape() throws(SurgeryError) {
    let first = tables[0]
    for other in tables.dropFirst() where other.tensor.shape != first.tensor.shape {
      let shapes = (first.tensor.shape, other.tensor.shape)
      if shapes.0.first == shapes.1.first {
        throw .bundle(.widths(first.model, shapes.0, other.model, shapes.1))
      }
      throw .bundle(.vocabularies(first.model, shapes.0, other.model, shapes.1))
    }
  }

  private func areEqual() throws(SurgeryError) -> Bool {
    for other in tables.dropFirst() {
      let isEqual = try reading { () throws(FileError) in
        try tables[0].tensor.hasSameElements(as: other.tensor)
      }
      if !isEqual { return false }
    }
    return true
  }

  /// The table that the policy makes; nil without one.
  private func blended() throws(SurgeryError) -> LazyTensor? {
    let (first, last) = (tables[0], tables[tables.count - 1])
    switch policy {
    case nil: return nil
    case .input: return first.tensor
    case .output: return last.tensor
    case .procrustes, .lowrank, .joint:
      throw policy == .joint
        ? .bundle(.foreignModels(.joint))
        : .tie(.unrepresentable(policy ?? .joint), model: first.model)
    case .mean, .weighted:
      let factors = tables.map { policy == .weighted ? weights[$0.model] ?? 1 : 1 }
      let sum = factors.reduce(0, +)
      return LazyTensor.combination(
        zip(factors, tables).map { .init($0 / sum, $1.tensor) }, as: first.tensor.dtype,
        formula: zip(factors, tables).map { "\(rounded($0 / sum)) · \($1.model)" }
          .joined(separator: " + "))
    }
  }

  /// The refusal, with how far the first table that differs is from the first.
  private func different() throws(SurgeryError) -> SurgeryError {
    let first = tables[0]
    for other in tables.dropFirst() {
      let pair = try reading { () throws(FileError) in
        try first.tensor.hasSameElements(as: other.tensor)
          ? nil : TablePair(first.tensor, other.tensor)
      }
      if let pair {
        return .bundle(.different(TieMeasurement(tables: pair), first.model, other.model))
      }
    }
    return .bundle(.nothingShared)
  }

  private func reading<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(SurgeryError) -> Result {
    do { return try body() } catch {
      throw .format(FormatError(error, file: tables[0].model))
    }
  }
}
