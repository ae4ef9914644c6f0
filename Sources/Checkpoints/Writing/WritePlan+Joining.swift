internal import TensorStorage

extension WritePlan {
  /// Several plans as one, whose files become visible together.
  ///
  /// - Parameters:
  ///   - parts: The plans, with what stands before the names of their tensors in listings (`en: `).
  ///   - directories: The directories that are made besides those of the plans, outer ones first.
  ///   - last: Files that become visible after all others.
  ///   - paths: Where those go.
  ///   - sources: Files that are read, which none of those may replace.
  ///   - options: What the plans were made with.
  ///   - own: What is to be said besides the plans' remarks.
  /// - Throws: Where a file is taken, or the buffers have no room.
  package init(
    _ parts: [(title: String, plan: WritePlan)], directories: [String], last: [CompanionFile],
    at paths: [String], sources: [String], options: ConversionOptions,
    remarks own: [String] = []
  ) throws(FormatError) {
    var files: [PlannedFile] = []
    var tensors: [PlannedTensor] = []
    for (title, plan) in parts {
      tensors += plan.tensors.map { $0.moved(behind: files.count, title: title) }
      files += plan.files.map { $0.moved(behind: tensors.count - plan.tensors.count) }
    }
    for (companion, path) in zip(last, paths) {
      files.append(try PlannedFile(companion, path: path))
    }
    try OutputPlace(paths: paths, sources: sources).check(overwrites: options.overwrites)
    format = parts.first?.plan.format ?? .safetensors
    self.files = files
    self.tensors = tensors
    removedFiles = parts.flatMap(\.plan.removedFiles)
    var seen: Set<String> = []
    remarks = (parts.flatMap(\.plan.remarks) + own).filter { seen.insert($0).inserted }
    freeDiskByteCount = FileSystem.freeByteCount(at: files.first?.path ?? ".")
    let made = Set(directories.map(\.withoutSlash))
    self.directories =
      directories + parts.flatMap(\.plan.directories).filter { !made.contains($0.withoutSlash) }
    overwrites = options.overwrites
    allowsOverflow = options.allowsOverflow
    let contents = files.filter { $0.link == nil }.flatMap { $0.segments.compactMap(\.tensor) }
    readByteCount = contents.reduce(0) { $0 + $1.extentByteCount }
    do {
      budget = try WriteBudget(
        byteCount: options.memoryByteCount,
        threadCount: options.threadCount ?? Workers.processorCount,
        largestView: contents.reduce(0) { max($0, $1.heldByteCount) })
    } catch { throw FormatError(file: files.first?.path ?? "", .plan(error)) }
  }
}

extension PlannedTensor {
  /// The tensor in a list of files where its own stand behind `fileCount` others.
  fileprivate func moved(behind fileCount: Int, title: String) -> PlannedTensor {
    var tensor = self
    tensor.sourceName = TensorName(title + sourceName.text)
    tensor.name = name.map { TensorName(title + $0.text) }
    if case .alias(let other) = action {
      tensor.action = .alias(of: TensorName(title + other.text))
    }
    tensor.file = file.map { $0 + fileCount }
    return tensor
  }
}

extension PlannedFile {
  /// The file in a plan where its tensors stand behind `tensorCount` others.
  fileprivate func moved(behind tensorCount: Int) -> PlannedFile {
    PlannedFile(
      path: path, byteCount: byteCount, isCompanion: isCompanion,
      segments: segments.map { segment in
        guard case .tensor(let tensor, let owner?) = segment.content else { return segment }
        return FileSegment(
          byteOffset: segment.byteOffset, byteCount: segment.byteCount,
          content: .tensor(tensor, owner: owner + tensorCount))
      }, link: link, isPooled: isPooled)
  }
}

extension WritePlan {
  /// The names in the output's directory under which files of a pool are found, in the pool's order.
  package var linkedFileNames: [String] {
    files.filter(\.isPooled).map { ShardName.lastComponent(of: $0.path) }
  }
}

extension String {
  /// The path of a directory, however it was written.
  fileprivate var withoutSlash: Substring { hasSuffix("/") ? dropLast() : self[...] }
}

extension WritePlan {
  /// Whether finite values may become infinite.
  package var permitsOverflow: Bool { allowsOverflow }
}
