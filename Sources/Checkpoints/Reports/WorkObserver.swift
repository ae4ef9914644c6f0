package import TensorStorage

/// Is told how far work on tensors is, and may end it.
package struct WorkObserver: Sendable {
  /// Is called after each tile, from any thread, with the bytes that were processed; ends the work by
  /// throwing `FileError.interrupted`.
  package let didProcess: @Sendable (Int) throws(FileError) -> Void

  /// Calls `didProcess` after each tile.
  package init(didProcess: @escaping @Sendable (Int) throws(FileError) -> Void) {
    self.didProcess = didProcess
  }

  /// Lets the work go on unobserved.
  package static let none = WorkObserver { _ in }
}

extension Checkpoint {
  /// The file that holds an entry, as the user named it.
  package func file(of name: TensorName) -> String {
    let position = source.fileOfTensor[name] ?? 0
    return source.files.indices.contains(position) ? source.files[position] : ""
  }

  /// Bytes of all tensors, each name by itself.
  package var byteCount: Int {
    entries.reduce(into: 0) { $0.addClamped($1.tensor.byteCount) }
  }

  /// Bytes of all tensors, names of the same elements counted once.
  package var uniqueByteCount: Int {
    let duplicates = duplicateOf()
    return entries.indices.reduce(into: 0) { sum, position in
      if duplicates[position] == nil { sum.addClamped(entries[position].tensor.byteCount) }
    }
  }

  /// An error of the disk met while the tensor of that name was read.
  package func error(_ error: FileError, reading name: TensorName) -> FormatError {
    FormatError(file: file(of: name), tensor: name.text, .file(error))
  }
}
