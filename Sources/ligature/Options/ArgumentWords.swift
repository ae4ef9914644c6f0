internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage

/// Turns words of the command line into values of the library; what cannot be is told with what can.
enum ArgumentWords {
  /// A format that can be written.
  static func outputFormat(_ word: String) throws -> OutputFormat {
    try choice(word, OutputFormat.allCases.map { ($0.rawValue, $0) })
  }

  /// A library that checkpoints are read by.
  static func reader(_ word: String) throws -> Reader {
    try choice(word, Reader.allCases.map { ($0.rawValue, $0) })
  }

  /// What becomes of tensors that share bytes.
  static func aliasPolicy(_ word: String) throws -> AliasPolicy {
    try choice(word, AliasPolicy.allCases.map { ($0.rawValue, $0) })
  }

  /// A dtype that tensors can be converted to, as safetensors or torch names it.
  static func floatingDType(_ word: String) throws -> DType {
    if let dtype = DTypeRule.dtype(word) { return dtype }
    return try choice(word, DTypeRule.dtypes.map { ($0.name.lowercased(), $0) })
  }

  /// The names of those.
  static var floatingDTypes: [String] { DTypeRule.dtypes.map { $0.name.lowercased() } }

  /// A number of bytes with a unit.
  static func byteCount(_ word: String) throws -> Int {
    if let size = ByteSize(word) { return size.byteCount }
    throw ValidationError("a size is a number with a unit, as 5GB, 256MB or 1.5GiB")
  }

  /// A glob over names.
  static func pattern(_ word: String) throws -> NamePattern {
    if let pattern = NamePattern(word) { return pattern }
    throw ValidationError(
      "a pattern is written with * ? [a-z] {a,b} {0..11}; a bracket or brace is not closed, a range is "
        + "reversed, or they stand for more than 1024 patterns")
  }

  /// `GLOB=DTYPE`; the dtype `keep` leaves the tensors as they are.
  static func dtypeRule(_ word: String) throws -> DTypeRule {
    guard let equals = word.lastIndex(of: "=") else {
      throw ValidationError("a rule is written GLOB=DTYPE, as '*.norm.*=f32'")
    }
    let pattern = try pattern(String(word[..<equals]))
    let name = String(word[word.index(after: equals)...])
    if name == "keep" { return DTypeRule(pattern: pattern, dtype: nil) }
    return DTypeRule(pattern: pattern, dtype: try floatingDType(name))
  }

  /// `s/RE/TEXT/`.
  static func renameRule(_ word: String) throws -> RenameRule {
    do { return try RenameRule(word) } catch { throw ValidationError(error.description) }
  }

  /// `key=value`.
  static func metadataEntry(_ word: String) throws -> (key: String, value: String) {
    guard let equals = word.firstIndex(of: "=") else {
      throw ValidationError("an entry is written key=value")
    }
    guard equals != word.startIndex else { throw ValidationError("the key before '=' is missing") }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  /// What becomes of tables that differ.
  static func tiePolicy(_ word: String) throws -> TiePolicy {
    try choice(word, TiePolicy.allCases.map { ($0.rawValue, $0) })
  }

  /// How a bundle's models get at their pool.
  static func bundleLink(_ word: String) throws -> BundleLink {
    try choice(word, BundleLink.allCases.map { ($0.rawValue, $0) })
  }

  /// `NAME=NUMBER`, a positive weight.
  static func weight(_ word: String) throws -> (name: String, value: Double) {
    let (name, text) = try metadataEntry(word)
    guard let value = Double(text), value > 0, value.isFinite else {
      throw ValidationError("a weight is written NAME=NUMBER with a positive number")
    }
    return (name, value)
  }

  /// What new rows are made of.
  static func newRows(_ word: String) throws -> NewRows {
    if let rows = NewRows(word) { return rows }
    throw ValidationError("new rows are mean, normal, normal:FACTOR, zero or copy:ID")
  }

  /// What becomes of rows of another width.
  static func projectionMethod(_ word: String) throws -> ProjectionMethod {
    try choice(word, ProjectionMethod.allCases.map { ($0.rawValue, $0) })
  }

  /// When two tokens are the same.
  static func tokenMatch(_ word: String) throws -> TokenMatch {
    try choice(word, TokenMatch.allCases.map { ($0.rawValue, $0) })
  }

  /// Refuses what is no path of an output.
  static func checkOutput(_ path: String) throws {
    if path.isEmpty { throw ValidationError("an output needs a path") }
    // A file is reserved, written out of order and renamed, which a pipe cannot be.
    if path == "-" {
      throw ValidationError(
        "output goes to a file, not to standard output; './-' is a file of that name")
    }
  }

  private static func choice<Value>(_ word: String, _ choices: [(String, Value)]) throws -> Value {
    if let (_, value) = choices.first(where: { $0.0 == word.lowercased() }) { return value }
    throw ValidationError("it is one of \(choices.map(\.0).joined(separator: ", "))")
  }
}
