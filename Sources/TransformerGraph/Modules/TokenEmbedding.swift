/// x-transformers' `TokenEmbedding`: a table of rows, one for each token.
///
/// A class, because sharing one between models is what surgery is about: two wrappers that hold the same
/// object have one table. It is used as it is given and never initialised again.
public final class TokenEmbedding: Sendable {
  /// The table, shape `[tokenCount, dimension]`.
  public let weight: Parameter
  /// Whether rows are divided by their length when they are read.
  public let normalizesRows: Bool
  /// What the table is called below the embedding: `emb.weight`, or `weight` before 0.24 and for `nn.Embedding`.
  public let weightName: String

  /// An embedding around an existing table.
  public init(
    weight: Parameter, normalizesRows: Bool = false, weightName: String = "emb.weight"
  ) {
    self.weight = weight
    self.normalizesRows = normalizesRows
    self.weightName = weightName
  }

  /// The embedding at `scope`, under the key that the source has.
  convenience init(
    _ scope: ParameterScope, tokenCount: Int, dimension: Int, normalizesRows: Bool,
    dialect: Dialect
  ) {
    // kaiming_normal_ of a [tokens, dim] table: fan-in is dim, gain sqrt(2).
    let deviation = normalizesRows ? 1e-5 : (2 / Double(max(1, dimension))).squareRoot()
    let name = scope.name(among: [dialect.tokenTableName, "emb.weight", "weight"])
    self.init(
      weight: scope.parameter(
        name, [tokenCount, dimension], .normal(standardDeviation: deviation)),
      normalizesRows: normalizesRows, weightName: name)
  }

  /// Rows of the table.
  public var tokenCount: Int { weight.shape[0] }
  /// Columns of the table.
  public var dimension: Int { weight.shape[1] }
}
