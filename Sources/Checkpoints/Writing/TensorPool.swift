internal import TensorStorage

/// Files that hold tensors of an output and are not among its own: those which several models share.
package struct TensorPool: Sendable {
  /// How the directory of a model gets at a file of the pool.
  package enum Link: String, CaseIterable, Sendable {
    /// Its index names the file where it is.
    case relative
    /// The file has a second name in the directory.
    case hard
    /// A symbolic link in the directory leads to it.
    case symlink
    /// The directory has a copy.
    case copy
  }

  /// One file.
  package struct File: Sendable {
    /// Its path.
    package var path: String
    /// The same from the directory of a model: `../shared/token_emb-3f2a9c.safetensors`.
    package var relativePath: String
    /// What it consists of.
    package var segments: [FileSegment]
    /// The name of its tensor, which an index gives as well.
    package var tensorName: TensorName

    /// A file of the pool.
    package init(
      path: String, relativePath: String, segments: [FileSegment], tensorName: TensorName
    ) {
      self.tensorName = tensorName
      self.path = path
      self.relativePath = relativePath
      self.segments = segments
    }
  }

  /// How a directory gets at the files.
  package var link: Link
  /// The files.
  package var files: [File]
  /// For tensors of the source that the pool holds, the file, as a position in `files`.
  package var fileOfTensor: [TensorName: Int]

  /// A pool.
  package init(
    link: Link = .hard, files: [File] = [], fileOfTensor: [TensorName: Int] = [:]
  ) {
    self.link = link
    self.files = files
    self.fileOfTensor = fileOfTensor
  }

  /// How many of the files get a name in the directory.
  var linkedFileCount: Int { link == .relative ? 0 : files.count }
}

extension TensorPool.File {
  /// What stands under the name `name` in the directory; nil if nothing needs to.
  func output(
    as link: TensorPool.Link, at path: String
  ) throws(PlanFault) -> OutputLayout.File? {
    var content = SegmentList()
    for segment in segments {
      // A copy casts nothing of its own: the account is the pool's.
      switch segment.content {
      case .bytes(let bytes): try content.append(bytes)
      case .tensor(let tensor, owner: _): try content.append(tensor, owner: nil)
      case .checksums: preconditionFailure("safetensors files have no checksums")
      }
    }
    switch link {
    case .relative: return nil
    case .hard:
      let link = FileLink(.hard, to: self.path)
      return .init(path: path, segments: content, link: link, isPooled: true)
    case .symlink:
      let link = FileLink(.symbolic, to: relativePath)
      return .init(path: path, segments: content, link: link, isPooled: true)
    case .copy: return .init(path: path, segments: content, isPooled: true)
    }
  }
}
