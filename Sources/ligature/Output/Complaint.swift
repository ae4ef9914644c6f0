internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph
internal import TransformerInference

/// What the user did that cannot be done, told by the tool itself rather than the library.
enum UsageError: Error, Equatable {
  /// ArgumentParser's words.
  case parser(String)
  /// The first word is no verb.
  case unknownVerb(String, nearest: String?)
  /// The checkpoint has no tensor of that name.
  case unknownTensor(String, file: String, nearest: String?)
  /// A slice that the tensor has not.
  case slice(SliceError, file: String, tensor: String)
  /// An argument that does not go with the others.
  case conflict(String)
}

extension UsageError: CustomStringConvertible {
  /// One sentence: what is wrong, what was needed.
  var description: String {
    switch self {
    case .parser(let message): message
    case .unknownVerb(let verb, let nearest):
      "unknown command '\(escaped(verb))'; "
        + (nearest.map { "did you mean '\($0)'?" } ?? "'ligature --help' lists the commands")
    case .unknownTensor(let name, let file, let nearest):
      "\(escaped(file)): no tensor is named '\(escaped(name))'; "
        + (nearest.map { "did you mean '\(escaped($0))'?" }
          ?? "'ligature inspect --all' lists the names")
    case .slice(let error, let file, let tensor):
      "\(escaped(file)): tensor '\(escaped(tensor))': \(error)"
    case .conflict(let sentence): sentence
    }
  }

  fileprivate var code: String {
    switch self {
    case .parser, .conflict: "Usage"
    case .unknownVerb: "UnknownCommand"
    case .unknownTensor: "UnknownTensor"
    case .slice: "InvalidSlice"
    }
  }
}

/// The answer could not be written to standard output.
struct OutputError: Error, Equatable {
  /// The `errno` of the write.
  var code: Int32
}

/// An error as it is told: an exit code, a sentence, and facts for programs.
struct Complaint {
  var status: ExitStatus
  var code: String
  var message: String
  var file: String?
  var tensor: String?
  var offset: Int?

  /// Tells any error that a verb throws.
  init(_ error: any Error) {
    switch error {
    case let error as FormatError: self.init(error)
    case let error as FileError: self.init(error, tensor: nil)
    case let error as GraphError: self.init(error)
    case let error as InferenceError: self.init(error)
    case let error as SurgeryError: self.init(error)
    case let error as UsageError:
      self.init(status: .usage, code: error.code, message: error.description)
      switch error {
      case .unknownTensor(let tensor, let file, _), .slice(_, let file, let tensor):
        (self.file, self.tensor) = (file, tensor)
      default: break
      }
    case let error as ValidationError:
      self.init(status: .usage, code: "Usage", message: error.message)
    case let error as OutputError:
      let error = FileError.writeFailed(
        file: "standard output", operation: "write", code: error.code)
      self.init(error, tensor: nil)
    default: self.init(status: .malformed, code: "Error", message: "\(error)")
    }
  }

  private init(status: ExitStatus, code: String, message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  private init(_ error: FormatError) {
    if case .file(let cause) = error.fault {
      self.init(cause, tensor: error.tensor)
      return
    }
    self.init(
      status: error.isSafetyRefusal ? .refused : error.isUsageError ? .usage : .malformed,
      code: error.code, message: error.description)
    file = error.file
    tensor = error.tensor
    offset = error.byteOffset
    if case .plan(.verificationFailed) = error.fault { status = .no }
  }

  private init(_ error: GraphError) {
    switch error {
    case .format(let cause): self.init(cause)
    default: self.init(status: .malformed, code: error.code, message: error.description)
    }
  }

  private init(_ error: InferenceError) {
    switch error {
    case .format(let cause): self.init(cause)
    case .graph(let cause): self.init(cause)
    case .missingInput, .unexpectedInput:
      self.init(status: .usage, code: error.code, message: error.description)
    case .noLibrary:
      self.init(status: .inputOutput, code: error.code, message: error.description)
    case .unsupported, .unbound, .shapeMismatch, .tokenOutOfRange, .sequenceTooLong:
      self.init(status: .malformed, code: error.code, message: error.description)
    }
  }

  private init(_ error: SurgeryError) {
    if case .format(let cause) = error {
      self.init(cause)
      return
    }
    let status: ExitStatus =
      switch error.kind {
      case .usage: .usage
      case .safety: .refused
      case .input: .malformed
      }
    self.init(status: status, code: error.code, message: error.description)
  }

  private init(_ error: FileError, tensor: String?) {
    code = error.code
    message = error.description
    file = error.file
    self.tensor = tensor
    switch error {
    case .exists, .isSource, .cannotReplace: status = .refused
    case .interrupted: status = .interrupted
    case .notARegularFile, .damaged, .noData: status = .malformed
    case .truncated(_, let offset, _, _): (status, self.offset) = (.malformed, offset)
    case .readFailed(_, let offset, _): (status, self.offset) = (.inputOutput, offset)
    case .cannotOpen, .noDirectory, .noSpace, .noMemory, .writeFailed: status = .inputOutput
    }
  }

  /// The error as the document that `--json` promises.
  var json: JSONValue {
    ["schema": 1, "error": facts]
  }

  /// The member `error` of that document.
  var facts: JSONValue {
    [
      "code": .string(code), "message": .string(message),
      "file": file.map { .string($0) } ?? nil, "tensor": tensor.map { .string($0) } ?? nil,
      "offset": offset.map { .int($0) } ?? nil,
    ]
  }
}
