internal import TensorStorage
internal import TransformerGraph

extension Resize {
  /// Gives the wrapper at `place` another `max_seq_len`; a learned table of positions is cut or grows.
  ///
  /// Rotary and other positions that are computed have no table: only the argument changes.
  func resizePositions(
    _ model: inout SurgeryModel, _ graph: ModelGraph, of place: WrapperPlace, to length: Int,
    _ facts: inout [String]
  ) throws(SurgeryError) {
    let before = place.wrapper.maxSequenceLength
    guard before > 0 else {
      throw unsuitable(
        model, "\(place.title) has max_seq_len 0, no longest sequence, and so no table of positions"
      )
    }
    try model.set("max_seq_len", of: place, to: .int(length))
    guard case .absolute(let table, _, _)? = place.wrapper.positionalEmbedding else {
      facts.append("max_seq_len \(before) → \(length): there is no table of positions")
      return
    }
    let kept = min(before, length)
    let rows = (0..<kept).map(Int?.some) + Array(repeating: nil, count: length - kept)
    let arrangement = try self.arrangement(rows, of: before, in: model)
    let paths = graph.slots.filter { $0.parameter === table }.map(\.path)
    let values = try self.rows(
      of: table.tensor, arrangement, named: paths.first ?? "", in: model)
    for path in paths { model.replace(path, with: values) }
    facts.append(
      "max_seq_len \(before) → \(length): \(paths.joined(separator: ", "))"
        + (length > kept ? "; \(length - kept) new rows: \(newRows.title)" : ""))
  }
}
