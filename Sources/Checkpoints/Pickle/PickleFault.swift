/// Faults of the pickle machine.
public enum PickleFault: FormatFault {
  /// The bytes end within an opcode or before STOP.
  case truncated
  /// A global that nothing but an attack needs.
  case dangerousGlobal(module: String, name: String)

  public var code: String {
    switch self {
    case .truncated: "PickleTruncated"
    case .dangerousGlobal: "DangerousGlobal"
    }
  }

  public var sentence: String {
    switch self {
    case .truncated: "the pickle ends before its STOP opcode"
    case .dangerousGlobal(let module, let name):
      "the pickle names \(module).\(name)"
    }
  }

  public var isSafetyRefusal: Bool {
    if case .dangerousGlobal = self { return true }
    return false
  }
}
