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

/// `getattr`, which is the way to nested classes and the way to everything else.
extension PickleMachine {
  /// Adds what `getattr` is the dotted name of to the globals, and refuses any other use of it.
  ///
  /// Whatever else a pickle does with it (handing it to another function, taking attributes of what a call
  /// returned) is how attacks reach what they do not name.
  mutating func resolveAttributes(root: Int32) throws(PickleFault) {
    let attribute = cells.helpers.attribute
    guard attribute >= 0 else { return }
    opcodeOffset = cells.globals[Int(cell(attribute).small)].byteOffset
    var isHandedOn =
      root == attribute || cells.references.contains(attribute)
      || cells.cells.contains { $0.kind == .persistent && $0.small == attribute }
    var remainingCount = limits.attributeCount
    for call in cells.calls where call.callee == attribute {
      remainingCount -= 1
      if remainingCount >= 0, let path = cells.global(by: call) {
        try refuseIfDangerous(module: path.module, name: path.name)
        _ = try addGlobal(module: path.module, name: path.name)
      } else {
        isHandedOn = true
      }
    }
    if isHandedOn, policy == .refuseDangerous {
      throw .dangerousGlobal(module: "builtins", name: "getattr")
    }
  }
}
