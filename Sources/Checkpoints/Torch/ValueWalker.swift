internal import TensorStorage

/// Walks over the tensors in a value, and over what else is beside them, each with its dotted path.
///
/// Iterative: cycles end where they begin, and what a pickle shares is met under each of its names.
struct ValueWalker {
  /// What is met.
  enum Item {
    /// A tensor under its name.
    case tensor(String, RebuiltTensor)
    /// A value without tensors beside tensors.
    case other(String, TorchValue)
  }

  private struct Frame {
    var value: TorchValue
    var children: ValueChildren.Iterator
    /// The path of what is in it: empty, or ending in a dot.
    var prefix: String
  }

  private let survey: ValueSurvey
  private let scope: ValueScope
  private let rebuilder = TensorRebuilder()
  private var frames: [Frame] = []
  /// The containers that are being walked: entering one again would never end.
  private var path: Set<TorchValue> = []
  private var visitedCount = 0
  /// The length of all prefixes that were put together.
  private var prefixByteCount = 0
  private var otherCount = 0

  /// Walks over what is in `container`.
  init(_ container: TorchValue, prefix: String = "", scope: ValueScope, survey: ValueSurvey)
    throws(FormatError)
  {
    self.survey = survey
    self.scope = scope
    try enter(container, prefix: prefix)
  }

  /// What is met next; nil at the end.
  mutating func next() throws(FormatError) -> Item? {
    while !frames.isEmpty {
      guard let child = frames[frames.count - 1].children.next() else {
        if let frame = frames.popLast() { path.remove(frame.value) }
        continue
      }
      if let item = try visit(child) { return item }
    }
    return nil
  }

  private mutating func visit(_ child: ValueChild) throws(FormatError) -> Item? {
    let value = try child.value.resolved()
    guard survey.holdsTensor(value) else {
      otherCount += 1
      return .other(shownName(of: child), value)
    }
    guard ValueKind(value) == .tensor else {
      if !path.contains(value) { try enter(value, prefix: name(of: child) + ".") }
      return nil
    }
    let name = try name(of: child)
    var tensor = try self.tensor(value, name)
    tensor.object = value
    if tensor.kind == .shell || scope == .everything {
      try enter(attributes: tensor.attributes, of: value, prefix: name + ".")
    }
    return .tensor(name, tensor)
  }

  /// The tensor, its errors under its name.
  private func tensor(_ value: TorchValue, _ name: String) throws(FormatError) -> RebuiltTensor {
    do {
      return try rebuilder.tensor(value)
    } catch {
      var error = error
      error.tensor = error.tensor ?? name
      throw error
    }
  }

  private mutating func enter(
    _ container: TorchValue, prefix: String
  ) throws(FormatError) {
    try push(ValueChildren(of: container, scope: scope), of: container, prefix: prefix)
  }

  /// Attributes of a tensor count only where they hold tensors themselves; the rest is Python's.
  private mutating func enter(
    attributes: [TorchValue], of value: TorchValue, prefix: String
  ) throws(FormatError) {
    let groups = attributes.flatMap { ValueChildren(attributes: $0).groups }
    guard !groups.isEmpty, !path.contains(value) else { return }
    try push(ValueChildren(groups: groups), of: value, prefix: prefix)
  }

  private mutating func push(
    _ children: ValueChildren, of value: TorchValue, prefix: String
  ) throws(FormatError) {
    let reading = value.document.reading
    visitedCount += children.count
    guard visitedCount <= TorchLimits.visitedValueCount else {
      throw reading.error(.tooManyValues(limit: TorchLimits.visitedValueCount))
    }
    guard frames.count < TorchLimits.containerDepth else {
      throw reading.error(.tooDeep(limit: TorchLimits.containerDepth))
    }
    prefixByteCount += prefix.utf8.count
    guard prefixByteCount <= TorchLimits.nameByteCount else {
      throw reading.error(.longNames(limit: TorchLimits.nameByteCount))
    }
    try reading.checkEffort()
    path.insert(value)
    frames.append(Frame(value: value, children: children.makeIterator(), prefix: prefix))
  }

  private func name(of child: ValueChild) throws(FormatError) -> String {
    let prefix = frames[frames.count - 1].prefix
    let reading = child.value.document.reading
    guard let label = child.label.text else {
      throw reading.error(.malformedName(after: prefix))
    }
    guard label.utf8.count <= TorchLimits.nameLength - prefix.utf8.count else {
      throw reading.error(
        .longName(byteCount: prefix.utf8.count + label.utf8.count, limit: TorchLimits.nameLength))
    }
    return prefix + label
  }

  /// The path of a value that is only described: cut where it is too long, and shown where it is no text;
  /// empty once there were more than will be described.
  private func shownName(of child: ValueChild) -> String {
    guard otherCount <= TorchLimits.describedValueCount else { return "" }
    let prefix = frames[frames.count - 1].prefix
    return prefix + (child.label.text.map { String($0.prefix(200)) } ?? "(a key that is not UTF-8)")
  }
}

extension ValueChild.Label {
  /// The label as it stands in a path; nil if it is text that is not UTF-8.
  var text: String? {
    switch self {
    case .key(let key): PythonText.name(ofKey: key)
    case .position(let position): String(position)
    case .name(let name): name
    }
  }
}
