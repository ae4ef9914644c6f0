internal import TensorStorage

/// The files of an output and what they hold, before it is known whether they may be written.
struct OutputLayout {
  /// One file.
  struct File {
    var path: String
    var segments: SegmentList
    /// What the file is another name of, if it has no bytes of its own.
    var link: FileLink?
    /// Whether it is a file of a pool, under a name in this directory.
    var isPooled = false
  }

  /// Where an item of the conversion goes.
  struct Placement {
    /// Its file, as a position in `files`; nil if it is none of them.
    var file: Int?
    /// What is done with its bytes.
    var action: TensorAction
    /// Bytes that it adds.
    var byteCount: Int
  }

  /// The files, the index last.
  var files: [File] = []
  /// One placement for each item.
  var placements: [Placement]
  /// What was decided without being asked.
  var remarks: [String] = []
}

extension Conversion {
  /// What reading this item's elements as they are to be written amounts to.
  func action(of item: Item) -> TensorAction {
    switch item.tensor.derivation {
    case .rows: return .rows
    case .computed(let formula): return .compute(formula: formula)
    case nil: break
    }
    if item.tensor.dtype != item.tensor.storedDType { return .cast }
    return item.tensor.isPlainCopy ? .copy : .gather
  }
}
