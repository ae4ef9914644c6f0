internal import TensorStorage

extension PickleMachine {
  /// What tells one global from another, as written.
  struct GlobalKey: Hashable {
    var module: String
    var name: String
    /// Whether Python 2's names are mapped to today's.
    var isPython2: Bool
  }

  /// GLOBAL: two lines, module and name.
  mutating func pushLineGlobal() throws(PickleFault) { push(try lineGlobal()) }

  /// The global named by the next two lines.
  mutating func lineGlobal() throws(PickleFault) -> Int32 {
    let module = try line()
    let name = try line()
    return try global(module: globalText(source[module]), name: globalText(source[name]))
  }

  /// STACK_GLOBAL: module and name are two texts on the stack.
  mutating func pushStackGlobal() throws(PickleFault) {
    let name = try pop()
    let module = try pop()
    for part in [module, name] where cell(part).kind != .text {
      throw .wrongOperand(
        opcode: "STACK_GLOBAL", needed: "two texts", found: cell(part).kind.pythonName)
    }
    push(
      try global(
        module: globalText(cells.bytes(of: cell(module))),
        name: globalText(cells.bytes(of: cell(name)))))
  }

  /// EXT1, EXT2, EXT4: a global by its number in a registry that only the writing program knows.
  mutating func pushExtension(_ code: Int) throws(PickleFault) {
    if policy == .refuseDangerous { throw .extensionCode(code) }
    push(try global(module: "copyreg", name: "extension \(code)"))
  }

  /// A part of a global's name.
  private func globalText(_ bytes: ArraySlice<UInt8>) throws(PickleFault) -> String {
    guard bytes.count <= limits.globalByteCount else {
      throw .globalTooLong(byteCount: bytes.count, limit: limits.globalByteCount)
    }
    guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformedGlobal
    }
    return text
  }

  /// The one value for a global as the pickle writes it.
  private mutating func global(module: String, name: String) throws(PickleFault) -> Int32 {
    let key = GlobalKey(module: module, name: name, isPython2: version < 3)
    if let known = globalPositions[key] { return known }
    let current = key.isPython2 ? Python2Names.current(module: module, name: name) : (module, name)
    try refuseIfDangerous(module: module, name: name)
    try refuseIfDangerous(module: current.0, name: current.1)
    let reference = try addGlobal(module: current.0, name: current.1)
    globalPositions[key] = reference
    return reference
  }

  func refuseIfDangerous(module: String, name: String) throws(PickleFault) {
    if policy == .refuseDangerous, GlobalPolicy.isDangerous(module: module, name: name) {
      throw .dangerousGlobal(module: module, name: name)
    }
  }

  /// The one value for a global under its name of today.
  mutating func addGlobal(module: String, name: String) throws(PickleFault) -> Int32 {
    let written = GlobalKey(module: module, name: name, isPython2: false)
    if let known = globalPositions[written] { return known }
    guard cells.globals.count < limits.globalCount else {
      throw .tooManyGlobals(limit: limits.globalCount)
    }
    let position = Int32(cells.globals.count)
    cells.globals.append(
      PickleGraph.Global(module: module, name: name, byteOffset: opcodeOffset))
    let reference = cells.append(PickleCells.Cell(kind: .global, small: position, large: 0))
    globalPositions[written] = reference
    cells.note(reference, module: module, name: name)
    return reference
  }
}
