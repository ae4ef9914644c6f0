internal import TensorStorage

/// The tensors of a checkpoint as they are to be written: which of them, under which names, in which dtypes.
///
/// Everything here is decided from names, shapes and dtypes.
struct Conversion {
  /// One tensor on its way.
  struct Item {
    /// Where it stands in the list of planned tensors.
    var position: Int
    /// Its name in the source.
    var sourceName: TensorName
    /// Its name in the output.
    var name: TensorName
    /// As the source has it.
    var source: LazyTensor
    /// As it will be read: cast.
    var tensor: LazyTensor
    /// How torch will hold it.
    var role: TensorRole
    /// Which object it was in the program that wrote the source.
    var objectNumber: Int?
    /// Whether the source has it only as a note that it is the same as another tensor.
    var isNoted = false
    /// The tensor that it is a part of, if that is sparse or nested.
    var whole: SplitTensor?
  }

  /// A tensor that is left out.
  struct Omission {
    var position: Int
    var sourceName: TensorName
    var source: LazyTensor
    var reason: String
  }

  let checkpoint: Checkpoint
  let options: ConversionOptions
  let format: OutputFormat

  /// What is written, in the source's order.
  private(set) var items: [Item] = []
  /// What is left out.
  private(set) var omissions: [Omission] = []
  /// The metadata of the output, without what the writing adds.
  private(set) var metadata: [String: String]
  /// What was decided without being asked.
  var remarks: [String] = []

  /// Applies the options.
  init(
    of checkpoint: Checkpoint, options: ConversionOptions, format: OutputFormat
  ) throws(FormatError) {
    self.checkpoint = checkpoint
    self.options = options
    self.format = format
    metadata = checkpoint.metadata
    remarks = checkpoint.source.notes.filter {
      !NamePrefix.isHeeded($0, by: options.strippedPrefixes)
    }
    collect()
    try checkUnreadable()
    try refuseNothing()
    remarkOnIdleOptions()
    try rename()
    try cast()
    try check()
    metadata.merge(options.metadata) { $1 }
  }

  /// The file that a tensor comes from, for messages.
  func file(of name: TensorName) -> String {
    let files = checkpoint.source.files
    if let position = checkpoint.source.fileOfTensor[name], files.indices.contains(position) {
      return files[position]
    }
    return files.first ?? checkpoint.source.format
  }

  /// A fault of one tensor.
  func fault(_ fault: PlanFault, _ item: Item) -> FormatError {
    FormatError(file: file(of: item.sourceName), tensor: item.sourceName.text, .plan(fault))
  }
}

// MARK: - Which

extension Conversion {
  /// Takes the tensors that the patterns leave, and the names that the metadata notes as aliases.
  private mutating func collect() {
    let resolved = checkpoint.resolvingNotes()
    metadata = resolved.metadata
    items.reserveCapacity(resolved.entries.count)
    for entry in resolved.entries { add(entry) }
  }

  /// Refuses what cannot be read, unless it is left out.
  private func checkUnreadable() throws(FormatError) {
    for (name, error) in checkpoint.source.unreadable where reasonToOmit(name, partOf: nil) == nil {
      throw error
    }
  }

  private mutating func add(_ entry: Checkpoint.Entry) {
    let position = items.count + omissions.count
    let name = entry.name
    if let reason = reasonToOmit(name, partOf: entry.whole?.name) {
      omissions.append(
        Omission(position: position, sourceName: name, source: entry.tensor, reason: reason))
    } else {
      items.append(
        Item(
          position: position, sourceName: name, name: name, source: entry.tensor,
          tensor: entry.tensor, role: entry.role,
          objectNumber: entry.objectNumber, isNoted: entry.isNoted, whole: entry.whole))
    }
  }

  /// Patterns that leave no tensor say something else than was meant.
  private func refuseNothing() throws(FormatError) {
    guard items.isEmpty, !omissions.isEmpty else { return }
    let names = omissions.map(\.sourceName)
    let idle = options.includes.filter { !names.contains(where: $0.matches) }
    throw FormatError(file: file(of: ""), .plan(.nothingLeft(idle: idle.map(\.text))))
  }

  /// A pattern or prefix that no name has is likely a typing error.
  private mutating func remarkOnIdleOptions() {
    let wholes = checkpoint.entries.compactMap { $0.whole?.name }
    let names =
      items.map(\.sourceName) + omissions.map(\.sourceName) + wholes
      + checkpoint.source.unreadable.map(\.name)
    let patterns =
      options.includes.map { ("--include", $0) } + options.excludes.map { ("--exclude", $0) }
      + options.keptDTypes.map { ("--keep", $0.pattern) }
    for (flag, pattern) in patterns where !names.contains(where: pattern.matches) {
      remarks.append("\(flag) '\(escaped(pattern.text))' matches no tensor")
    }
    for prefix in options.strippedPrefixes
    where !names.contains(where: { $0.text.utf8.starts(with: prefix.utf8) }) {
      remarks.append("--strip-prefix '\(escaped(prefix))': no name begins so")
    }
  }

  /// Why a tensor is left out; a part of a sparse one goes where that goes.
  private func reasonToOmit(_ name: TensorName, partOf whole: TensorName?) -> String? {
    let names = [name, whole].compactMap(\.self)
    if let pattern = options.excludes.first(where: { names.contains(where: $0.matches) }) {
      return "excluded by \(pattern)"
    }
    if options.includes.isEmpty
      || options.includes.contains(where: { names.contains(where: $0.matches) })
    {
      return nil
    }
    return "not included"
  }
}

// MARK: - Under which names

extension Conversion {
  /// Strips the prefixes, substitutes, and refuses two tensors of one name.
  private mutating func rename() throws(FormatError) {
    var renamers: [RenameRule.Renamer] = []
    for rule in options.renames {
      do { renamers.append(try rule.renamer()) } catch {
        throw FormatError(
          file: file(of: ""), .plan(.invalidRename(rule: rule.text, reason: error.description)))
      }
    }
    if renamers.isEmpty, options.strippedPrefixes.isEmpty { return }
    var isIdle = renamers.map { _ in true }
    for position in items.indices {
      var name = items[position].name
      for prefix in options.strippedPrefixes { name = name.withoutPrefix(prefix) }
      for (rule, renamer) in renamers.enumerated() {
        let renamed = renamer.renamed(name)
        if renamed != name { isIdle[rule] = false }
        name = renamed
      }
      items[position].name = name
    }
    for (rule, isIdle) in zip(options.renames, isIdle) where isIdle {
      remarks.append("--rename '\(escaped(rule.text))' changes no name")
    }
    remarkOnLeadingDots()
    try checkNames()
  }

  /// `--strip-prefix module` where `module.` was meant.
  private mutating func remarkOnLeadingDots() {
    for prefix in options.strippedPrefixes
    where items.contains(where: {
      $0.name.text == "." + $0.sourceName.text.dropFirst(prefix.count + 1)
    }) {
      let name = escaped(prefix)
      remarks.append(
        "--strip-prefix '\(name)' leaves names that begin with a dot; --strip-prefix \(name). takes it too"
      )
    }
  }

  private func checkNames() throws(FormatError) {
    var owners: [TensorName: TensorName] = [:]
    for item in items {
      if item.name.text.isEmpty, !item.sourceName.text.isEmpty {
        throw FormatError(
          file: file(of: item.sourceName), .plan(.emptyName(of: item.sourceName.text)))
      }
      guard let first = owners.updateValue(item.sourceName, forKey: item.name) else { continue }
      throw FormatError(
        file: file(of: item.sourceName),
        .plan(
          .collision(first: first.text, second: item.sourceName.text, name: item.name.text)))
    }
  }
}

extension TensorName {
  /// The name without `prefix`, if it begins with it.
  fileprivate func withoutPrefix(_ prefix: String) -> TensorName {
    guard text.utf8.starts(with: prefix.utf8) else { return self }
    return TensorName(String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }
}

// MARK: - In which dtypes

extension Conversion {
  private mutating func cast() throws(FormatError) {
    var rules = CastRules(options: options, checkpoint: checkpoint)
    for position in items.indices {
      let item = items[position]
      let dtype = rules.dtype(for: item)
      guard dtype != item.tensor.dtype else { continue }
      guard let tensor = item.tensor.cast(to: dtype) else {
        throw fault(.noConversion(from: item.tensor.dtype, to: dtype), item)
      }
      items[position].tensor = tensor
    }
    remarks += rules.remarks
  }

  /// Refuses what the format cannot hold and what the source does not.
  private func check() throws(FormatError) {
    for item in items {
      if let whole = item.whole, !options.splitsSparse {
        throw FormatError(
          file: file(of: item.sourceName), tensor: whole.name.text,
          .plan(.notStrided(whole.layout.rawValue, format: format)))
      }
      guard item.source.storage.hasData || item.source.elementCount == 0 else {
        throw fault(.noData, item)
      }
    }
    let unheld = items.filter { !format.canHold($0.tensor) }
    guard let first = unheld.first else { return }
    let others = unheld.dropFirst().map(\.sourceName.text)
    throw fault(.unsupportedDType(first.tensor.dtype, format: format, others: others), first)
  }
}

extension OutputFormat {
  /// Whether it has that dtype.
  fileprivate func canHold(_ tensor: LazyTensor) -> Bool {
    switch self {
    case .safetensors: tensor.dtype.isSafetensors
    case .npz: tensor.dtype.numpyCode != nil
    // torch counts pairs of F4, along the last dimension.
    case .pt:
      tensor.dtype.torchName != nil
        && (!tensor.dtype.isSubByte || tensor.shape.last?.isMultiple(of: 2) ?? false)
    }
  }
}
