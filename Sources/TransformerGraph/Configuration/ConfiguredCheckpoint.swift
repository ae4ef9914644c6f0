public import Checkpoints
internal import TensorStorage

/// A checkpoint with the configuration of its model: given, found beside it, or inferred.
public struct ConfiguredCheckpoint: Sendable {
  /// Where the configuration came from.
  public enum Origin: Hashable, Sendable {
    /// A file, by its path.
    case file(String)
    /// The names and shapes.
    case inferred
  }

  /// The tensors; names that the metadata notes as aliases are among them.
  public let checkpoint: Checkpoint
  /// What the model was made by.
  public let configuration: ModelConfiguration
  /// Where that came from.
  public let origin: Origin
  /// What stands before the model's paths in the checkpoint's names.
  public let prefix: String
  /// What names and shapes leave open, where the configuration was inferred and no value was given.
  public let questions: [InferredConfiguration.Question]
  /// Arguments of few models that leave no trace, taken at their defaults by inference.
  public let untraced: [String]
  /// What inference concluded from hints.
  public let hints: [String]

  /// Where the checkpoint was read from.
  private let path: String

  /// Finds the configuration of a checkpoint that was read from `path`.
  ///
  /// - Parameters:
  ///   - source: The tensors, as they were read.
  ///   - path: Where they were read from: `NAME.ligature.json` beside it, or `ligature.json` in it, is used.
  ///   - configurationPath: A configuration file to use in place of those.
  ///   - assignments: Values that are set afterwards, as `attn_layers.heads=8`.
  /// - Throws: `GraphError` where the configuration is malformed, or the checkpoint is no such model.
  public init(
    _ source: Checkpoint, path: String, configurationPath: String? = nil,
    assignments: [String] = []
  ) throws(GraphError) {
    self.path = path
    let checkpoint = source.resolvingNotes()
    let found = configurationPath ?? Self.besides(path)
    if let found {
      var configuration = try ModelConfiguration(contentsOf: found)
      for assignment in assignments { try configuration.set(assignment) }
      prefix = try configuration.prefix(in: checkpoint)
      self.configuration = configuration
      self.checkpoint = checkpoint.freezing(configuration.frozen, prefix: prefix)
      origin = .file(found)
      questions = []
      untraced = []
      hints = configuration.dialect.hints
      return
    }
    self.checkpoint = checkpoint
    let answers = try ModelConfiguration.answers(assignments)
    guard let inferred = InferredConfiguration(checkpoint, answers: answers) else {
      throw .impossible(
        path: path,
        reason: "no names of x-transformers modules are in this checkpoint; --config names its "
          + "configuration file")
    }
    if let contradiction = inferred.contradictions.first {
      throw .impossible(path: path, reason: contradiction)
    }
    var configuration = inferred.configuration
    for assignment in assignments { try configuration.set(assignment) }
    self.configuration = configuration
    origin = .inferred
    prefix = inferred.prefix
    questions = inferred.questions
    untraced = inferred.untraced
    hints = inferred.hints + configuration.dialect.hints
  }

  /// The graph of the model, bound to the checkpoint.
  public func graph() throws(GraphError) -> ModelGraph {
    do { return try ModelGraph(configuration, checkpoint: checkpoint, prefix: prefix) } catch {
      // Nobody wrote this configuration, so that the file it was inferred from is told.
      guard origin == .inferred, case .impossible(let place, let reason) = error else {
        throw error
      }
      throw .impossible(
        path: path,
        reason: "what names and shapes say is no model of x-transformers: "
          + (place.isEmpty ? "" : "\(place): ") + "\(reason); --config names its configuration "
          + "file, --set gives one value")
    }
  }

  /// The configuration file beside the checkpoint at `path`, to be carried along as it is; nil if there is
  /// none that can be read.
  public static func configurationFile(besides path: String) -> CompanionFile? {
    guard let found = besides(path), let file = try? RandomAccessFile(path: found),
      file.byteCount <= ModelConfiguration.largestByteCount,
      let bytes = try? file.bytes(at: 0, count: file.byteCount)
    else { return nil }
    return CompanionFile(name: "ligature.json", bytes: bytes, sourcePath: found)
  }

  /// The configuration file beside a checkpoint, if there is one.
  private static func besides(_ path: String) -> String? {
    let candidates: [String]
    if let dot = path.lastIndex(of: "."), !path[dot...].contains("/") {
      candidates = [path[..<dot] + ".ligature.json", "\(path)/ligature.json"]
    } else {
      let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
      candidates = ["\(folder).ligature.json", "\(folder)/ligature.json"]
    }
    return candidates.first { (try? RandomAccessFile(path: $0)) != nil }
  }
}

extension Checkpoint {
  /// The same with the parameters frozen that the configuration beside `path` lists, if there is one.
  public func freezing(besides path: String) -> Checkpoint {
    guard let file = ConfiguredCheckpoint.configurationFile(besides: path),
      let configuration = try? ModelConfiguration(json: file.bytes, file: path),
      !configuration.frozen.isEmpty, let prefix = try? configuration.prefix(in: self)
    else { return self }
    return freezing(configuration.frozen, prefix: prefix)
  }

  /// The same with the parameters at these paths frozen; a path without a tensor is passed over.
  fileprivate func freezing(_ paths: [String], prefix: String) -> Checkpoint {
    var result = self
    for path in paths {
      guard let position = position(of: TensorName(prefix + path)) else { continue }
      result.setRole(.parameter(requiresGrad: false), at: position)
    }
    return result
  }
}
