extension PickleMachine {
  /// BINPERSID.
  mutating func pushPersistent() throws(PickleFault) {
    let reference = try pop()
    push(PickleCells.Cell(kind: .persistent, small: reference, large: 0))
  }

  /// REDUCE: what `callee(*arguments)` would be.
  mutating func reduce() throws(PickleFault) {
    let arguments = try popTuple("REDUCE")
    let callee = try popCallable("REDUCE")
    let call = PickleCells.Call(kind: .reduce, callee: callee, arguments: arguments)
    if !pushCreation(insteadOf: call) { pushCall(call) }
  }

  /// NEWOBJ: what `class.__new__(class, *arguments)` would be.
  mutating func newObject() throws(PickleFault) {
    let arguments = try popTuple("NEWOBJ")
    let callee = try popCallable("NEWOBJ")
    pushCall(PickleCells.Call(kind: .newObject, callee: callee, arguments: arguments))
  }

  /// NEWOBJ_EX: the same with keyword arguments.
  mutating func newObjectWithKeywords() throws(PickleFault) {
    let keywordArguments = try pop()
    guard cell(keywordArguments).kind == .dict else {
      throw wrongOperand("NEWOBJ_EX", "a dict", keywordArguments)
    }
    let arguments = try popTuple("NEWOBJ_EX")
    let callee = try popCallable("NEWOBJ_EX")
    let call = PickleCells.Call(kind: .newObject, callee: callee, arguments: arguments)
    pushCall(call, keywordArguments: keywordArguments)
  }

  /// INST: a class named by two lines, with arguments from the last MARK.
  mutating func pushInstance() throws(PickleFault) {
    let callee = try lineGlobal()
    try pushTuple(from: popMark())
    let arguments = try pop()
    pushCall(PickleCells.Call(kind: .instance, callee: callee, arguments: arguments))
  }

  /// OBJ: a class and its arguments from the last MARK.
  mutating func pushObject() throws(PickleFault) {
    let height = try popMark()
    guard height < stack.count else { throw underflow() }
    try pushTuple(from: height + 1)
    let arguments = try pop()
    let callee = try popCallable("OBJ")
    pushCall(PickleCells.Call(kind: .instance, callee: callee, arguments: arguments))
  }

  /// BUILD: a state for what a call would have returned.
  mutating func build() throws(PickleFault) {
    let state = try pop()
    let target = try top()
    let cell = cell(target)
    guard cell.kind == .object else { throw wrongOperand("BUILD", "an object", target) }
    cells.extend(call: cell.small, \.states, with: [state])
  }

  mutating func pushCall(_ call: PickleCells.Call, keywordArguments: Int32? = nil) {
    let position = Int32(cells.calls.count)
    cells.calls.append(call)
    if let keywordArguments { cells.setKeywordArguments(keywordArguments, ofCall: position) }
    push(PickleCells.Cell(kind: .object, small: position, large: 0))
  }

  private mutating func popTuple(_ opcode: String) throws(PickleFault) -> Int32 {
    let reference = try pop()
    guard cell(reference).kind == .tuple else { throw wrongOperand(opcode, "a tuple", reference) }
    return reference
  }

  private mutating func popCallable(_ opcode: String) throws(PickleFault) -> Int32 {
    let reference = try pop()
    switch cell(reference).kind {
    case .global, .object, .persistent: return reference
    default: throw wrongOperand(opcode, "a class or function", reference)
    }
  }

  private func wrongOperand(
    _ opcode: String, _ needed: String, _ reference: Int32
  ) -> PickleFault {
    .wrongOperand(opcode: opcode, needed: needed, found: cell(reference).kind.pythonName)
  }
}
