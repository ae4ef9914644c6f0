internal import TensorStorage

/// Makes a checkpoint of the value that a pickle holds: finds the state dict, or takes what was asked for.
struct TorchCheckpoint {
  let document: TorchDocument
  /// The format's identifier.
  let format: String
  let file: RandomAccessFile
  let options: ReadOptions
  /// Remarks of the container.
  var notes: [String] = []
  /// Whether the root is the model: its parts may have any names.
  var isModel = false
  /// Another pickle whose tensors belong to the checkpoint, and the name that stands before theirs.
  var constants: (name: String, document: TorchDocument)?

  func read() throws(FormatError) -> Checkpoint {
    let root = try document.root.resolved()
    let survey = try ValueSurvey(root)
    let choice = try choice(in: root, survey)
    guard choice.undecided.isEmpty || options.takesAllIfUndecided else {
      throw document.reading.error(.severalModels(choice.undecided))
    }
    var assembly = CheckpointAssembly(source: source(of: choice), reading: document.reading)
    for note in notes { assembly.addNote(note) }
    if !choice.undecided.isEmpty {
      assembly.addNote(TorchFault.severalModels(choice.undecided).sentence)
    }
    try add(choice, survey, to: &assembly)
    try addConstants(to: &assembly)
    try addSiblings(of: choice, survey, to: &assembly)
    return assembly.finish()
  }

  private var takesEverything: Bool { options.selection == "." }

  /// Which values count in what was chosen.
  private func scope(of choice: StateDictSearch.Choice) -> ValueScope {
    takesEverything || !choice.undecided.isEmpty ? .everything : .model
  }

  private func choice(
    in root: TorchValue, _ survey: ValueSurvey
  ) throws(FormatError) -> StateDictSearch.Choice {
    switch options.selection {
    case nil where !isModel:
      return try StateDictSearch(survey: survey, reading: document.reading).choice(in: root)
    case nil, ".", "": return StateDictSearch.Choice(value: root)
    case .some(let path):
      return try SelectionPath(text: path, survey: survey, reading: document.reading)
        .choice(in: root)
    }
  }

  private func source(of choice: StateDictSearch.Choice) -> CheckpointSource {
    var source = CheckpointSource(format: format, files: [file.path])
    source.selection = choice.path.isEmpty ? nil : choice.path.joined(separator: ".")
    source.dictionary = SourceDictionary.kind(of: choice.value)
    return source
  }

  private func add(
    _ choice: StateDictSearch.Choice, _ survey: ValueSurvey, to assembly: inout CheckpointAssembly
  ) throws(FormatError) {
    switch ValueKind(choice.value) {
    case .tensor: try add(lone: choice.value, survey, to: &assembly)
    case .container:
      if ModulePickle(choice.value) != nil {
        assembly.addNote(
          "the file holds a whole module of class \(choice.value.className ?? "unknown"); its "
            + "parameters and persistent buffers are read, its code is not in the file")
      }
      try assembly.add(contentOf: choice.value, scope: scope(of: choice), survey: survey)
    case .leaf:
      throw document.reading.error(
        .noModel(holds: [ValueDescription.of(choice.value)], hasTensors: false))
    }
    // A dictionary without items is the state dict of a model without parameters; nothing else is one.
    let isStateDict = choice.value.pairs?.isEmpty == true
    guard assembly.checkpoint.entries.isEmpty, !isStateDict, constants == nil else { return }
    throw document.reading.error(
      .noModel(
        holds: [ValueDescription.of(choice.value)], hasTensors: survey.holdsTensor(choice.value)))
  }

  /// A tensor without a dictionary around it takes the name of the file.
  private func add(
    lone value: TorchValue, _ survey: ValueSurvey, to assembly: inout CheckpointAssembly
  ) throws(FormatError) {
    let name = fileStem
    let tensor = try TensorRebuilder().tensor(value)
    try assembly.add(tensor, named: name)
    guard tensor.kind == .shell || takesEverything else { return }
    for attributes in tensor.attributes {
      let attributes = try attributes.resolved()
      guard survey.holdsTensor(attributes), ValueKind(attributes) == .container else { continue }
      try assembly.add(
        contentOf: attributes, prefix: name + ".", scope: .everything, survey: survey)
    }
  }

  /// The file's name without its folder and its last suffix.
  private var fileStem: String {
    let name = file.path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return String(name) }
    return String(name[..<dot])
  }

  private func addConstants(to assembly: inout CheckpointAssembly) throws(FormatError) {
    guard let constants, options.selection == nil || takesEverything else { return }
    let root = try constants.document.root.resolved()
    let survey = try ValueSurvey(root)
    guard survey.holdsTensor(root), ValueKind(root) == .container else { return }
    try assembly.add(
      contentOf: root, prefix: constants.name + ".", scope: .everything, survey: survey)
  }

  /// What the file holds beside what was taken.
  private func addSiblings(
    of choice: StateDictSearch.Choice, _ survey: ValueSurvey,
    to assembly: inout CheckpointAssembly
  ) throws(FormatError) {
    var prefix = ""
    var others: [String] = []
    for (step, name) in zip(choice.passed, choice.path) {
      for child in ValueChildren(of: step.container, scope: .model) {
        let value = try child.value.resolved()
        guard value != step.taken else { continue }
        let path = prefix + (child.label.text.map { String($0.prefix(200)) } ?? "?")
        if survey.holdsTensor(value) { others.append(path) }
        assembly.addOther(path, value)
      }
      prefix += name + "."
    }
    guard let taken = assembly.checkpoint.source.selection, options.selection == nil else { return }
    assembly.addNote(Self.note(taken: taken, others: others))
  }

  private static func note(taken: String, others: [String]) -> String {
    let what = "the tensors are those of '\(escaped(taken))'"
    guard !others.isEmpty else { return what }
    let listed = others.prefix(10).map { "'\(escaped($0))'" }.joined(separator: ", ")
    let rest = others.count > 10 ? " and \(others.count - 10) more" : ""
    return what + "; the file also has tensors in \(listed)\(rest): --select PATH takes those, "
      + "--select . takes all"
  }
}
