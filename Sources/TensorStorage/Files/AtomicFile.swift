/// A file that appears under its name whole, or not at all.
///
/// The bytes go to a hidden sibling, `.NAME.partial-…`, whose room on the disk is taken at once. `commit`
/// syncs it and gives it the name; a file that is dropped before that is removed. Symbolic links are
/// written through, and a file that is replaced hands on its permissions.
///
///     let file = try AtomicFile(path: "out.bin", byteCount: bytes.count)
///     try file.write(bytes.rawBytes, at: 0)
///     try file.commit()
public struct AtomicFile: ~Copyable, Sendable {
  /// The destination's path, as it was given.
  public var path: String { writer.path }
  /// How many bytes the file has.
  public var byteCount: Int { writer.byteCount }
  /// What writes into it; threads may share it.
  public let writer: FileWriter

  private let partial: PartialFile
  private let interruption: Interruption

  /// Begins a file of `byteCount` bytes.
  ///
  /// - Parameters:
  ///   - path: The destination. Its directory must exist.
  ///   - byteCount: The length, to the byte.
  ///   - overwrites: Whether a file of that name may be replaced.
  ///   - directory: The directory it is in, if it may have to be removed again.
  ///   - interruption: What stops the writing.
  /// - Throws: `exists`, `cannotReplace`, `noDirectory`, `noSpace`, `writeFailed`, or `interrupted`.
  public init(
    path: String, byteCount: Int, overwrites: Bool = false, directory: OutputDirectory? = nil,
    interruption: Interruption = .ofProcess
  ) throws(FileError) {
    precondition(byteCount >= 0, "a file cannot have fewer than no bytes")
    try interruption.check()
    let (partial, descriptor) = try PartialFile.create(
      path: path, overwrites: overwrites, directory: directory, interruption: interruption)
    let writer = FileWriter(
      descriptor: descriptor, direct: DirectWriter(path: partial.path, byteCount: byteCount),
      path: path, byteCount: byteCount, interruption: interruption)
    try writer.reserve()
    self.writer = writer
    self.partial = partial
    self.interruption = interruption
  }

  /// Writes `bytes` so that the first is at `offset`; any number of threads may.
  ///
  /// - Throws: `noSpace`, `writeFailed`, or `interrupted`.
  /// - Precondition: They lie within the file's length.
  public borrowing func write(_ bytes: RawSpan, at offset: Int) throws(FileError) {
    try writer.write(bytes, at: offset)
  }

  /// Syncs the file and gives it its name.
  ///
  /// - Throws: `exists` if a file of that name has appeared meanwhile and may not be replaced.
  /// - Precondition: Every byte has been written.
  public consuming func commit() throws(FileError) {
    var set = AtomicFileSet(interruption: interruption)
    try set.add(self)
    try set.publish()
  }

  /// Syncs the file and gives it up.
  consuming func staged() throws(FileError) -> PartialFile {
    try writer.sync()
    return partial
  }
}

extension AtomicFile {
  /// Writes a small file whole.
  ///
  /// - Throws: As `init`, `write` and `commit` do.
  public static func create(
    path: String, contents: RawSpan, overwrites: Bool = false
  ) throws(FileError) {
    let file = try AtomicFile(path: path, byteCount: contents.byteCount, overwrites: overwrites)
    try file.write(contents, at: 0)
    try file.commit()
  }
}
