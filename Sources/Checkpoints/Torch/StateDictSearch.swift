/// Finds the state dict inside whatever was saved.
///
/// First the keys under which training code keeps it, in order of commonness; then a dictionary that has
/// tensors itself; then the only one that leads to some.
struct StateDictSearch {
  /// What is taken, and the way to it.
  struct Choice {
    var value: TorchValue
    /// The path from the root; empty for the root itself.
    var path: [String] = []
    /// The containers on the way, and which value of each was taken.
    var passed: [(container: TorchValue, taken: TorchValue)] = []
    /// The dictionaries any of which may be the model, where that was not decided.
    var undecided: [String] = []
  }

  /// The keys of a model among others, the most usual first. (The reference's list of what is met.)
  static let keys = [
    "state_dict", "model", "model_state_dict", "module", "state_dict_ema", "model_ema", "ema",
    "params_ema", "params", "ema_state_dict", "net", "network", "weights", "generator", "g_ema",
  ]

  /// The first of the keys that mean a part of a model as often as the whole.
  private static let firstWeakKey = "net"

  /// How often a dictionary may stand in a dictionary: checkpoint, state_dict, state_dict is met.
  private static let depth = 4

  let survey: ValueSurvey
  let reading: TorchReading

  /// The state dict in `root`, which is resolved.
  func choice(in root: TorchValue) throws(FormatError) -> Choice {
    var choice = Choice(value: root)
    for _ in 0..<Self.depth {
      guard ValueKind(choice.value) == .container, ModulePickle(choice.value) == nil else { break }
      let level = try SearchLevel(choice.value, survey: survey, root: root)
      guard let step = try step(from: level, isRoot: choice.path.isEmpty) else {
        if choice.path.isEmpty { choice.undecided = undecided(level) }
        break
      }
      if let between = step.between { choice.passed.append((choice.value, between)) }
      choice.passed.append((step.between ?? choice.value, step.value))
      choice.path += step.names
      choice.value = step.value
    }
    return choice
  }

  /// The candidate in which the search goes on; nil if the level itself is the state dict.
  private func step(
    from level: SearchLevel, isRoot: Bool
  ) throws(FormatError) -> SearchLevel.Candidate? {
    if let usual = usual(level, isRoot: isRoot) { return usual }
    if level.hasTensors { return nil }
    switch level.candidates.count {
    case 0:
      guard isRoot, !level.isEmpty else { return nil }
      throw reading.error(
        .noModel(holds: level.descriptions, hasTensors: survey.holdsTensor(level.root)))
    case 1:
      let only = level.candidates[0]
      let inside = try SearchLevel(only.value, survey: survey, root: level.root)
      return level.hasOthers || inside.hasTensors || ModulePickle(only.value) != nil ? only : nil
    default:
      return nil
    }
  }

  /// The candidates of a root that is no model itself, and none of which is the usual one.
  private func undecided(_ level: SearchLevel) -> [String] {
    guard level.candidates.count > 1, level.hasOthers, !level.hasTensors else { return [] }
    return level.candidates.map { $0.names.joined(separator: ".") }
  }

  /// The candidate under the most usual key.
  ///
  /// Below the root only where it is the only one: a part of a model may well be named `net`.
  private func usual(_ level: SearchLevel, isRoot: Bool) -> SearchLevel.Candidate? {
    guard isRoot || (!level.hasTensors && level.candidates.count == 1) else { return nil }
    let known = Set(Self.keys)
    let hasUnknown = level.candidates.contains { !known.contains($0.names[0]) }
    for key in Self.keys {
      if key == Self.firstWeakKey, isRoot, hasUnknown { return nil }
      if let found = level.candidates.first(where: { $0.names == [key] }) { return found }
    }
    return level.candidates.first { $0.names == ["state", "model"] }
  }
}

/// What a container holds, seen as a place where a state dict may be.
struct SearchLevel {
  /// A dictionary, list, module or object that holds tensors of a model.
  struct Candidate {
    var names: [String]
    var value: TorchValue
    /// The container that it stands in, if that is not the level's own.
    var between: TorchValue?
  }

  let root: TorchValue
  private(set) var candidates: [Candidate] = []
  /// Whether it holds tensors of a model itself.
  private(set) var hasTensors = false
  /// Whether it holds things that no state dict does: numbers, texts, an optimizer's state.
  private(set) var hasOthers = false
  private(set) var isEmpty = true
  /// What it holds, each with what it is.
  private(set) var descriptions: [String] = []

  private static let describedCount = 40

  /// Looks at what is in a container.
  ///
  /// Arrays of numpy count where `root` holds no tensor of torch.
  init(_ container: TorchValue, survey: ValueSurvey, root: TorchValue) throws(FormatError) {
    self.root = root
    let countsArrays = !survey.holdsTorchTensor(root)
    let isRandomState = Self.isRandomState(container)
    // One dictionary may stand under a hundred thousand keys.
    var partsOfTraining: [TorchValue: Bool] = [:]
    try root.document.reading.checkEffort()
    for child in ValueChildren(of: container, scope: .model) {
      isEmpty = false
      let value = try child.value.resolved()
      let kind = ValueKind(value)
      // Ten thousand tensors say no more than one.
      if hasTensors, kind == .tensor { continue }
      describe(child, value, kind, survey)
      let holds = countsArrays ? survey.holdsTensor(value) : survey.holdsTorchTensor(value)
      guard holds else {
        hasOthers = hasOthers || !(value.isNone || kind == .tensor)
        continue
      }
      let name = Self.shown(child.label)
      if isRandomState || Self.isAuxiliary(name)
        || (kind == .container && Self.isPartOfTraining(value, known: &partsOfTraining))
      {
        hasOthers = hasOthers || kind != .tensor
      } else if kind == .tensor {
        hasTensors = true
      } else {
        try add(name, value, survey)
      }
    }
  }

  private mutating func add(
    _ name: String, _ value: TorchValue, _ survey: ValueSurvey
  ) throws(FormatError) {
    // Mosaic: `state` holds `model` and much else.
    if name == "state", let model = value.value(forKey: "model") {
      let model = try model.resolved()
      if survey.holdsTorchTensor(model), ValueKind(model) == .container {
        candidates.append(Candidate(names: ["state", "model"], value: model, between: value))
        return
      }
    }
    candidates.append(Candidate(names: [name], value: value))
  }

  private mutating func describe(
    _ child: ValueChild, _ value: TorchValue, _ kind: ValueKind, _ survey: ValueSurvey
  ) {
    guard descriptions.count < Self.describedCount else { return }
    let tensors = kind == .container && survey.holdsTensor(value) ? " with tensors" : ""
    let name = Self.shown(child.label)
    descriptions.append("\(name) (\(ValueDescription.of(value))\(tensors))")
  }

  /// The label as far as it matters here: no key that means something is longer.
  private static func shown(_ label: ValueChild.Label) -> String {
    guard let text = label.text else { return "?" }
    guard text.utf8.count > shownLength else { return text }
    return String(decoding: text.utf8.prefix(shownLength), as: UTF8.self) + "…"
  }

  private static let shownLength = 120

  /// Whether its name is that of a part of training rather than of a model.
  private static func isAuxiliary(_ name: String) -> Bool {
    // By bytes: a dictionary may have a million keys, and String's own search makes tables for each.
    let bytes = name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return bytes.indices.contains { start in
      auxiliaryNameParts.contains { part in
        part[0] == bytes[start] && bytes[start...].starts(with: part)
      }
    }
  }

  /// Whether its keys are those of a part of training.
  private static func isPartOfTraining(
    _ value: TorchValue, known: inout [TorchValue: Bool]
  ) -> Bool {
    if let answer = known[value] { return answer }
    let answer =
      value.value(forKey: "param_groups") != nil && value.value(forKey: "state") != nil
      || isRandomState(value)
    known[value] = answer
    return answer
  }

  private static let auxiliaryNameParts = [
    "optim", "sched", "scaler", "rng", "random_state", "callback", "hyper_param", "hparams",
  ].map { Array($0.utf8) }

  /// The states of random number generators, as transformers' Trainer and accelerate save them.
  private static func isRandomState(_ value: TorchValue) -> Bool {
    [["python", "numpy", "cpu"], ["random_state", "numpy_random_seed", "torch_manual_seed"]]
      .contains { keys in keys.allSatisfy { value.value(forKey: $0) != nil } }
  }
}

extension TorchValue {
  /// The value of a key, if it is a dictionary that has it; the last one, as in Python.
  func value(forKey key: String) -> TorchValue? {
    pairs?.last { document.graph.text($0.key, upTo: key.utf8.count) == key }.map {
      sibling($0.value)
    }
  }
}
