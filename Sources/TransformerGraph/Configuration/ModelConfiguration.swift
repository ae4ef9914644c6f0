/// What a checkpoint does not say: the constructor calls that its model was made by, and their release.
///
/// The file mirrors the Python constructors: an object has a `"class"` and the keyword arguments under
/// the library's own names; a nested module is a nested object; where a TokenEmbedding is expected, a string is
/// the path of one that stands elsewhere (that is how it is shared).
public struct ModelConfiguration: Hashable, Sendable {
  /// One named model of several.
  public struct NamedModel: Hashable, Sendable {
    /// Its name: the prefix of its keys, before a dot.
    public var name: String
    /// Its constructor call.
    public var configuration: ModuleConfiguration

    /// A named model.
    public init(name: String, configuration: ModuleConfiguration) {
      self.name = name
      self.configuration = configuration
    }
  }

  /// One model, or several under names.
  public enum Content: Hashable, Sendable {
    case single(ModuleConfiguration)
    case several([NamedModel])
  }

  /// The release whose meaning the weights have.
  public var dialect: Dialect
  /// The constructor calls.
  public var content: Content
  /// Paths of parameters that training does not change.
  public var frozen: [String] = []

  /// A configuration of one model.
  public init(_ configuration: ModuleConfiguration, dialect: Dialect = .newest) {
    self.dialect = dialect
    content = .single(configuration)
  }

  /// A configuration of several models, which may share embeddings.
  public init(models: [NamedModel], dialect: Dialect = .newest) {
    self.dialect = dialect
    content = .several(models)
  }

  /// The models with their names; a single one has the name "".
  public var models: [NamedModel] {
    switch content {
    case .single(let configuration): [NamedModel(name: "", configuration: configuration)]
    case .several(let models): models
    }
  }
}
