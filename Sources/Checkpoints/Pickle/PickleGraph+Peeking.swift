/// Looks that cost the same however much a value holds.
///
/// A pickle can hand one tuple of a million values to a million calls in five bytes each. What asks only what a
/// value is, or for the few arguments that a call of torch has, must not copy them each time.
extension PickleGraph {
  /// What the value at `id` is.
  func kind(_ id: ID) -> PickleCells.Kind { cell(id).kind }

  /// How many elements, pairs, characters or bytes the value at `id` holds itself: of an object, its items and elements.
  func count(_ id: ID) -> Int {
    let cell = cell(id)
    switch cell.kind {
    case .tuple, .text, .byteString, .bytes, .bigInt: return Int(cell.small)
    case .list, .set: return Int(cell.chain.count)
    case .dict: return Int(cell.chain.count) / 2
    case .object:
      guard let contents = contents(id) else { return 0 }
      return Int(contents.items.count) / 2 + Int(contents.elements.count)
    case .none, .bool, .int, .float, .global, .persistent: return 0
    }
  }

  /// The elements of the tuple at `id`; nil if it is something else, or has more than `limit`.
  func tuple(_ id: ID, upTo limit: Int) -> [ID]? {
    let cell = cell(id)
    guard cell.kind == .tuple, cell.small <= limit else { return nil }
    return cells.elements(ofTuple: cell).map(ID.init(position:))
  }

  /// What the persistent id at `id` is; nil if it is something else.
  func persistentID(_ id: ID) -> ID? {
    let cell = cell(id)
    return cell.kind == .persistent ? ID(position: cell.small) : nil
  }

  /// Where in the pickle the bytes at `id` lie; nil if it is something else, or was decoded.
  func byteRange(_ id: ID) -> Range<Int>? {
    let cell = cell(id)
    guard cell.kind == .bytes, cell.large < cells.source.count else { return nil }
    return cell.large..<cell.large + Int(cell.small)
  }

  /// The beginning of the text at `id`, up to that many bytes and as far as they are whole characters; nil if it is
  /// something else or the beginning is not UTF-8.
  func textPrefix(_ id: ID, byteCount: Int) -> String? {
    let cell = cell(id)
    guard cell.kind == .text || cell.kind == .byteString else { return nil }
    var bytes = cells.bytes(of: cell)
    if bytes.count > byteCount {
      bytes = bytes.prefix(byteCount)
      while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
      if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// What the object at `id` is a call of; nil if it is something else.
  func callee(_ id: ID) -> ID? { call(id).map { ID(position: $0.callee) } }

  /// The tuple of the arguments of the object at `id`; nil if it is something else.
  func argumentTuple(_ id: ID) -> ID? { call(id).map { ID(position: $0.arguments) } }

  /// The state that the object at `id` was given last; nil if it is something else or got none.
  func lastState(_ id: ID) -> ID? {
    guard let last = contents(id)?.states.last, last >= 0 else { return nil }
    let chunk = cells.chunks[Int(last)]
    return ID(position: cells.references[Int(chunk.start) + Int(chunk.count) - 1])
  }

  private func cell(_ id: ID) -> PickleCells.Cell { cells.cells[Int(id.position)] }

  private func call(_ id: ID) -> PickleCells.Call? {
    let cell = cell(id)
    return cell.kind == .object ? cells.calls[Int(cell.small)] : nil
  }

  private func contents(_ id: ID) -> PickleCells.Contents? {
    guard let call = call(id), call.contents >= 0 else { return nil }
    return cells.contents[Int(call.contents)]
  }
}
