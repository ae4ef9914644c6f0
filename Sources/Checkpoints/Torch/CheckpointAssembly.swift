internal import TensorStorage

/// Puts tensors into a checkpoint: names them, counts what they ask for, and remarks on the unusual ones.
struct CheckpointAssembly {
  private(set) var checkpoint: Checkpoint
  private let reading: TorchReading
  private var nameByteCount = 0
  /// Bytes of all tensors; shared ones count each time.
  private var byteCount = 0
  /// Bytes that are decompressed to read each tensor, from the beginning of its storage on.
  private var inflatedByteCount = 0
  /// The first tensor of each unusual kind, and how many there are.
  private var kinds: [RebuiltTensor.Kind: (first: String, count: Int)] = [:]
  private var classes: [String: (first: String, count: Int)] = [:]
  /// The parameters of lazy modules that have no shape yet.
  private var uninitialised: (first: String, count: Int) = ("", 0)
  private var otherCount = 0
  /// The objects that are tensors, numbered as they are met.
  private var objectNumbers: [TorchValue: Int] = [:]

  init(source: CheckpointSource, reading: TorchReading) {
    checkpoint = Checkpoint(source: source)
    self.reading = reading
  }

  /// Everything in `container`.
  mutating func add(
    contentOf container: TorchValue, prefix: String = "", scope: ValueScope, survey: ValueSurvey
  ) throws(FormatError) {
    var walker = try ValueWalker(container, prefix: prefix, scope: scope, survey: survey)
    while let item = try walker.next() {
      switch item {
      case .tensor(let name, let tensor): try add(tensor, named: name)
      case .other(let path, let value): addOther(path, value)
      }
    }
  }

  /// A tensor, and what stands for it beside it.
  mutating func add(_ rebuilt: RebuiltTensor, named name: String) throws(FormatError) {
    if rebuilt.kind != .plain { Self.count(name, under: rebuilt.kind, in: &kinds) }
    if let className = rebuilt.className { Self.count(name, under: className, in: &classes) }
    for part in rebuilt.parts {
      var entry = Checkpoint.Entry(name: TensorName(name + part.suffix), tensor: part.tensor)
      entry.whole = rebuilt.kind.splitLayout.map { SplitTensor(name: TensorName(name), layout: $0) }
      if part.suffix.isEmpty {
        entry.role = rebuilt.role
        entry.objectNumber = rebuilt.object.map { number(of: $0) }
      }
      try add(entry)
    }
  }

  private mutating func number(of object: TorchValue) -> Int {
    let next = objectNumbers.count
    let number = objectNumbers[object] ?? next
    if number == next { objectNumbers[object] = next }
    return number
  }

  private mutating func add(_ entry: Checkpoint.Entry) throws(FormatError) {
    let name = entry.name.text
    nameByteCount += name.utf8.count
    guard nameByteCount <= TorchLimits.nameByteCount else {
      throw reading.error(.longNames(limit: TorchLimits.nameByteCount))
    }
    guard checkpoint.entries.count < TorchLimits.tensorCount else {
      throw reading.error(.tooManyTensors(limit: TorchLimits.tensorCount))
    }
    try checkExpansion(of: entry.tensor, named: name)
    guard checkpoint.append(entry) else {
      var error = reading.error(.nameCollision(name))
      error.tensor = name
      throw error
    }
  }

  private mutating func checkExpansion(
    of tensor: LazyTensor, named name: String
  ) throws(FormatError) {
    guard tensor.storage.hasData else { return }
    let (sum, overflow) = byteCount.addingReportingOverflow(tensor.byteCount)
    byteCount = sum
    let (allowed, isLarge) = reading.fileByteCount.multipliedReportingOverflow(
      by: TorchLimits.expansion)
    let limit = isLarge ? .max : max(allowed, TorchLimits.freeExpansionByteCount)
    if !tensor.storage.source.isRandomAccess {
      inflatedByteCount.addClamped(tensor.storageRange.upperBound)
    }
    if inflatedByteCount - reading.storedByteCount > max(limit, TorchLimits.freeInflationByteCount)
    {
      throw reading.error(.inflation(byteCount: inflatedByteCount))
    }
    guard overflow || sum - reading.storedByteCount > limit else { return }
    var error = reading.error(
      .expansion(byteCount: overflow ? .max : sum, fileByteCount: reading.fileByteCount))
    error.tensor = name
    throw error
  }

  /// A value beside the tensors.
  mutating func addOther(_ path: String, _ value: TorchValue) {
    if let name = value.className, Self.uninitialisedClasses.contains(name) {
      if uninitialised.count == 0 { uninitialised.first = path }
      uninitialised.count += 1
    }
    otherCount += 1
    guard otherCount <= TorchLimits.describedValueCount else { return }
    checkpoint.source.otherValues.append("\(path): \(ValueDescription.of(value))")
  }

  private static let uninitialisedClasses: Set<String> = [
    "torch.nn.parameter.UninitializedParameter", "torch.nn.parameter.UninitializedBuffer",
  ]

  mutating func addNote(_ note: String) { checkpoint.source.notes.append(note) }

  private static func count<Key: Hashable>(
    _ name: String, under key: Key, in table: inout [Key: (first: String, count: Int)]
  ) {
    table[key, default: (name, 0)].count += 1
  }

  /// The checkpoint, with remarks on what it holds.
  mutating func finish() -> Checkpoint {
    if otherCount > TorchLimits.describedValueCount {
      let rest = otherCount - TorchLimits.describedValueCount
      checkpoint.source.otherValues.append("… and \(rest) more values")
    }
    for (kind, found) in kinds.sorted(by: { $0.value.first < $1.value.first }) {
      guard let remark = kind.remark else { continue }
      addNote("\(Self.subject(found.first, found.count)) \(remark)")
    }
    for (name, found) in classes.sorted(by: { $0.key < $1.key }) {
      addNote(
        "\(Self.subject(found.first, found.count)) of the class \(escaped(name)); the elements are "
          + "read, the class is not")
    }
    if uninitialised.count > 0 {
      addNote(
        "\(Self.subject(uninitialised.first, uninitialised.count)) of a lazy module that has not run yet: without "
          + "shape and values, and left out")
    }
    if let note = NamePrefix.note(on: checkpoint.entries.lazy.map(\.name.text)) { addNote(note) }
    checkpoint.source.globals = reading.globals.sorted()
    checkpoint.source.pickleProtocols = reading.pickleProtocols.sorted()
    return checkpoint
  }

  private static func subject(_ name: String, _ count: Int) -> String {
    count == 1 ? "'\(escaped(name))' is" : "'\(escaped(name))' and \(count - 1) more are"
  }
}

extension RebuiltTensor.Kind {
  /// The layout of a tensor that only its parts stand for.
  fileprivate var splitLayout: SplitTensor.Layout? {
    switch self {
    case .sparse: .sparse
    case .nested: .nested
    default: nil
    }
  }

  /// What a user should know of a tensor of this kind, after "is"; nil if nothing.
  fileprivate var remark: String? {
    switch self {
    case .plain, .array: nil
    case .quantised:
      "quantised: the integers have its name, what scales them is beside it (.scale, .zero_point; "
        + "per channel .scales, .zero_points, .axis)"
    case .sparse:
      "sparse: read as its indices, values and size, each a tensor below its name; --split-sparse "
        + "converts them"
    case .nested:
      "nested: read as its values, sizes, strides and offsets, each a tensor below its name; "
        + "--split-sparse converts them"
    case .shell: "a shell around other tensors: those are read, each below its name"
    case .meta: "on the meta device: the file holds a shape and no data"
    case .converted: "converted to the dtype it had on its device"
    }
  }
}

/// The prefixes that wrappers put in front of all names.
enum NamePrefix {
  private static let known = [
    "module.", "_orig_mod.", "_forward_module.", "_fsdp_wrapped_module.", "model.diffusion_model.",
    "model.", "student.",
  ]

  /// A remark on the prefix that all names have; nil if there is none.
  static func note(on names: some Collection<String>) -> String? {
    guard names.count > 1 else { return nil }
    var prefix = ""
    while let next = known.first(where: { candidate in
      let longer = prefix + candidate
      return names.allSatisfy {
        $0.utf8.count > longer.utf8.count && $0.utf8.starts(with: longer.utf8)
      }
    }) {
      prefix += next
    }
    return prefix.isEmpty ? nil : "every name begins with '\(prefix)'; \(advice(prefix))"
  }

  /// Whether a remark was heeded by taking one of those prefixes away.
  static func isHeeded(_ note: String, by prefixes: [String]) -> Bool {
    prefixes.contains { note.hasSuffix(advice($0)) }
  }

  private static func advice(_ prefix: String) -> String {
    "--strip-prefix \(prefix) takes it away"
  }
}
