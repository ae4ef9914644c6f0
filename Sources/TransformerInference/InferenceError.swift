public import Checkpoints
internal import TensorStorage
public import TransformerGraph

/// Why a model cannot be run on an input.
public enum InferenceError: Error, Equatable, Sendable {
  /// Options whose forward pass is not built; `path` is where they stand.
  case unsupported(path: String, options: [String])
  /// A parameter that the checkpoint does not fill.
  case unbound(path: String, reason: String)
  /// An input of the wrong shape.
  case shapeMismatch(input: String, expected: String, found: [Int])
  /// A token id outside the table.
  case tokenOutOfRange(input: String, id: Int, position: [Int], tokenCount: Int)
  /// A sequence longer than the table of positions.
  case sequenceTooLong(length: Int, maximum: Int)
  /// An input that the model needs, or one that it has no place for.
  case missingInput(name: String, reason: String)
  /// See `missingInput`.
  case unexpectedInput(name: String, reason: String)
  /// The linear algebra library is not there.
  case noLibrary(reason: String)
  /// The graph could not be built.
  case graph(GraphError)
  /// The weights could not be read.
  case format(FormatError)
}

extension InferenceError: CustomStringConvertible {
  /// One sentence: what is wrong, what was needed.
  public var description: String {
    switch self {
    case .unsupported(let path, let options):
      "\(path.isEmpty ? "the model" : escaped(path)): no forward pass is built for "
        + "\(options.joined(separator: ", ")); the weights can be inspected, converted and counted"
    case .unbound(let path, let reason):
      "'\(escaped(path))' \(reason): the model cannot be run; `fit` lists what does not fit"
    case .shapeMismatch(let input, let expected, let found):
      "\(input) has the shape \(found); \(expected) is needed"
    case .tokenOutOfRange(let input, let id, let position, let tokenCount):
      "\(input)\(position): the id \(id) is outside the vocabulary of \(tokenCount) tokens"
    case .sequenceTooLong(let length, let maximum):
      "the sequence has \(length) tokens, but max_seq_len is \(maximum)"
    case .missingInput(let name, let reason): "\(name) is needed: \(reason)"
    case .unexpectedInput(let name, let reason): "\(name) has no place here: \(reason)"
    case .noLibrary(let reason):
      "OpenBLAS cannot be opened (\(reason)); install libopenblas0"
    case .graph(let error): error.description
    case .format(let error): error.description
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .unsupported: "Unsupported"
    case .unbound: "Unbound"
    case .shapeMismatch: "ShapeMismatch"
    case .tokenOutOfRange: "TokenOutOfRange"
    case .sequenceTooLong: "SequenceTooLong"
    case .missingInput: "MissingInput"
    case .unexpectedInput: "UnexpectedInput"
    case .noLibrary: "NoLibrary"
    case .graph(let error): error.code
    case .format(let error): error.code
    }
  }
}
