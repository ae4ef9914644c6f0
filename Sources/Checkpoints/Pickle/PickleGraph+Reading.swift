extension PickleGraph {
  /// The text at `id`; nil if it is something else, not UTF-8, or longer than `byteCount` bytes: what is longer
  /// than anything that is looked for costs nothing.
  package func text(_ id: ID, upTo byteCount: Int = .max) -> String? {
    let cell = cells.cells[Int(id.position)]
    guard cell.kind == .text || cell.kind == .byteString else { return nil }
    let bytes = cells.bytes(of: cell)
    return bytes.count <= byteCount ? String(validating: bytes, as: UTF8.self) : nil
  }

  /// The bytes at `id`: of bytes, a bytearray, or a string of Python 2 (which had one type for both).
  package func bytes(_ id: ID) -> [UInt8]? {
    let cell = cells.cells[Int(id.position)]
    guard cell.kind == .bytes || cell.kind == .byteString else { return nil }
    return [UInt8](cells.bytes(of: cell))
  }

  /// The integer at `id`; nil if it is something else (a bool is) or does not fit.
  package func int(_ id: ID) -> Int? {
    let cell = cells.cells[Int(id.position)]
    return cell.kind == .int ? cell.large : nil
  }

  /// The float at `id`; nil if it is something else.
  package func float(_ id: ID) -> Double? {
    let cell = cells.cells[Int(id.position)]
    return cell.kind == .float ? Double(bitPattern: UInt64(bitPattern: Int64(cell.large))) : nil
  }

  /// The bool at `id`.
  package func bool(_ id: ID) -> Bool? {
    let cell = cells.cells[Int(id.position)]
    return cell.kind == .bool ? cell.large != 0 : nil
  }

  /// The elements of the tuple at `id`.
  package func tuple(_ id: ID) -> [ID]? {
    guard case .tuple(let elements) = self[id] else { return nil }
    return elements
  }

  /// The elements of the list or tuple at `id`.
  package func sequence(_ id: ID) -> [ID]? {
    switch self[id] {
    case .tuple(let elements), .list(let elements): elements
    default: nil
    }
  }

  /// The global at `id`, be it named outright or as an attribute of one (a nested class).
  package func global(_ id: ID) -> Global? {
    let cell = cells.cells[Int(id.position)]
    if cell.kind == .global { return cells.globals[Int(cell.small)] }
    guard let path = cells.global(at: id.position) else { return nil }
    return globals.first { $0.module == path.module && $0.name == path.name }
  }
}
