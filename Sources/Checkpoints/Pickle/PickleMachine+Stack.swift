extension PickleMachine {
  mutating func push(_ reference: Int32) { stack.append(reference) }

  mutating func push(_ cell: PickleCells.Cell) { stack.append(cells.append(cell)) }

  /// The value on top, which stays.
  func top() throws(PickleFault) -> Int32 {
    guard stack.count > fence, let last = stack.last else { throw underflow() }
    return last
  }

  mutating func pop() throws(PickleFault) -> Int32 {
    let last = try top()
    stack.removeLast()
    return last
  }

  /// What to say of a stack that holds too little: Python's two cases.
  func underflow() -> PickleFault { marks.isEmpty ? .stackUnderflow : .unexpectedMark }

  /// POP: drops the value on top, or the MARK if that is on top.
  mutating func discard() throws(PickleFault) {
    if !marks.isEmpty, fence == stack.count {
      _ = try popMark()
    } else {
      _ = try pop()
    }
  }

  mutating func mark() {
    marks.append(stack.count)
    fence = stack.count
  }

  /// Drops the last MARK; the result is the height of the stack there.
  mutating func popMark() throws(PickleFault) -> Int {
    guard let height = marks.popLast() else { throw .missingMark }
    fence = marks.last ?? 0
    return height
  }

  mutating func store(at number: UInt64) throws(PickleFault) {
    guard memo.store(try top(), at: number, unorderedLimit: limits.unorderedMemoCount) else {
      throw .scatteredMemo(limit: limits.unorderedMemoCount)
    }
  }

  mutating func load(from number: UInt64) throws(PickleFault) {
    guard let reference = memo.value(at: number) else { throw .missingMemo(number) }
    push(reference)
  }

  /// The value `reference` points at.
  func cell(_ reference: Int32) -> PickleCells.Cell { cells.cells[Int(reference)] }
}
