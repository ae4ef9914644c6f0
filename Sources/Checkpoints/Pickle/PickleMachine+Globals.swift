extension PickleMachine {
  /// GLOBAL: two lines, module and name.
  mutating func pushLineGlobal() throws(PickleFault) { push(try lineGlobal()) }

  /// The global named by the next two lines.
  mutating func lineGlobal() throws(PickleFault) -> Int32 {
    let module = try line()
    let name = try line()
    return try global(module: number(of: source[module]), name: number(of: source[name]))
  }

  /// STACK_GLOBAL: module and name are two texts on the stack.
  mutating func pushStackGlobal() throws(PickleFault) {
    let name = try pop()
    let module = try pop()
    push(try global(module: number(ofTextAt: module), name: number(ofTextAt: name)))
  }

  /// EXT1, EXT2, EXT4: a global by its number in a registry that only the writing program knows.
  mutating func pushExtension(_ code: Int) throws(PickleFault) {
    if policy == .refuseDangerous { throw .extensionCode(code) }
    push(try addGlobal(module: "copyreg", name: "extension \(code)"))
  }

  private mutating func number(ofTextAt reference: Int32) throws(PickleFault) -> Int32 {
    if let known = globalNames.number(ofTextAt: reference) { return known }
    let cell = cell(reference)
    guard cell.kind == .text else {
      throw .wrongOperand(
        opcode: "STACK_GLOBAL", needed: "two texts", found: cell.kind.pythonName)
    }
    let number = try number(of: cells.bytes(of: cell))
    globalNames.note(number, ofTextAt: reference)
    return number
  }

  /// The number of a part of a global's name.
  private mutating func number(of bytes: ArraySlice<UInt8>) throws(PickleFault) -> Int32 {
    guard bytes.count <= limits.globalByteCount else {
      throw .globalTooLong(byteCount: bytes.count, limit: limits.globalByteCount)
    }
    guard !bytes.isEmpty, let number = globalNames.number(of: bytes) else {
      throw .malformedGlobal
    }
    return number
  }

  /// The one value for a global as the pickle writes it.
  private mutating func global(module: Int32, name: Int32) throws(PickleFault) -> Int32 {
    let key = PickleGlobalNames.Key(module: module, name: name, isPython2: version < 3)
    if let known = globalNames[key] { return known }
    let written = (module: globalNames.texts[Int(module)], name: globalNames.texts[Int(name)])
    try refuseIfDangerous(module: written.module, name: written.name)
    let reference: Int32
    if key.isPython2 {
      let current = Python2Names.current(module: written.module, name: written.name)
      try refuseIfDangerous(module: current.module, name: current.name)
      reference = try addGlobal(module: current.module, name: current.name)
    } else {
      reference = try addGlobal(module: written.module, name: written.name)
    }
    globalNames[key] = reference
    return reference
  }

  func refuseIfDangerous(module: String, name: String) throws(PickleFault) {
    if policy == .refuseDangerous, GlobalPolicy.isDangerous(module: module, name: name) {
      throw .dangerousGlobal(module: module, name: name)
    }
  }

  /// The one value for a global under its name of today.
  mutating func addGlobal(module: String, name: String) throws(PickleFault) -> Int32 {
    let key = PickleGlobalNames.Key(
      module: try number(of: ArraySlice(module.utf8)),
      name: try number(of: ArraySlice(name.utf8)), isPython2: false)
    if let known = globalNames[key] { return known }
    guard cells.globals.count < limits.globalCount else {
      throw .tooManyGlobals(limit: limits.globalCount)
    }
    let position = Int32(cells.globals.count)
    cells.globals.append(
      PickleGraph.Global(module: module, name: name, byteOffset: opcodeOffset))
    let reference = cells.append(PickleCells.Cell(kind: .global, small: position, large: 0))
    globalNames[key] = reference
    cells.note(reference, module: module, name: name)
    return reference
  }
}
