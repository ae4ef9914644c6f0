internal import TensorStorage

/// Why rows of one model cannot take the place of another's, or not without consent.
public enum TransplantFault: Error, Equatable, Sendable {
  /// Rows of the donor are not as wide as the recipient's.
  case widthsDiffer(recipient: Int, donor: String, donorWidth: Int)
  /// All rows are to be replaced, and there are not as many.
  case rowCountsDiffer(recipient: Int, donor: String, donorCount: Int)
  /// The recipient has several tables, and none was chosen.
  case severalTables([String])
  /// The recipient has no table there.
  case noTableAt(String, nearest: String?)
  /// The recipient, or a model that is the donor, has no token embedding.
  case noTable
  /// The donor has several tensors that may be its table, or none that is known.
  case donorTable([String])
  /// The tensor is no table of floating-point numbers.
  case notATable(String, dtype: String, shape: [Int])
  /// An option of a model stands in the way.
  case option(String, reason: String)
  /// Logits of the two are scaled differently, and rows of both cannot stand in one tied table.
  case scalesDiffer(recipient: Double, donor: Double)
  /// Parameters that do not go together.
  case usage(String)
  /// Too few pairs of rows to learn from.
  case tooFewAnchors(usable: Int, given: Int)
  /// A range does not fit its table, or two ranges do not fit each other.
  case range(String, reason: String)
  /// A product or a factorisation could not be made.
  case arithmetic(LinearAlgebraFault)

  /// A clause that follows the model's name and a colon.
  public var sentence: String {
    switch self {
    case .widthsDiffer(let recipient, let donor, let donorWidth):
      "rows of its table have \(recipient) numbers, and those of \(escaped(donor)) \(donorWidth); "
        + "--project says what becomes of them: emb-dim (the donor's table whole, with a projection behind "
        + "it), ridge or procrustes (learned from --anchors), pca, pad or truncate"
    case .rowCountsDiffer(let recipient, let donor, let donorCount):
      "it has \(recipient) tokens, and \(escaped(donor)) \(donorCount); --tokens MAP or --rows A:B=C:D "
        + "says which rows take the place of which, and 'ligature resize' changes their number"
    case .severalTables(let names):
      "it has several tables; --at chooses one of \(names.map { "'\(escaped($0))'" }.joined(separator: ", "))"
    case .noTableAt(let name, let nearest):
      "there is no table at '\(escaped(name))'"
        + (nearest.map { "; did you mean '\(escaped($0))'?" } ?? "")
    case .noTable: "it has no table of token embeddings"
    case .donorTable(let names):
      names.isEmpty
        ? "no tensor has a name that token embeddings are known by; --from-tensor NAME says which it is"
        : "several tensors may be the token embeddings: "
          + names.map { "'\(escaped($0))'" }.joined(separator: ", ")
          + "; --from-tensor NAME or --from-at PLACE says which it is"
    case .notATable(let name, let dtype, let shape):
      "'\(escaped(name))' is \(dtype) of the shape \(shape); a table is floating-point [tokens, width]"
    case .option(let name, let reason): "\(name): \(reason)"
    case .scalesDiffer(let recipient, let donor):
      "its tied logits are multiplied by \(recipient) and the donor's by \(donor), so rows of both cannot "
        + "stand in one table; --untie gives the head rows of its own"
    case .usage(let reason): reason
    case .tooFewAnchors(let usable, let given):
      "of \(given) anchors \(usable) have two rows that are finite and not zero; at least 2 are needed"
    case .range(let text, let reason): "--rows \(escaped(text)): \(reason)"
    case .arithmetic(let fault): fault.description
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .widthsDiffer: "WidthsDiffer"
    case .rowCountsDiffer: "RowCountsDiffer"
    case .severalTables: "SeveralTables"
    case .noTableAt: "NoTableAt"
    case .noTable: "NoTable"
    case .donorTable: "DonorTable"
    case .notATable: "NotATable"
    case .option: "UnsuitableOption"
    case .scalesDiffer: "ScalesDiffer"
    case .usage: "Usage"
    case .tooFewAnchors: "TooFewAnchors"
    case .range: "InvalidRange"
    case .arithmetic: "LinearAlgebra"
    }
  }

  /// What kind of refusal it is.
  public var kind: SurgeryError.Kind {
    switch self {
    case .widthsDiffer, .scalesDiffer: .safety
    case .severalTables, .noTableAt, .donorTable, .usage, .range: .usage
    case .rowCountsDiffer, .noTable, .notATable, .option, .tooFewAnchors, .arithmetic: .input
    }
  }
}
