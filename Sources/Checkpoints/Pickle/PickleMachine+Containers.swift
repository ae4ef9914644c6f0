extension PickleMachine {
  /// Makes a tuple of the values from that height of the stack.
  mutating func pushTuple(from height: Int) throws(PickleFault) {
    guard height >= fence else { throw underflow() }
    guard height < stack.count else { return push(PickleCells.emptyTuple) }
    let cell = PickleCells.Cell(
      kind: .tuple, small: Int32(stack.count - height), large: cells.references.count)
    cells.references += stack[height...]
    stack.removeSubrange(height...)
    push(cell)
  }

  /// EMPTY_LIST, EMPTY_DICT, EMPTY_SET.
  mutating func pushContainer(_ kind: PickleCells.Kind) {
    push(PickleCells.Cell(kind: kind, chain: PickleCells.Chain()))
  }

  /// LIST, DICT, FROZENSET: a container of the values from the last MARK.
  mutating func pushFilled(_ kind: PickleCells.Kind) throws(PickleFault) {
    let height = try popMark()
    var chain = PickleCells.Chain()
    if kind == .dict, !(stack.count - height).isMultiple(of: 2) { throw .oddItemCount }
    cells.extend(&chain, with: stack[height...])
    stack.removeSubrange(height...)
    push(PickleCells.Cell(kind: kind, chain: chain))
  }

  /// APPEND, APPENDS, ADDITEMS: adds the values from that height to the list or set below them, or to
  /// what a call would have returned.
  mutating func addElements(
    _ kind: PickleCells.Kind, from height: Int
  ) throws(PickleFault) {
    let target = try target(below: height)
    let cell = cell(target)
    switch cell.kind {
    case kind:
      cells.extend(container: target, with: stack[height...])
    case .object:
      cells.extend(call: cell.small, \.elements, with: stack[height...])
    default:
      throw .cannotHold(kind: cell.kind.pythonName, opcode: kind == .set ? "ADDITEMS" : "APPENDS")
    }
    stack.removeSubrange(height...)
  }

  /// SETITEM, SETITEMS: adds keys and values from that height to the dict below them, or to what a
  /// call would have returned.
  mutating func addItems(from height: Int) throws(PickleFault) {
    let target = try target(below: height)
    guard (stack.count - height).isMultiple(of: 2) else { throw .oddItemCount }
    let cell = cell(target)
    switch cell.kind {
    case .dict:
      cells.extend(container: target, with: stack[height...])
    case .object:
      cells.extend(call: cell.small, \.items, with: stack[height...])
    default: throw .cannotHold(kind: cell.kind.pythonName, opcode: "SETITEMS")
    }
    stack.removeSubrange(height...)
  }

  /// The value just below that height of the stack.
  private func target(below height: Int) throws(PickleFault) -> Int32 {
    guard height > fence, height <= stack.count else { throw underflow() }
    return stack[height - 1]
  }
}
