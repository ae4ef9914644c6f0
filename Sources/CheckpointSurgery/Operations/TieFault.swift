public import TensorStorage

/// Why tensors cannot be tied or untied, or are not without consent.
public enum TieFault: Equatable, Sendable {
  /// No head and no table is tied.
  case nothingTied
  /// No tensor whose name matches shares bytes with another.
  case nothingShared(patterns: [String])
  /// Two names are declared to be one tensor, and the file holds two that differ.
  case declaredButDifferent(String, String)
  /// The table's dtype has no arithmetic.
  case unscalable(DType)
  /// No wrapper has a head of its own, and no two tables could be one.
  case nothingToTie
  /// There are several heads; a tied one is alone.
  case severalHeads(String, count: Int)
  /// Two tables differ in shape.
  case shapes(String, [Int], String, [Int])
  /// The head's columns are not the table's.
  case narrowEmbedding(width: Int, dimension: Int)
  /// The head has a bias, for which a tied one has no place.
  case headBias(largest: Double)
  /// The head is a multiple of the table that the release cannot express.
  case fixedScale(Double, release: String)
  /// The release cannot be given a head.
  case noGivenHead(release: String)
  /// The table of one of its wrappers cannot have another width.
  case fixedWidth(option: String, reason: String)
  /// Table and head were not factorised.
  case arithmetic(LinearAlgebraFault)
  /// The tables are not the same, nor multiples of one another.
  case different(TieMeasurement, names: [String])
  /// The policy is not for as many models.
  case unrepresentable(TiePolicy)
}

extension TieFault {
  /// A name for programs.
  var code: String {
    switch self {
    case .nothingTied, .nothingShared: "NothingTied"
    case .declaredButDifferent: "DeclaredButDifferent"
    case .unscalable: "UnsupportedDType"
    case .nothingToTie: "NothingToTie"
    case .severalHeads: "SeveralHeads"
    case .shapes: "ShapesDiffer"
    case .narrowEmbedding: "NarrowEmbedding"
    case .headBias: "HeadBias"
    case .fixedScale: "FixedScale"
    case .noGivenHead: "UnrepresentablePolicy"
    case .fixedWidth: "FixedWidth"
    case .arithmetic: "Arithmetic"
    case .different: "TablesDiffer"
    case .unrepresentable: "UnrepresentablePolicy"
    }
  }

  /// Whether going on would lose something without consent.
  var isSafetyRefusal: Bool {
    switch self {
    case .declaredButDifferent, .shapes, .headBias, .fixedScale, .different: true
    case .nothingTied, .nothingShared, .unscalable, .nothingToTie, .severalHeads, .narrowEmbedding,
      .unrepresentable, .noGivenHead, .fixedWidth, .arithmetic:
      false
    }
  }

  /// What is wrong, what was needed, what to do.
  var sentence: String {
    switch self {
    case .nothingTied:
      "no head and no table of it is tied; --names GLOB separates any tensors that share bytes"
    case .nothingShared(let patterns):
      "no tensor that matches \(patterns.map { "'\(escaped($0))'" }.joined(separator: " or ")) shares "
        + "bytes with another; 'ligature inspect' lists the alias groups"
    case .declaredButDifferent(let first, let second):
      "'\(escaped(first))' and '\(escaped(second))' are declared to be one tensor, and the file holds "
        + "two that differ; say in the configuration which is meant: two tables, or one (with the other "
        + "left out by 'ligature convert --exclude')"
    case .unscalable(let dtype):
      "its embedding has the dtype \(dtype.name), which cannot be scaled"
    case .nothingToTie: "it has no head of its own that could be tied"
    case .severalHeads(let path, let count):
      "'\(escaped(path))' are \(count) heads (num_output_heads), and x-transformers ties only a single one"
    case .shapes(let first, let firstShape, let second, let secondShape):
      "'\(escaped(first))' has the shape \(firstShape) and '\(escaped(second))' \(secondShape); only "
        + "tables of one vocabulary and one width can be one ('ligature resize' brings vocabularies into line)"
    case .narrowEmbedding(let width, let dimension):
      "emb_dim is \(width) and dim \(dimension): a tied head would need a projection before it, which "
        + "x-transformers' constructor cannot make"
    case .headBias(let largest):
      "the head has a bias (largest value \(rounded(largest))), and a tied head has none: it would be lost; "
        + "'ligature convert --exclude' leaves it out if that is meant"
    case .fixedScale(let scale, let release):
      "the head is \(rounded(scale)) times the table, and release \(release) ties without a scale; "
        + "'ligature migrate --to 2.30.5' first (tie_embedding_scale), or choose what is lost with --policy"
    case .noGivenHead(let release):
      "release \(release) of x-transformers cannot be given a head (to_logits): 'ligature migrate' brings the model to "
        + "one that can, or choose input, output, mean or weighted"
    case .fixedWidth(let option, let reason):
      "\(option): \(reason), so the table keeps its width; leave --rank out"
    case .arithmetic(let fault): "table and head were not factorised: \(fault)"
    case .different(let measurement, let names):
      "\(names.map { "'\(escaped($0))'" }.joined(separator: " and ")) are not one table: "
        + measurement.sentence
        + "; of a table and a head, --policy procrustes and lowrank lose less and put a linear layer between them"
    case .unrepresentable(let policy):
      "--policy \(policy.rawValue) \(Self.reason(policy))"
    }
  }

  private static func reason(_ policy: TiePolicy) -> String {
    policy == .joint
      ? "is for several models: 'ligature tie A B -o BUNDLE/'"
      : "is for the table and head of one model; of several, input, output, mean, weighted and joint are possible"
  }
}
