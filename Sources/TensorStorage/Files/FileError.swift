/// What can go wrong between this module and the disk.
public enum FileError: Error, Equatable, Sendable {
  /// The file cannot be opened; `code` is the `errno`.
  case cannotOpen(file: String, code: Int32)
  /// A directory, pipe or device where a file was expected.
  case notARegularFile(file: String)
  /// The system refused a read; `code` is the `errno`.
  case readFailed(file: String, offset: Int, code: Int32)
  /// The file ends before the bytes that were asked for.
  case truncated(file: String, offset: Int, needed: Int, available: Int)
  /// Compressed or otherwise encoded bytes that do not decode; `part` names the record.
  case damaged(file: String, part: String, reason: String)
  /// A tensor of which the file holds only the shape (torch's `meta` device).
  case noData(file: String)
  /// The system has not the memory that a view needs; `needed` counts bytes.
  case noMemory(needed: Int)
  /// The destination is there already, and overwriting was not asked for.
  case exists(file: String)
  /// The destination is one of the files being read.
  case isSource(file: String)
  /// What is there is of another kind: a directory or a device where a file is to be, or the other way round.
  case cannotReplace(file: String, needsDirectory: Bool)
  /// The directory that the destination is to be in is not there.
  case noDirectory(file: String)
  /// The disk has not the room; `needed` counts bytes.
  case noSpace(file: String, needed: Int)
  /// The system refused an operation on the destination; `code` is the `errno`.
  case writeFailed(file: String, operation: String, code: Int32)
  /// The user asked to stop.
  case interrupted
}

extension FileError: CustomStringConvertible {
  /// One sentence: where, what is wrong, what was needed.
  public var description: String {
    switch self {
    case .cannotOpen(let file, let code):
      "\(escaped(file)): cannot be opened: \(SystemError.text(code))"
    case .notARegularFile(let file):
      "\(escaped(file)): not a regular file; a file or a checkpoint directory was expected"
    case .readFailed(let file, let offset, let code):
      "\(escaped(file)) (byte \(offset)): cannot be read: \(SystemError.text(code))"
    case .truncated(let file, let offset, let needed, let available):
      "\(escaped(file)) (byte \(offset)): the file is cut short: \(needed) bytes were needed here, "
        + "\(available) are left; download or copy it again"
    case .damaged(let file, let part, let reason):
      "\(escaped(file)): \(escaped(part)) is damaged: \(reason)"
    case .noData(let file):
      "\(escaped(file)): a tensor of the meta device has a shape but no data in this file"
    case .noMemory(let needed):
      "\(needed) bytes of memory are needed to read a transposed or overlapping view, and the system "
        + "has not got them"
    case .exists(let file):
      "\(escaped(file)): exists already; --force overwrites it"
    case .isSource(let file):
      "\(escaped(file)): is also being read; write to another path"
    case .cannotReplace(let file, let needsDirectory):
      needsDirectory
        ? "\(escaped(file)): is a file, and the output is a directory; write to another path"
        : "\(escaped(file)): is a directory or a device, and no file takes its place; write to another path"
    case .noDirectory(let file):
      "\(escaped(file)): the directory that it is to be in does not exist; make it first"
    case .noSpace(let file, let needed):
      "\(escaped(file)): \(needed) bytes are needed and the disk has not the room; free some, or write to "
        + "another disk"
    case .writeFailed(let file, let operation, let code):
      "\(escaped(file)): \(operation) failed: \(SystemError.text(code))"
    case .interrupted:
      "interrupted"
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .cannotOpen: "CannotOpen"
    case .notARegularFile: "NotARegularFile"
    case .readFailed: "ReadFailed"
    case .truncated: "Truncated"
    case .damaged: "Damaged"
    case .noData: "NoData"
    case .noMemory: "NoMemory"
    case .exists: "Exists"
    case .isSource: "IsSource"
    case .cannotReplace: "CannotReplace"
    case .noDirectory: "NoDirectory"
    case .noSpace: "NoSpace"
    case .writeFailed: "WriteFailed"
    case .interrupted: "Interrupted"
    }
  }

  /// The file that is concerned, as the user named it.
  public var file: String? {
    switch self {
    case .cannotOpen(let file, _), .notARegularFile(let file), .readFailed(let file, _, _),
      .truncated(let file, _, _, _), .damaged(let file, _, _), .noData(let file),
      .exists(let file), .isSource(let file), .cannotReplace(let file, _), .noDirectory(let file),
      .noSpace(let file, _), .writeFailed(let file, _, _):
      file
    case .noMemory, .interrupted: nil
    }
  }
}
