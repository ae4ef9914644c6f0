internal import TensorStorage

extension TensorRebuilder {
  /// `_rebuild_sparse_tensor(layout, data)`: indices and values become tensors beside each other.
  ///
  /// COO: `NAME.indices`, `NAME.values`, `NAME.size`. The compressed layouts: `NAME.crow_indices` and
  /// `NAME.col_indices` (CSR, BSR) or `NAME.ccol_indices` and `NAME.row_indices` (CSC, BSC).
  func sparse(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    let layout = try sparseLayout(call)
    guard let data = try call.argument(1, "indices and values").tuple, data.count >= 3 else {
      throw call.error(needed: "indices and values")
    }
    let parts = try layout == .coo ? coordinate(data, call) : compressed(data, layout, call)
    return RebuiltTensor(kind: .sparse, parts: parts)
  }

  private func sparseLayout(_ call: TensorCall) throws(FormatError) -> SparseLayout {
    let value = try call.argument(0, "a layout")
    var name = value.global.map { "\($0.module).\($0.name)" }
    if value.meaning == .layout { name = value.arguments?.first?.text }
    guard let name, let layout = SparseLayout(rawValue: name) else {
      throw call.reading.error(.layout(name ?? "unknown"))
    }
    return layout
  }

  private func coordinate(
    _ data: [TorchValue], _ call: TensorCall
  ) throws(FormatError) -> [RebuiltTensor.Part] {
    let indices = try plainTensor(data[0], call)
    let values = try plainTensor(data[1], call)
    guard let size = data[2].integers, let sizePart = RebuiltTensor.Part.integers(".size", size)
    else { throw call.error(needed: "a size") }
    let check = SparseIndices(size: size, reading: call.reading)
    try check.coordinate(indices: indices, values: values)
    return [
      RebuiltTensor.Part(suffix: ".indices", tensor: indices),
      RebuiltTensor.Part(suffix: ".values", tensor: values), sizePart,
    ]
  }

  private func compressed(
    _ data: [TorchValue], _ layout: SparseLayout, _ call: TensorCall
  ) throws(FormatError) -> [RebuiltTensor.Part] {
    guard data.count >= 4, let size = data[3].integers,
      let sizePart = RebuiltTensor.Part.integers(".size", size)
    else { throw call.error(needed: "indices, values and a size") }
    let starts = try plainTensor(data[0], call)
    let indices = try plainTensor(data[1], call)
    let values = try plainTensor(data[2], call)
    let check = SparseIndices(size: size, reading: call.reading)
    try check.compressed(starts: starts, indices: indices, values: values, layout: layout)
    let names = layout.isRowCompressed ? ("crow", "col") : ("ccol", "row")
    return [
      RebuiltTensor.Part(suffix: ".\(names.0)_indices", tensor: starts),
      RebuiltTensor.Part(suffix: ".\(names.1)_indices", tensor: indices),
      RebuiltTensor.Part(suffix: ".values", tensor: values), sizePart,
    ]
  }

  /// `_rebuild_nested_tensor(buffer, sizes, strides, offsets)`: tensors of different shapes in one buffer,
  /// as `NAME.values`, `NAME.sizes`, `NAME.strides` and `NAME.offsets`.
  func nested(_ call: TensorCall) throws(FormatError) -> RebuiltTensor {
    var tensors: [LazyTensor] = []
    for position in 0..<4 {
      tensors.append(try plainTensor(call.argument(position, "a tensor"), call))
    }
    try NestedShapes(
      buffer: tensors[0], sizes: tensors[1], strides: tensors[2], offsets: tensors[3],
      reading: call.reading
    ).check()
    let suffixes = [".values", ".sizes", ".strides", ".offsets"]
    return RebuiltTensor(
      kind: .nested,
      parts: zip(suffixes, tensors).map { RebuiltTensor.Part(suffix: $0, tensor: $1) })
  }
}

/// The sparse layouts, by what torch calls them.
enum SparseLayout: String {
  case coo = "torch.sparse_coo"
  case csr = "torch.sparse_csr"
  case csc = "torch.sparse_csc"
  case bsr = "torch.sparse_bsr"
  case bsc = "torch.sparse_bsc"

  var isRowCompressed: Bool { self == .csr || self == .bsr }
  var isBlocked: Bool { self == .bsr || self == .bsc }
}
