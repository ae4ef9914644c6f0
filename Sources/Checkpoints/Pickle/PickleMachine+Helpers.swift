internal import TensorStorage

/// What older protocols say by calls, said as the opcodes of younger ones.
extension PickleMachine {
  /// Pushes the creation of an object that `call` stands for; false, and nothing, if it is an ordinary call.
  mutating func pushCreation(insteadOf call: PickleCells.Call) -> Bool {
    let helpers = cells.helpers
    guard helpers.create(call.callee) else { return false }
    let tuple = cell(call.arguments)
    let arguments = cells.elements(ofTuple: tuple)
    guard let callee = arguments.first else { return false }
    let rest = [Int32](arguments.dropFirst().prefix(3))
    var creation = PickleCells.Call(
      kind: .newObject, callee: callee, arguments: PickleCells.emptyTuple)
    switch call.callee {
    case helpers.reconstructor where rest == [helpers.object, PickleCells.none]: break
    case helpers.newObject: creation.arguments = tail(of: tuple)
    case helpers.newObjectWithKeywords
    where rest.count == 2 && cell(rest[0]).kind == .tuple && cell(rest[1]).kind == .dict:
      creation.arguments = rest[0]
      pushCall(creation, keywordArguments: rest[1])
      return true
    default: return false
    }
    pushCall(creation)
    return true
  }

  /// All but the first element of a tuple: the same references, seen from the second on.
  private mutating func tail(of tuple: PickleCells.Cell) -> Int32 {
    guard tuple.small > 1 else { return PickleCells.emptyTuple }
    return cells.append(
      PickleCells.Cell(kind: .tuple, small: tuple.small - 1, large: tuple.large + 1))
  }
}

/// `getattr` and `type`, which real pickles call in one way each, and attacks in any other.
extension PickleMachine {
  /// Adds what `getattr` is the dotted name of to the globals, and refuses any other use of it; and refuses any use
  /// of `type` but for the class of None.
  ///
  /// Whatever else a pickle does with them (handing them to another function, taking attributes of what a call
  /// returned) is how attacks reach what they do not name.
  mutating func judgeHelpers(root: Int32) throws(PickleFault) {
    try judge(cells.helpers.attribute, "getattr", root) { machine, call throws(PickleFault) in
      guard let path = machine.cells.global(by: call) else { return false }
      try machine.refuseIfDangerous(module: path.module, name: path.name)
      _ = try machine.addGlobal(module: path.module, name: path.name)
      return true
    }
    try judge(cells.helpers.type, "type", root) { machine, call throws(PickleFault) in
      let arguments = machine.cells.elements(ofTuple: machine.cell(call.arguments))
      return call.kind == .reduce && arguments == [PickleCells.none]
    }
  }

  /// Refuses a function of `builtins` unless it is only called, each time in a way that is right.
  private mutating func judge(
    _ function: Int32, _ name: String, _ root: Int32,
    isRight: (inout PickleMachine, PickleCells.Call) throws(PickleFault) -> Bool
  ) throws(PickleFault) {
    guard function >= 0 else { return }
    opcodeOffset = cells.globals[Int(cell(function).small)].byteOffset
    var isWrong =
      root == function || cells.references.contains(function)
      || cells.cells.contains { $0.kind == .persistent && $0.small == function }
    var remainingCount = limits.attributeCount
    for call in cells.calls where call.callee == function {
      remainingCount -= 1
      if remainingCount < 0 { isWrong = true }
      if !isWrong { isWrong = try !isRight(&self, call) }
    }
    if isWrong, policy == .refuseDangerous {
      throw .dangerousGlobal(module: "builtins", name: name)
    }
  }
}
