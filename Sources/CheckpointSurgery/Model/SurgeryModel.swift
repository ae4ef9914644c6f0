public import Checkpoints
internal import TensorStorage
public import TransformerGraph

/// A model under surgery: its tensors, and the configuration that says what they mean.
///
/// A value. Operations make changed copies of it; nothing on the disk changes before a plan is executed.
public struct SurgeryModel: Sendable {
  /// Its name among several; "" for one by itself.
  public var name: String
  /// Its tensors.
  public var checkpoint: Checkpoint
  /// The constructor calls that it was made by.
  public var configuration: ModelConfiguration
  /// What stands before the configuration's paths in the checkpoint's names.
  public var prefix: String
  /// Where it was read from, for messages and for what must not be overwritten.
  public var paths: Paths
  /// What names and shapes leave open of the configuration, where it was inferred.
  public var questions: [InferredConfiguration.Question]

  /// The files of a model.
  public struct Paths: Hashable, Sendable {
    /// The checkpoint, as the user named it.
    public var checkpoint: String
    /// The configuration; nil if it was inferred.
    public var configuration: String?

    /// The files of a model.
    public init(checkpoint: String, configuration: String? = nil) {
      self.checkpoint = checkpoint
      self.configuration = configuration
    }
  }

  /// The model of a checkpoint whose configuration was found or inferred.
  public init(_ configured: ConfiguredCheckpoint, path: String, name: String = "") {
    self.name = name
    checkpoint = configured.checkpoint
    configuration = configured.configuration
    prefix = configured.prefix
    paths = Paths(checkpoint: path)
    if case .file(let file) = configured.origin { paths.configuration = file }
    questions = configured.questions
  }
}

extension SurgeryModel {
  /// The graph of its modules, bound to its tensors.
  ///
  /// - Throws: `graph` where the configuration is impossible; `incomplete` where a slot has no tensor that
  ///   fits.
  public func graph() throws(SurgeryError) -> ModelGraph {
    let graph: ModelGraph
    do {
      graph = try ModelGraph(configuration, checkpoint: checkpoint, prefix: prefix)
    } catch { throw .graph(error, model: paths.checkpoint) }
    for slot in graph.slots {
      switch slot.state {
      case .bound, .implied: continue
      case .missing:
        throw .incomplete(model: paths.checkpoint, path: slot.path, reason: .missing)
      case .mismatched(let found):
        throw .incomplete(
          model: paths.checkpoint, path: slot.path,
          reason: .mismatched(expected: slot.shape, found: found))
      }
    }
    return graph
  }

  /// The tensor's name of a path of the graph.
  func tensorName(_ path: String) -> TensorName { TensorName(prefix + path) }

  /// The entry of a path of the graph; nil if the file has none of that name.
  func entry(at path: String) -> Checkpoint.Entry? {
    checkpoint.position(of: tensorName(path)).map { checkpoint.entries[$0] }
  }

  /// Refuses where the meaning of an argument is not known, only assumed.
  ///
  /// The last part of the question's path is the argument's name.
  func requireDecided(_ argument: String) throws(SurgeryError) {
    let open = questions.first { question in
      question.argument.split(separator: ".").last.map(String.init) == argument
    }
    guard let open else { return }
    throw .undecided(model: paths.checkpoint, argument: open.argument, values: open.values)
  }

  /// Parameters, each stored element once, buffers apart.
  public var parameterCount: Int {
    get throws(SurgeryError) { try report.foundCount }
  }

  /// The part of them that training changes.
  public var trainableCount: Int {
    get throws(SurgeryError) { try report.trainableCount }
  }

  private var report: BindingReport {
    get throws(SurgeryError) {
      do {
        return try ModelGraph(configuration, checkpoint: checkpoint, prefix: prefix)
          .report(on: checkpoint)
      } catch { throw .graph(error, model: paths.checkpoint) }
    }
  }
}
