internal import TensorStorage

/// What older protocols say by calls, said as the opcodes of younger ones.
extension PickleMachine {
  /// The creation of an object that `call` stands for; nil if it is an ordinary call.
  mutating func creation(by call: PickleCells.Call) -> PickleCells.Call? {
    let helpers = cells.helpers
    let tuple = cell(call.arguments)
    let arguments = [Int32](cells.elements(ofTuple: tuple).prefix(3))
    guard let callee = arguments.first else { return nil }
    switch call.callee {
    case helpers.reconstructor where arguments.dropFirst() == [helpers.object, PickleCells.none]:
      return PickleCells.Call(kind: .newObject, callee: callee, arguments: PickleCells.emptyTuple)
    case helpers.newObject:
      return PickleCells.Call(kind: .newObject, callee: callee, arguments: tail(of: tuple))
    case helpers.newObjectWithKeywords
    where arguments.count == 3 && cell(arguments[1]).kind == .tuple
      && cell(arguments[2]).kind == .dict:
      return PickleCells.Call(
        kind: .newObject, callee: callee, arguments: arguments[1],
        keywordArguments: arguments[2])
    default: return nil
    }
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
    for call in cells.calls where call.callee == attribute {
      if let path = cells.global(by: call) {
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
