public import Checkpoints
internal import TensorStorage

/// What is wrong with a configuration, or with a checkpoint as the model that it describes.
public enum GraphError: Error, Equatable, Sendable {
  /// The class is not one of x-transformers that is known here.
  case unknownClass(path: String, name: String, nearest: String?)
  /// The constructor has no such argument.
  case unknownArgument(path: String, className: String, name: String, nearest: String?)
  /// The constructor needs an argument that is not given.
  case missingArgument(path: String, className: String, name: String, hint: String?)
  /// The argument's value is of the wrong kind.
  case wrongKind(path: String, name: String, expected: String, found: String)
  /// Arguments that x-transformers refuses, or that would fail in its forward pass.
  case impossible(path: String, reason: String)
  /// A path to a shared module leads nowhere.
  case unresolvedReference(path: String, reference: String)
  /// A given TokenEmbedding does not fit the wrapper it is given to.
  case embeddingMismatch(path: String, expected: [Int], found: [Int])
  /// The configuration file is not what CLI.md §4 describes; `byteOffset` is where.
  case malformedConfiguration(file: String, byteOffset: Int?, reason: String)
  /// A slot of the graph that no tensor fills.
  case unfilled(path: String)
  /// A release of x-transformers that is not known.
  case unknownVersion(text: String)
  /// The checkpoint could not be read.
  case format(FormatError)
}

extension GraphError: CustomStringConvertible {
  /// One sentence: where, what is wrong, what was needed.
  public var description: String {
    switch self {
    case .unknownClass(let path, let name, let nearest):
      "\(place(path))there is no class '\(escaped(name))'\(hint(nearest))"
    case .unknownArgument(let path, let className, let name, let nearest):
      "\(place(path))\(className) has no argument '\(escaped(name))'\(hint(nearest))"
    case .missingArgument(let path, let className, let name, let hint):
      "\(place(path))\(className) needs '\(name)'\(hint.map { "; \($0)" } ?? "")"
    case .wrongKind(let path, let name, let expected, let found):
      "\(place(path))'\(name)' must be \(expected), not \(found)"
    case .impossible(let path, let reason):
      "\(place(path))\(reason)"
    case .unresolvedReference(let path, let reference):
      "\(place(path))no TokenEmbedding stands at '\(escaped(reference))'"
    case .embeddingMismatch(let path, let expected, let found):
      "\(place(path))the given TokenEmbedding has the shape \(found), but \(expected) is needed here"
    case .malformedConfiguration(let file, let byteOffset, let reason):
      "\(escaped(file))\(byteOffset.map { " (byte \($0))" } ?? ""): \(reason)"
    case .unfilled(let path):
      "'\(escaped(path))' has no tensor: the graph is not bound completely"
    case .unknownVersion(let text):
      "'\(escaped(text))' is not a release of x-transformers; a version such as 2.31.10 is needed"
    case .format(let error):
      error.description
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .unknownClass: "UnknownClass"
    case .unknownArgument: "UnknownArgument"
    case .missingArgument: "MissingArgument"
    case .wrongKind: "WrongKind"
    case .impossible: "ImpossibleConfiguration"
    case .unresolvedReference: "UnresolvedReference"
    case .embeddingMismatch: "EmbeddingMismatch"
    case .malformedConfiguration: "MalformedConfiguration"
    case .unfilled: "Unfilled"
    case .unknownVersion: "UnknownVersion"
    case .format(let error): error.code
    }
  }

  private func place(_ path: String) -> String { path.isEmpty ? "" : "\(escaped(path)): " }

  private func hint(_ nearest: String?) -> String {
    nearest.map { "; did you mean '\($0)'?" } ?? ""
  }
}
