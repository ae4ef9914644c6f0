internal import TensorStorage

/// Where the output goes: a file, or a directory of files that are named as on the Hugging Face hub.
struct Destination: Sendable {
  /// The format of the files.
  let format: OutputFormat
  /// Whether there may be several files.
  let isDirectory: Bool

  private let path: String

  /// Finds out what a destination means.
  init(_ path: String, options: ConversionOptions) throws(FormatError) {
    guard let format = options.format ?? OutputFormat(suffixOf: path) else {
      throw FormatError(file: path, .plan(.unknownFormat))
    }
    let kind: FileSystem.Kind
    do { kind = try FileSystem.kind(of: Self.withoutTrailingSlashes(path)) } catch {
      throw FormatError(error, file: path)
    }
    self.format = format
    isDirectory =
      path.utf8.last == UInt8(ascii: "/") || kind == .directory || options.shardByteCount != nil
    self.path = path
    if options.shardByteCount != nil, format == .npz {
      throw FormatError(file: path, .plan(.unsupportedSharding(format)))
    }
    if isDirectory, case .file = kind {
      throw FormatError(
        .cannotReplace(file: Self.withoutTrailingSlashes(path), needsDirectory: true), file: path)
    }
  }

  private static func withoutTrailingSlashes(_ path: String) -> String {
    let end = path.utf8.lastIndex { $0 != UInt8(ascii: "/") } ?? path.startIndex
    return path.isEmpty ? path : String(path[...end])
  }

  /// The directory that has to be there for the files; nil for the one that a file's path begins with.
  var directory: String? { isDirectory ? path : nil }

  /// The numbers in the names of files.
  struct Numbering {
    /// How many files are counted.
    var count: Int
    /// Whether a single one has a number too.
    var isAlwaysShown = false
  }

  /// The path of file number `position`.
  func path(ofFile position: Int, of numbering: Numbering) -> String {
    guard isDirectory else { return path }
    let count = numbering.count
    let number =
      count == 1 && !numbering.isAlwaysShown
      ? "" : "-" + Self.padded(position + 1) + "-of-" + Self.padded(count)
    return joined(stem + number + suffix)
  }

  /// The path of file number `position` of `count`.
  func path(ofFile position: Int, of count: Int) -> String {
    path(ofFile: position, of: Numbering(count: count))
  }

  /// The file's name, without its directory.
  func name(ofFile position: Int, of numbering: Numbering) -> String {
    let path = path(ofFile: position, of: numbering)
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The file's name among `count`, without its directory.
  func name(ofFile position: Int, of count: Int) -> String {
    name(ofFile: position, of: Numbering(count: count))
  }

  /// The path of the index of several files.
  var indexPath: String { joined(stem + suffix + ".index.json") }

  /// The path of a companion file.
  func path(ofCompanion name: String) -> String {
    if isDirectory { return joined(name) }
    let file = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    // A name that begins with its only dot has no suffix.
    let suffix = file.dropFirst().lastIndex(of: ".").map { file[$0...] } ?? ""
    return path.dropLast(suffix.count) + "." + name
  }

  /// Whether a file of that name in the directory belongs to a checkpoint of this kind, so that a reader
  /// would take it for a part of the output.
  func isSibling(_ name: String) -> Bool {
    var rest = name[...]
    if rest.hasSuffix(".index.json") { rest = rest.dropLast(".index.json".count) }
    guard rest.hasPrefix(stem), rest.hasSuffix(suffix) else { return false }
    let number = rest.dropFirst(stem.count).dropLast(suffix.count)
    return number.isEmpty || number.wholeMatch(of: /-\d{5}-of-\d{5}/) != nil
  }

  private func joined(_ name: String) -> String {
    path.utf8.last == UInt8(ascii: "/") ? path + name : path + "/" + name
  }

  private var stem: String { format == .pt ? "pytorch_model" : "model" }

  private var suffix: String {
    switch format {
    case .safetensors: ".safetensors"
    case .pt: ".bin"
    case .npz: ".npz"
    }
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
