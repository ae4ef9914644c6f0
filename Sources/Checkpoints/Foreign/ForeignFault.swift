internal import TensorStorage

/// Files that are something else, recognised and named.
public enum ForeignFault: FormatFault {
  /// A file without bytes.
  case empty
  /// A file that holds nothing but zeros as far as was looked.
  case zeros(byteCount: Int)
  /// The pointer that Git LFS checks out in place of a file.
  case lfsPointer(oid: String, byteCount: Int?)
  /// An HTML page, most often an error or a login where a file was expected.
  case webPage(title: String?)
  /// A JSON document.
  case json(JSONKind)
  /// A text, most often a server's error.
  case text(firstLine: String)
  /// A file of another kind that is known here.
  case kind(ForeignKind)
  /// A zip archive with checkpoints inside.
  case zippedCheckpoints([String])
  /// A zip archive of another purpose.
  case otherZip([String])
  /// A file that begins like nothing known here.
  case unknown(firstBytes: [UInt8])

  /// What a JSON document beside a checkpoint is for.
  public enum JSONKind: Sendable {
    /// A list of which shard holds which tensor.
    case index
    /// The configuration of a model.
    case configuration
    /// A tokenizer's vocabulary.
    case tokenizer
    /// Anything else.
    case other
  }
}

extension ForeignFault {
  /// The name of the case, or of the kind of file.
  public var code: String {
    switch self {
    case .empty: "EmptyFile"
    case .zeros: "ZeroFile"
    case .lfsPointer: "GitLFSPointer"
    case .webPage: "WebPage"
    case .json: "JSONDocument"
    case .text: "TextFile"
    case .kind(let kind): kind.code
    case .zippedCheckpoints: "ZippedCheckpoints"
    case .otherZip: "OtherZip"
    case .unknown: "UnknownFormat"
    }
  }

  /// What the file is and what to do about it.
  public var sentence: String {
    switch self {
    case .empty:
      "the file is empty; download or save it again"
    case .zeros(let byteCount):
      "the first \(byteCount) bytes are all zero: the file was set up for a download that did not "
        + "take place; download it again"
    case .lfsPointer(let oid, let byteCount):
      "this is a Git LFS pointer to "
        + (byteCount.map { "\($0) bytes (sha256 \(escaped(oid)))" } ?? escaped(oid))
        + ", not the file itself; run 'git lfs pull' in the repository, or download the file"
    case .webPage(let title):
      "this is a web page" + (title.map { " ('\(escaped($0))')" } ?? "")
        + ", not a checkpoint; the download needs another address or a login"
    case .json(let kind):
      "this is \(kind.what), which holds no tensors; \(kind.next)"
    case .text(let line):
      line.isEmpty
        ? "the file holds nothing but white space; download or save it again"
        : "this is text ('\(escaped(line))'), not a checkpoint; if a download left it, it is the "
          + "server's error message"
    case .kind(let kind):
      "this is \(kind.what); \(kind.next)"
    case .zippedCheckpoints(let names):
      "this is a zip archive with checkpoints inside (\(Self.list(names))); unzip it and give one "
        + "of them"
    case .otherZip(let names):
      "this zip archive holds neither a torch checkpoint nor numpy arrays (its records: "
        + "\(Self.list(names))); unzip it and give the checkpoint inside, if there is one"
    case .unknown(let bytes):
      "the file begins with the bytes \(Self.hexadecimal(bytes)), which no format known here does; "
        + "safetensors, torch (.pt, .bin, .ckpt) and numpy (.npz, .npy) files are read"
    }
  }

  /// The first names, for a message of readable length.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "none" }
    let shown = names.prefix(3).map { "'\(escaped($0))'" }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}

extension ForeignFault.JSONKind {
  fileprivate var what: String {
    switch self {
    case .index: "an index of shards"
    case .configuration: "a model's configuration"
    case .tokenizer: "a tokenizer"
    case .other: "a JSON document"
    }
  }

  fileprivate var next: String {
    switch self {
    case .index: "give the index under its own name, beside its shards"
    case .configuration, .tokenizer: "give the weights beside it, or the directory of both"
    case .other: "give the checkpoint file itself"
    }
  }
}
