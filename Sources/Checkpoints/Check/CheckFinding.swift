internal import TensorStorage

/// One thing that a check found, with its place.
package struct CheckFinding: Equatable, Sendable {
  /// How bad it is.
  package enum Severity: String, Comparable, Sendable {
    /// Good to know: nothing is wrong.
    case remark
    /// Is read all the same, but other programs may refuse it or read it otherwise.
    case warning
    /// A rule is violated, data is missing, or a value is no number: the checkpoint is not sound.
    case fault

    /// Whether `a` is less bad.
    package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .remark: 0
      case .warning: 1
      case .fault: 2
      }
    }
  }

  /// How bad it is.
  package var severity: Severity
  /// A name for programs: an error's code where it is one.
  package var code: String
  /// The file, as the user named it or its directory.
  package var file: String
  /// The tensor, where one is concerned.
  package var tensor: String?
  /// The offset in the file, where it is known.
  package var byteOffset: Int?
  /// Where and what, in one sentence.
  package var message: String
  /// The error that it is, where something could not be read.
  package private(set) var cause: FormatError?

  /// A finding at a place; `sentence` is the clause that follows it.
  package init(
    _ severity: Severity, code: String, file: String, tensor: String? = nil, sentence: String
  ) {
    self.severity = severity
    self.code = code
    self.file = file
    self.tensor = tensor
    message = escaped(file) + (tensor.map { ": tensor '\(escaped($0))'" } ?? "") + ": " + sentence
  }

  /// An error that kept something from being read.
  package init(_ error: FormatError) {
    severity = .fault
    code = error.code
    file = error.file
    tensor = error.tensor
    byteOffset = error.byteOffset
    message = error.description
    cause = error
  }
}

/// What a check found in all.
package struct CheckReport: Sendable {
  /// The format's identifier; nil if no file could be read.
  package var format: String?
  /// The index that leads to the files, if one does.
  package var index: String?
  /// The bundle that they are of, if a whole one was checked.
  package var bundle: CheckedBundle?
  /// The files that were checked.
  package var files: [String] = []
  /// Tensors in those that could be read.
  package var tensorCount = 0
  /// Bytes of those tensors.
  package var byteCount = 0
  /// Whether the values were read.
  package var hasCheckedValues = false
  /// What libraries would do with it, where that was asked for.
  package var forecasts: [ReaderForecast] = []
  /// What was found, file by file.
  package var findings: [CheckFinding] = []

  /// Whether nothing is wrong; warnings and remarks do not count.
  package var isSound: Bool { !findings.contains { $0.severity == .fault } }

  /// How many findings of that severity there are.
  package func count(of severity: CheckFinding.Severity) -> Int {
    findings.count { $0.severity == severity }
  }
}
