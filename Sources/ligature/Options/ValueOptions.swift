internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage

/// Which values of a tensor are meant, and as what.
struct ValueOptions: ParsableArguments {
  // The last row is `--slice -1`, which else would be taken for a flag.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The part, as Python writes it: '0:4,:8'.", valueName: "slice"))
  var slice: String?

  @Option(
    help: ArgumentHelp("Convert the values first: f32, f16, bf16 or f64.", valueName: "dtype"),
    completion: .list(ArgumentWords.floatingDTypes),
    transform: ArgumentWords.floatingDType)
  var dtype: DType?

  @Option(
    name: .customLong("npy"), help: ArgumentHelp("Save the values as .npy.", valueName: "file"),
    completion: .file())
  var npyPath: String?

  @Flag(help: "Replace the .npy file if it exists.")
  var force = false

  /// The values that are meant.
  func excerpt(of name: TensorName, in checkpoint: Checkpoint) throws -> TensorExcerpt {
    let tensor = try tensor(name, in: checkpoint)
    do {
      return try TensorExcerpt(of: tensor, slice: slice.map(TensorSlice.init) ?? .all)
    } catch {
      throw UsageError.slice(error, file: checkpoint.file(of: name), tensor: name.text)
    }
  }

  mutating func validate() throws { try npyPath.map(ArgumentWords.checkOutput) }

  private func tensor(_ name: TensorName, in checkpoint: Checkpoint) throws -> LazyTensor {
    guard let tensor = checkpoint[name] else { throw checkpoint.unknownTensor(name.text) }
    guard let dtype else { return tensor }
    guard let cast = tensor.cast(to: dtype) else {
      throw UsageError.conflict(
        "--dtype \(dtype.name.lowercased()) converts floating-point values, and '\(escaped(name.text))' is "
          + tensor.dtype.name)
    }
    return cast
  }
}

extension Checkpoint {
  /// The name of a tensor that a user wrote, as it is or as listings escape it; that of the only one if none
  /// was written.
  func name(_ text: String?) throws -> TensorName {
    guard let text else { return try onlyName() }
    let name = TensorName(text)
    if position(of: name) != nil { return name }
    if let entry = entries.first(where: { escaped($0.name.text) == text }) { return entry.name }
    throw unknownTensor(text)
  }

  private func onlyName() throws -> TensorName {
    if entries.count == 1 { return entries[0].name }
    let count = Numerals.count(entries.count, "tensor")
    throw UsageError.conflict(
      "\(escaped(source.files.first ?? "")): give the name of one of its \(count); "
        + "'ligature inspect --all' lists them")
  }

  /// What is told where no tensor has that name.
  func unknownTensor(_ text: String) -> UsageError {
    let nearest = NearestName.of(text, among: entries.lazy.map(\.name.text))
    return .unknownTensor(text, file: source.files.first ?? "", nearest: nearest)
  }
}
