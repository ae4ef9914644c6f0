public import Checkpoints
internal import TensorStorage
public import TransformerGraph

/// Why a surgery cannot be done, or is not done without consent.
public enum SurgeryError: Error, Equatable, Sendable {
  /// The configuration does not describe a model.
  case graph(GraphError, model: String)
  /// A slot of the model has no tensor that fits.
  case incomplete(model: String, path: String, reason: SlotFault)
  /// Something that decides the result is assumed, not known.
  case undecided(model: String, argument: String, values: [String])
  /// The model is not of the kind that the operation works on.
  case unsuitable(model: String, verb: String, reason: String)
  /// Tensors cannot be tied or untied.
  case tie(TieFault, model: String)
  /// Rows of another model cannot take the place of this one's, or not without consent.
  case transplant(TransplantFault, model: String)
  /// A file that maps tokens is not what it should be; the line is counted from 1.
  case tokenMap(TokenMapFault, file: String, line: Int?)
  /// A file is no vocabulary.
  case vocabulary(VocabularyFault, file: String)
  /// Models cannot be bundled.
  case bundle(BundleFault)
  /// A release of x-transformers cannot hold the model; `isMeasured` if all of it are tensors that could be left out at
  /// the loss that is told.
  case notRepresentable(model: String, release: String, reasons: [String], isMeasured: Bool)
  /// A tensor of that name is there already.
  case nameTaken(model: String, name: String)
  /// A list of tokens is not one of this model's.
  case tokenList(file: String, line: Int, TokenListFault)
  /// A parameter of the operation is missing, or does not go with the others.
  case parameter(verb: String, reason: String)
  /// A recipe is not one; `line` is counted from 1, and 0 for the recipe as a whole.
  case recipe(file: String, line: Int, reason: String)
  /// Files could not be read or written.
  case format(FormatError)

  /// Why a slot is not filled.
  public enum SlotFault: Hashable, Sendable {
    case missing
    case mismatched(expected: [Int], found: [Int])
  }
}

extension SurgeryError: CustomStringConvertible {
  /// One sentence: where, what is wrong, what was needed, what to do.
  public var description: String {
    switch self {
    case .graph(let error, let model):
      "\(escaped(model)): \(error.description)"
    case .incomplete(let model, let path, let reason):
      "\(escaped(model)): '\(escaped(path))' \(Self.text(reason)); `ligature fit` lists what does not fit"
    case .undecided(let model, let argument, let values):
      "\(escaped(model)): names and shapes do not tell \(argument), and the result depends on it; "
        + "--set \(argument)=VALUE says it"
        + (values.isEmpty ? "" : " (\(values.joined(separator: ", ")) would fit)")
    case .unsuitable(let model, let verb, let reason):
      "\(escaped(model)): cannot \(verb): \(reason)"
    case .tie(let fault, let model):
      "\(escaped(model)): \(fault.sentence)"
    case .transplant(let fault, let model): "\(escaped(model)): \(fault.sentence)"
    case .tokenMap(let fault, let file, let line):
      "\(escaped(file)): \(line.map { "line \($0): " } ?? "")\(fault.sentence)"
    case .vocabulary(let fault, let file): "\(escaped(file)): \(fault.sentence)"
    case .bundle(let fault): fault.sentence
    case .notRepresentable(let model, let release, let reasons, isMeasured: _):
      "\(escaped(model)): x-transformers \(release) cannot hold it: "
        + reasons.prefix(Self.largestReasonCount).joined(separator: "; ")
        + (reasons.count > Self.largestReasonCount
          ? "; and \(reasons.count - Self.largestReasonCount) more" : "")
    case .nameTaken(let model, let name):
      "\(escaped(model)): there is a tensor '\(escaped(name))' already"
    case .tokenList(let file, let line, let fault):
      "\(escaped(file)): line \(line): \(fault.sentence)"
    case .parameter(let verb, let reason):
      "\(verb): \(reason)"
    case .recipe(let file, let line, let reason):
      "\(escaped(file)):\(line > 0 ? " line \(line):" : "") \(reason)"
    case .format(let error): error.description
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .graph(let error, model: _): error.code
    case .incomplete: "IncompleteModel"
    case .undecided: "Undecided"
    case .unsuitable: "Unsuitable"
    case .tie(let fault, model: _): fault.code
    case .transplant(let fault, model: _): fault.code
    case .tokenMap(let fault, file: _, line: _): fault.code
    case .vocabulary(let fault, file: _): fault.code
    case .bundle(let fault): fault.code
    case .notRepresentable: "NotRepresentable"
    case .nameTaken: "NameTaken"
    case .tokenList: "TokenList"
    case .parameter: "Parameter"
    case .recipe: "Recipe"
    case .format(let error): error.code
    }
  }

  /// What kind of refusal it is; it decides the exit code.
  public var kind: Kind {
    switch self {
    case .undecided, .parameter: .usage
    case .transplant(let fault, model: _): fault.kind
    case .nameTaken, .notRepresentable(model: _, release: _, reasons: _, isMeasured: true): .safety
    case .bundle(let fault): fault.kind
    case .tie(let fault, model: _): fault.isSafetyRefusal ? .safety : .input
    case .notRepresentable, .graph, .incomplete, .unsuitable, .tokenList, .recipe, .tokenMap,
      .vocabulary, .format:
      .input
    }
  }

  /// The kinds of refusal.
  public enum Kind: Sendable {
    /// The words of the command (exit code 2).
    case usage
    /// It would lose something without consent (3).
    case safety
    /// The input is malformed, or not what the operation works on (4).
    case input
  }

  // Enough to see what kind of thing it is; a stack of layers repeats itself.
  private static let largestReasonCount = 6

  private static func text(_ fault: SlotFault) -> String {
    switch fault {
    case .missing: "is missing from the checkpoint"
    case .mismatched(let expected, let found): "has the shape \(found), and \(expected) is needed"
    }
  }
}
