internal import TensorStorage

/// Faults of text files that lists of names are read from: digests to check, names to map.
public enum ListingFault: FormatFault {
  /// The file is not UTF-8 text.
  case notText
  /// The file is larger than a list of names can be.
  case tooLarge(byteCount: Int, maximum: Int)
  /// A line is not a digest, two spaces and a name.
  case invalidDigestLine(line: Int)
  /// The list has no line for the checkpoint at its end: it is not whole.
  case noCheckpointLine
  /// The checkpoint's digest is not that of the lines before it: a line was lost or changed.
  case wrongCheckpointLine(line: Int)
  /// A line is not two names.
  case invalidPair(line: Int)
  /// A name stands in two lines.
  case duplicateName(line: Int, name: String)
  /// A name is not one of the checkpoint's.
  case unknownName(line: Int, name: String, checkpoint: String, nearest: String?)

  /// The name of the case.
  public var code: String {
    switch self {
    case .notText: "NotText"
    case .tooLarge: "TooLarge"
    case .invalidDigestLine: "InvalidDigestLine"
    case .noCheckpointLine: "NoCheckpointLine"
    case .wrongCheckpointLine: "WrongCheckpointLine"
    case .invalidPair: "InvalidPair"
    case .duplicateName: "DuplicateName"
    case .unknownName: "UnknownName"
    }
  }

  /// What is wrong, what was needed, what to do.
  public var sentence: String {
    switch self {
    case .notText: "is not UTF-8 text; a list of names was expected"
    case .tooLarge(let byteCount, let maximum):
      "has \(byteCount) bytes; a list of names of at most \(maximum) was expected"
    case .invalidDigestLine(let line):
      "line \(line): 64 hexadecimal digits, two spaces and a name were expected, as "
        + "'ligature hash' prints them"
    case .noCheckpointLine:
      "the last line, that of the checkpoint, is missing; write the list again with 'ligature hash'"
    case .wrongCheckpointLine(let line):
      "line \(line): this digest is not that of the lines before it: a line was lost or changed"
    case .invalidPair(let line):
      "line \(line): two names separated by white space were expected (by a tab, if they have spaces)"
    case .duplicateName(let line, let name):
      "line \(line): '\(escaped(name))' stands in an earlier line too"
    case .unknownName(let line, let name, let checkpoint, let nearest):
      "line \(line): \(escaped(checkpoint)) has no tensor '\(escaped(name))'"
        + (nearest.map { "; did you mean '\(escaped($0))'?" } ?? "")
    }
  }
}
