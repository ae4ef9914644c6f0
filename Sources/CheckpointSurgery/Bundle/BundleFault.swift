internal import TensorStorage

/// Why models cannot be bundled.
public enum BundleFault: Equatable, Sendable {
  /// No name of a model, or of a directory.
  case invalidName(String)
  /// Two models have the same name.
  case nameTwice(String)
  /// One file needs names without dots.
  case dottedName(String)
  /// The models have no tensor in common.
  case nothingShared
  /// One file says of one release what its weights mean.
  case releases(String, String)
  /// The wrappers read the shared table in two ways.
  case normalisation(String, String)
  /// A flag that a bundle has no use for.
  case unsupportedOption(String)
  /// A model has several tables, and none was named.
  case severalTables(model: String, names: [String])
  /// A model has no table that is known as one.
  case noTable(model: String)
  /// A model has no tensor of the given name.
  case unknownTensor(model: String, name: String, nearest: String?)
  /// Tables of different vocabularies.
  case vocabularies(String, [Int], String, [Int])
  /// Tables of different widths.
  case widths(String, [Int], String, [Int])
  /// Tables of one shape that differ.
  case different(TieMeasurement, String, String)
  /// The table of a model cannot have another width.
  case fixedWidth(model: String, option: String, reason: String)
  /// Tables were not factorised.
  case arithmetic(LinearAlgebraFault)
  /// The models are not of x-transformers, which the policy needs.
  case foreignModels(TiePolicy)
  /// The tensor is stored once for several models, and would be changed for one.
  case pooled(model: String, name: String, others: [String])
}

extension BundleFault {
  /// A name for programs.
  var code: String {
    switch self {
    case .invalidName, .nameTwice, .dottedName: "InvalidModelName"
    case .nothingShared: "NothingShared"
    case .releases: "ReleasesDiffer"
    case .normalisation: "NormalisationDiffers"
    case .unsupportedOption: "UnsupportedOption"
    case .severalTables: "SeveralTables"
    case .noTable: "NoTable"
    case .unknownTensor: "UnknownTensor"
    case .vocabularies: "VocabulariesDiffer"
    case .widths: "WidthsDiffer"
    case .different: "TablesDiffer"
    case .fixedWidth: "FixedWidth"
    case .arithmetic: "Arithmetic"
    case .foreignModels: "UnrepresentablePolicy"
    case .pooled: "PooledTensor"
    }
  }

  /// What kind of refusal it is.
  var kind: SurgeryError.Kind {
    switch self {
    case .invalidName, .nameTwice, .dottedName, .unsupportedOption, .severalTables, .unknownTensor:
      .usage
    case .vocabularies, .widths, .different, .pooled, .normalisation, .releases: .safety
    case .nothingShared, .noTable, .fixedWidth, .arithmetic, .foreignModels: .input
    }
  }

  /// What is wrong, what was needed, what to do.
  var sentence: String {
    switch self {
    case .invalidName(let name):
      "'\(escaped(name))' is no name for a model of a bundle: letters, digits, '-' and '_' are, 'shared' is "
        + "the pool's; give it one with NAME=PATH"
    case .nameTwice(let name):
      "two models would be named '\(escaped(name))'; give them names with NAME=PATH"
    case .dottedName(let name):
      "'\(escaped(name))' has a dot, which in the names of one file separates modules; give the model another "
        + "name with NAME=PATH, or write a directory"
    case .nothingShared: "the models have no tensor in common"
    case .releases(let first, let second):
      "the models are of x-transformers \(first) and \(second), and one file has one release; write a "
        + "directory, or bring them to one with 'ligature migrate'"
    case .normalisation(let first, let second):
      "'\(escaped(first))' and '\(escaped(second))' differ in l2norm_embed, which belongs to the shared "
        + "module; write a directory, where each model has a configuration of its own"
    case .unsupportedOption(let option):
      "\(option) has no place in this bundle; apply it to the models before, or to the output after"
    case .severalTables(let model, let names):
      "\(escaped(model)): has several token embeddings, \(Self.list(names)); --tensor says which is meant"
    case .noTable(let model):
      "\(escaped(model)): no tensor is known as its token embedding; --tensor names it"
    case .unknownTensor(let model, let name, let nearest):
      "\(escaped(model)): no tensor is named '\(escaped(name))'; "
        + (nearest.map { "did you mean '\(escaped($0))'?" }
          ?? "'ligature inspect --all' lists the names")
    case .vocabularies(let first, let firstShape, let second, let secondShape):
      "the tables have the shapes \(firstShape) (\(escaped(first))) and \(secondShape) (\(escaped(second))): "
        + "their vocabularies differ; bring them into one order and size first ('ligature resize', "
        + "'ligature transplant --tokens')"
    case .widths(let first, let firstShape, let second, let secondShape):
      "the tables have the shapes \(firstShape) (\(escaped(first))) and \(secondShape) (\(escaped(second))); "
        + "--policy joint makes one table of both and a projection for each model, of any --rank"
    case .different(let measurement, let first, let second):
      "the tables of \(escaped(first)) and \(escaped(second)) are not the same: \(measurement.sentence); "
        + "--policy joint loses nothing and gives each model a project_emb"
    case .fixedWidth(let model, let option, let reason):
      "\(escaped(model)): \(option): \(reason), so its table cannot be one of another width behind a projection"
    case .arithmetic(let fault): "the tables were not factorised: \(fault)"
    case .foreignModels(let policy):
      "--policy \(policy.rawValue) puts project_emb between table and layers, and only models of x-transformers have "
        + "a place for it; input, output, mean and weighted are possible"
    case .pooled(let model, let name, let others):
      "\(escaped(model)): '\(escaped(name))' is shared with \(Self.list(others)) and would be changed for one "
        + "model; --detach gives the output a table of its own"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.map { "'\(escaped($0))'" }.joined(separator: ", ")
  }
}
