internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Makes the tensors of one release's graph from those of another's, module by module.
struct TensorMigration {
  /// A tensor for a slot of the target, and the parameter of the source that it is made of.
  struct Made {
    var tensor: LazyTensor
    var source: ObjectIdentifier?
  }

  let source: ModelGraph
  let target: ModelGraph
  let from: Dialect
  let to: Dialect
  /// By parameter of the target.
  private(set) var made: [ObjectIdentifier: Made] = [:]
  var notes: MigrationNotes
  /// Vectors to add to biases of the target, where a bias was moved into another.
  private var moved: [ObjectIdentifier: [Float]] = [:]
  private let sourcePaths: [ObjectIdentifier: String]
  private let targetPaths: [ObjectIdentifier: String]

  init(source: ModelGraph, target: ModelGraph, notes: MigrationNotes) {
    self.source = source
    self.target = target
    self.notes = notes
    from = source.configuration.dialect
    to = target.configuration.dialect
    sourcePaths = source.parameterPaths
    targetPaths = target.parameterPaths
  }

  /// Pairs the modules of the two graphs; what does not fit is among the notes.
  mutating func pairModels() throws(FormatError) {
    for ((_, a), (_, b)) in zip(source.models, target.models) { try pair(a, b) }
    try addMoved()
    // Modules that never changed are found by their names.
    let slots = Dictionary(source.slots.map { ($0.path, $0) }, uniquingKeysWith: { a, _ in a })
    for slot in target.slots where made[ObjectIdentifier(slot.parameter)] == nil {
      if let own = slots[slot.path], own.shape == slot.shape {
        pair(own.parameter, slot.parameter)
      } else {
        notes.refuse(slot.path, "is needed by it and has nothing to be made of")
      }
    }
  }

  /// Where a parameter of the source stands.
  func path(_ parameter: Parameter) -> String {
    sourcePaths[ObjectIdentifier(parameter)] ?? targetPaths[ObjectIdentifier(parameter)] ?? ""
  }
}

extension TensorMigration {
  /// Gives a slot of the target a tensor; nil stands for one that could not be made.
  mutating func give(_ b: Parameter, _ tensor: LazyTensor?, from a: Parameter? = nil) {
    guard let tensor, tensor.shape == b.shape else {
      notes.refuse(
        targetPaths[ObjectIdentifier(b)] ?? "",
        "would have the shape \(tensor?.shape ?? []), and \(b.shape) is needed")
      return
    }
    made[ObjectIdentifier(b)] = Made(tensor: tensor, source: a.map(ObjectIdentifier.init))
  }

  /// A parameter that both releases hold, as it is; only extents of 1 may differ.
  mutating func pair(_ a: Parameter, _ b: Parameter) {
    give(b, a.tensor.reshaped(b.shape), from: a)
  }

  /// A parameter that one of the releases may not hold; its absence means `neutral` everywhere.
  ///
  /// One that the target cannot hold is dropped where all of it is neutral, and else refused with its size.
  mutating func pair(
    _ a: Parameter?, _ b: Parameter?, neutral: Float = 0, rows: [Int]? = nil
  ) throws(FormatError) {
    switch (a, b) {
    case (let a?, let b?): give(b, a.tensor.takingRows(rows)?.reshaped(b.shape), from: a)
    case (let a?, nil): try drop(a, neutral: neutral)
    case (nil, let b?): give(b, .filled(b.shape, with: neutral))
    case (nil, nil): break
    }
  }

  mutating func pair(_ a: Linear, _ b: Linear, rows: [Int]? = nil) throws(FormatError) {
    try pair(a.weight, b.weight, rows: rows)
    try pair(a.bias, b.bias, rows: rows)
  }

  /// A layer that both or neither of the releases must have.
  mutating func pair(
    _ a: Linear?, _ b: Linear?, _ name: String, rows: [Int]? = nil
  ) throws(FormatError) {
    switch (a, b) {
    case (let a?, let b?): try pair(a, b, rows: rows)
    case (nil, nil): break
    case (let a?, nil): notes.refuse(path(a.weight), "has no place in it")
    case (nil, let b?): notes.refuse(path(b.weight), "is needed by it")
    }
  }

  /// Leaves a parameter out if that changes nothing.
  mutating func drop(_ a: Parameter, neutral: Float = 0) throws(FormatError) {
    let values = try floats(a)
    let largest = values.map { abs($0 - neutral) }.max() ?? 0
    guard largest > 0 else {
      notes.note("'\(path(a))' is \(neutral == 0 ? "zero" : "neutral") everywhere and is left out")
      return
    }
    let mean = (values.map { ($0 - neutral) * ($0 - neutral) }.reduce(0, +) / Float(values.count))
      .squareRoot()
    notes.problems.append(
      MigrationProblem(
        place: path(a),
        reason: "has no place in it (up to \(largest), root mean square \(mean))", isMeasured: true)
    )
  }

  /// The values of a small parameter.
  func floats(_ a: Parameter) throws(FormatError) -> [Float] {
    do { return try a.tensor.floats() } catch {
      throw FormatError(error, file: path(a))
    }
  }

  /// Moves `weight · bias` into the bias of `b`: what a constant before a layer is behind it.
  mutating func move(_ bias: Parameter, through a: Linear, into b: Parameter) throws(FormatError) {
    let vector = try floats(bias)
    guard vector.contains(where: { $0 != 0 }) else { return }
    let matrix = try floats(a.weight)
    let width = a.inputCount
    var product = moved[ObjectIdentifier(b)] ?? [Float](repeating: 0, count: a.outputCount)
    for row in product.indices {
      // In float64: the sum goes into one bias and is rounded once.
      var sum = 0.0
      for column in 0..<width {
        sum += Double(matrix[row * width + column]) * Double(vector[column])
      }
      product[row] += Float(sum)
    }
    moved[ObjectIdentifier(b)] = product
    notes.note("'\(path(bias))' is moved into '\(targetPaths[ObjectIdentifier(b)] ?? "")'")
  }

  /// Adds what was moved to the biases that were made meanwhile.
  private mutating func addMoved() throws(FormatError) {
    for (place, vector) in moved {
      guard let entry = made[place] else { continue }
      let values: [Float]
      do { values = try entry.tensor.floats() } catch {
        throw FormatError(error, file: targetPaths[place] ?? "")
      }
      made[place]?.tensor = .values(zip(values, vector).map { $0 + $1 }, entry.tensor.shape)
    }
  }
}

extension ModelGraph {
  /// The first path of each parameter.
  fileprivate var parameterPaths: [ObjectIdentifier: String] {
    Dictionary(
      slots.map { (ObjectIdentifier($0.parameter), $0.path) },
      uniquingKeysWith: { first, _ in first })
  }
}
