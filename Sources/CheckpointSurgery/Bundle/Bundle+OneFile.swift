public import Checkpoints
internal import TensorStorage
public import TransformerGraph

extension Bundle {
  /// The bundle as one checkpoint: the state dict of `nn.ModuleDict({"en": …, "de": …})`.
  ///
  /// A `.pt` keeps one storage under several names; safetensors has one copy and a note for each other name,
  /// byte for byte as `save_model` of that module writes them.
  ///
  /// - Returns: The tensors, and the configuration with `"models"`, where all are models of x-transformers.
  /// - Throws: `bundle` where one file or one configuration cannot say what the models are.
  public func inOneFile() throws(SurgeryError) -> (
    checkpoint: Checkpoint, configuration: ModelConfiguration?
  ) {
    guard !sharedTensors.isEmpty else { throw .bundle(.nothingShared) }
    // In one module it is one parameter, which training changes or does not.
    guard !members.contains(where: \.isFrozen) else {
      throw .bundle(.unsupportedOption("--freeze for one of several models"))
    }
    var checkpoint = Checkpoint(source: CheckpointSource(format: "bundle"))
    for member in members {
      guard !member.name.contains(".") else { throw .bundle(.dottedName(member.name)) }
      let files = member.checkpoint.source.files
      for entry in member.checkpoint.entries {
        var name = entry.name.text
        if name.hasPrefix(member.prefix) { name.removeFirst(member.prefix.count) }
        let file = member.checkpoint.source.fileOfTensor[entry.name] ?? 0
        let full = TensorName("\(member.name).\(name)")
        checkpoint.source.fileOfTensor[full] = checkpoint.source.files.count + file
        // Names of one model are different, and so are the models'.
        _ = checkpoint.append(.init(name: full, tensor: entry.tensor, role: entry.role))
      }
      checkpoint.source.files += files
      checkpoint.source.indexes += member.checkpoint.source.indexes
    }
    var configuration = try configuration()
    configuration?.frozen = checkpoint.entries.compactMap { entry in
      entry.role == .parameter(requiresGrad: false) ? entry.name.text : nil
    }
    return (checkpoint, configuration)
  }

  /// The configuration of all models; nil if one has none.
  private func configuration() throws(SurgeryError) -> ModelConfiguration? {
    var models: [ModelConfiguration.NamedModel] = []
    var dialect: Dialect?
    for member in members {
      guard let own = member.configuration, case .single(let call) = own.content else { return nil }
      if let dialect, dialect != own.dialect {
        throw .bundle(.releases(dialect.description, own.dialect.description))
      }
      dialect = own.dialect
      models.append(.init(name: member.name, configuration: call))
    }
    guard let dialect else { return nil }
    var configuration = ModelConfiguration(models: models, dialect: dialect)
    try refer(&configuration)
    return configuration
  }

  /// Says where a wrapper's table is that of a model before it: `"token_emb": "en.token_emb"`.
  private func refer(_ configuration: inout ModelConfiguration) throws(SurgeryError) {
    var known: [(path: String, embedding: TokenEmbedding)] = []
    for member in members {
      guard let own = member.configuration else { continue }
      do {
        let graph = try ModelGraph(own, checkpoint: member.checkpoint, prefix: member.prefix)
        for place in graph.wrappers {
          let embedding = place.wrapper.tokenEmbedding
          let path = "\(member.name).\(place.keyPrefix)token_emb"
          let owner = known.first {
            $0.embedding.weight.tensor.isSameView(as: embedding.weight.tensor)
          }
          guard let owner, place.argumentPrefix.isEmpty else {
            known.append((path, embedding))
            continue
          }
          guard owner.embedding.normalizesRows == embedding.normalizesRows else {
            throw SurgeryError.bundle(.normalisation(owner.path, path))
          }
          let argument = [member.name] + place.argumentPath("token_emb")
          try configuration.set(.text(owner.path), at: argument)
        }
      } catch let error as GraphError {
        throw .graph(error, model: member.name)
      } catch let error as SurgeryError {
        throw error
      } catch { preconditionFailure("nothing else is thrown") }
    }
  }
}
