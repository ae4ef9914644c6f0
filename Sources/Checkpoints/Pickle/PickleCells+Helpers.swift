extension PickleCells {
  /// Functions by which older protocols say what younger ones have opcodes for.
  struct Helpers {
    /// `copyreg._reconstructor(class, object, None)`: NEWOBJ, in protocols 0 and 1.
    var reconstructor: Int32 = -1
    /// `copyreg.__newobj__(class, *arguments)`: NEWOBJ.
    var newObject: Int32 = -1
    /// `copyreg.__newobj_ex__(class, arguments, keywordArguments)`: NEWOBJ_EX, up to protocol 3.
    var newObjectWithKeywords: Int32 = -1
    /// `getattr(class, name)`: STACK_GLOBAL with a dotted name, up to protocol 3.
    var attribute: Int32 = -1
    /// `type(None)`, which has no other name.
    var type: Int32 = -1
    /// `object`.
    var object: Int32 = -1

    /// Whether `callee` is one of those that create objects.
    func create(_ callee: Int32) -> Bool {
      callee == reconstructor || callee == newObject || callee == newObjectWithKeywords
    }
  }

  /// Remembers a global if it is one of these.
  mutating func note(_ reference: Int32, module: String, name: String) {
    switch (module, name) {
    case ("copyreg", "_reconstructor"): helpers.reconstructor = reference
    case ("copyreg", "__newobj__"): helpers.newObject = reference
    case ("copyreg", "__newobj_ex__"): helpers.newObjectWithKeywords = reference
    case ("builtins", "getattr"): helpers.attribute = reference
    case ("builtins", "type"): helpers.type = reference
    case ("builtins", "object"): helpers.object = reference
    default: break
    }
  }

  /// How many attributes of attributes are followed: classes are nested two deep at most.
  static let pathLimit = 8

  /// The global that `reference` is, be it named by opcodes or as an attribute of one.
  ///
  /// Protocols below 4 have no other way to name a class that is nested in another.
  func global(at reference: Int32) -> (module: String, name: String)? {
    let cell = cells[Int(reference)]
    if cell.kind == .object { return global(by: calls[Int(cell.small)]) }
    guard cell.kind == .global else { return nil }
    let global = globals[Int(cell.small)]
    return (global.module, global.name)
  }

  /// The global that a call of `getattr` is the dotted name of.
  func global(by call: Call) -> (module: String, name: String)? {
    var call = call
    var path: [String] = []
    while let (parent, name) = attribute(call), path.count < Self.pathLimit {
      path.append(name)
      let cell = cells[Int(parent)]
      if cell.kind == .global {
        let global = globals[Int(cell.small)]
        return (global.module, ([global.name] + path.reversed()).joined(separator: "."))
      }
      guard cell.kind == .object else { return nil }
      call = calls[Int(cell.small)]
    }
    return nil
  }

  /// The arguments of a call of `getattr`, if it is one of a value and a text.
  private func attribute(_ call: Call) -> (parent: Int32, name: String)? {
    let arguments = elements(ofTuple: cells[Int(call.arguments)])
    guard call.kind == .reduce, call.callee == helpers.attribute, arguments.count == 2,
      let parent = arguments.first, let last = arguments.last,
      cells[Int(last)].kind == .text || cells[Int(last)].kind == .byteString,
      let name = String(validating: bytes(of: cells[Int(last)]), as: UTF8.self)
    else { return nil }
    return (parent, name)
  }
}
