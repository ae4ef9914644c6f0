internal import TensorStorage

/// Faults of the pickle machine: what a pickle does that no pickle may.
public enum PickleFault: FormatFault, Error {
  /// The bytes end within an opcode or before STOP.
  case truncated
  /// The pickle is longer than can be read.
  case tooLong(byteCount: Int, limit: Int)
  /// More opcodes than any checkpoint needs.
  case tooManyOperations(limit: Int)
  /// More different globals than any checkpoint needs.
  case tooManyGlobals(limit: Int)
  /// More text that has to be decoded than any checkpoint has.
  case tooMuchText(limit: Int)
  /// More memo entries out of order than any pickler makes.
  case scatteredMemo(limit: Int)
  /// A byte that is no opcode.
  case unknownOpcode(UInt8)
  /// PROTO names a protocol that does not exist yet.
  case unsupportedProtocol(Int)
  /// FRAME announces more bytes than there are.
  case frameTooLong(declared: UInt64, remaining: Int)
  /// FRAME within a frame.
  case nestedFrame
  /// A frame ends within an opcode.
  case frameCutsOpcode
  /// An opcode needs more values than are on the stack.
  case stackUnderflow
  /// An opcode needs a value where the stack has a MARK.
  case unexpectedMark
  /// An opcode needs a MARK and there is none.
  case missingMark
  /// Keys and values do not pair up.
  case oddItemCount
  /// GET of a number that no PUT stored.
  case missingMemo(UInt64)
  /// A length below zero.
  case negativeLength(Int)
  /// A line that is not the number it should be.
  case malformedNumber(String)
  /// An integer longer than Python itself would read.
  case tooManyDigits(count: Int, limit: Int)
  /// STRING without quotes.
  case unquotedString
  /// A backslash followed by what Python does not know.
  case malformedEscape
  /// Text that is not UTF-8, as Python reads it.
  case malformedText
  /// The module or name of a global is empty or not UTF-8.
  case malformedGlobal
  /// The module or name of a global is longer than any is.
  case globalTooLong(byteCount: Int, limit: Int)
  /// An opcode met a value of another kind than it needs.
  case wrongOperand(opcode: String, needed: String, found: String)
  /// Something is added to a value that does not hold such things.
  case cannotHold(kind: String, opcode: String)
  /// NEXT_BUFFER: the data are not in the file.
  case outOfBandBuffer
  /// EXT1, EXT2, EXT4: a global that only the program which wrote the file can name.
  case extensionCode(Int)
  /// A global that nothing but an attack needs.
  case dangerousGlobal(module: String, name: String)

  /// Whether the file was refused for safety.
  public var isSafetyRefusal: Bool {
    switch self {
    case .dangerousGlobal, .extensionCode: true
    default: false
    }
  }
}

extension PickleFault {
  /// The name for programs.
  public var code: String {
    switch self {
    case .truncated: "PickleTruncated"
    case .tooLong, .tooManyOperations, .tooManyGlobals, .tooManyDigits, .globalTooLong,
      .tooMuchText, .scatteredMemo:
      "PickleLimitExceeded"
    case .unknownOpcode: "PickleUnknownOpcode"
    case .unsupportedProtocol: "PickleUnsupportedProtocol"
    case .frameTooLong, .nestedFrame, .frameCutsOpcode: "PickleInvalidFrame"
    case .stackUnderflow, .unexpectedMark, .missingMark, .oddItemCount: "PickleInvalidStack"
    case .missingMemo: "PickleMissingMemo"
    case .negativeLength, .malformedNumber, .unquotedString, .malformedEscape, .malformedText,
      .malformedGlobal:
      "PickleInvalidArgument"
    case .wrongOperand, .cannotHold: "PickleInvalidOperand"
    case .outOfBandBuffer: "PickleOutOfBandBuffer"
    case .extensionCode, .dangerousGlobal: "DangerousGlobal"
    }
  }

  /// What is wrong.
  public var sentence: String {
    switch self {
    case .truncated:
      "the pickle ends before its STOP opcode; the file is cut or damaged"
    case .tooLong(let byteCount, let limit):
      "the pickle has \(byteCount) bytes; at most \(limit) can be read"
    case .tooManyOperations(let limit):
      "the pickle has more than \(limit) opcodes; no checkpoint needs so many"
    case .tooManyGlobals(let limit):
      "the pickle names more than \(limit) different globals; no checkpoint needs so many"
    case .tooMuchText(let limit):
      "the pickle has more than \(limit) bytes of escaped text; no checkpoint has so much"
    case .scatteredMemo(let limit):
      "the pickle puts more than \(limit) values under numbers out of order; no pickler does"
    case .unknownOpcode(let byte):
      "byte 0x\(hexadecimal(byte)) is not a pickle opcode; the file is damaged or not a pickle"
    case .unsupportedProtocol(let version):
      "the pickle says it has protocol \(version); protocols 0 to 5 exist"
    case .frameTooLong(let declared, let remaining):
      "the pickle's FRAME announces \(declared) bytes, but \(remaining) follow"
    case .nestedFrame: "the pickle begins a FRAME before the end of the last one"
    case .frameCutsOpcode: "the pickle's FRAME ends within an opcode"
    case .stackUnderflow: "the pickle's opcode needs more values than its stack holds"
    case .unexpectedMark: "the pickle's opcode needs a value where its stack has a MARK"
    case .missingMark: "the pickle's opcode needs a MARK on the stack and there is none"
    case .oddItemCount: "the pickle puts keys into a dict that do not pair up with values"
    case .missingMemo(let number): "the pickle gets value \(number), which it never put"
    case .negativeLength(let count): "the pickle gives a length of \(count) bytes"
    case .malformedNumber(let text):
      "the pickle has '\(escaped(String(text.prefix(40))))' where a number is needed"
    case .tooManyDigits(let count, let limit):
      "the pickle has a number of \(count) characters; at most \(limit) are read"
    case .unquotedString: "the pickle's STRING is not in quotes"
    case .malformedEscape: "the pickle has text with a malformed escape"
    case .malformedText: "the pickle has text that is not UTF-8"
    case .malformedGlobal: "the pickle names a global by text that is empty or not UTF-8"
    case .globalTooLong(let byteCount, let limit):
      "the pickle names a global by \(byteCount) bytes; at most \(limit) are read"
    case .wrongOperand(let opcode, let needed, let found):
      "the pickle's \(opcode) needs \(needed) and finds \(found)"
    case .cannotHold(let kind, let opcode):
      "the pickle's \(opcode) cannot add to \(kind)"
    case .outOfBandBuffer:
      "the pickle keeps data in buffers outside of it (NEXT_BUFFER), which are not in the file"
    case .extensionCode(let code):
      "the pickle calls global number \(code) of a registry that only its writer has. "
        + Self.refusal
    case .dangerousGlobal(let module, let name):
      "the pickle names \(escaped(module)).\(escaped(name)), by which a file can run programs "
        + "in whatever loads it with Python. " + Self.refusal
    }
  }

  private static let refusal =
    "Nothing was run. To read its tensors all the same, use --allow-globals"

  private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
