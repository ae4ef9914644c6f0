internal import Checkpoints
internal import TensorStorage
internal import TestSupport

/// A torch checkpoint whose pickle is written by hand; its one storage has two numbers.
struct MadeTorchFile {
  /// The opcodes that make a tensor of two numbers.
  static let tensor = """
    ctorch._utils\n_rebuild_tensor_v2\n((X\u{7}\0\0\0storagectorch\nFloatStorage\n\
    X\u{1}\0\0\00X\u{3}\0\0\0cpuK\u{2}tQK\0K\u{2}\u{85}K\u{1}\u{85}\u{89}\
    ccollections\nOrderedDict\n)RtR
    """

  private let directory: TemporaryDirectory
  private let path: String

  /// A file whose `data.pkl` has those opcodes between PROTO 2 and STOP.
  init(_ opcodes: String) throws {
    directory = try TemporaryDirectory()
    let archive = ZipBuilder([
      ("a/data.pkl", pickle("\u{80}\u{02}" + opcodes + ".")), ("a/version", Array("3\n".utf8)),
      ("a/data/0", [0, 0, 128, 63, 0, 0, 0, 64]),
    ])
    path = try directory.write(archive.bytes(), to: "made.pt")
  }

  /// A dictionary of those opcodes, keys and values in turn.
  static func dictionary(_ opcodes: String) throws -> MadeTorchFile {
    try MadeTorchFile("}(" + opcodes + "u")
  }

  /// Reads it, everything in it or what is found to be the model.
  func read(selection: String? = ".", takesAllIfUndecided: Bool = false) throws -> Checkpoint {
    var options = ReadOptions()
    options.selection = selection
    options.takesAllIfUndecided = takesAllIfUndecided
    return try Checkpoint.open(path, options: options)
  }

  /// The names of all its tensors.
  func names() throws -> [String] { try read().entries.map(\.name.text) }

  /// The opcode and operand of a text.
  static func text(_ text: String) -> String {
    "X" + littleEndian(text.utf8.count) + text
  }

  /// Puts the last value into the memo, or takes it out again.
  static func put(_ number: Int) -> String { "r" + littleEndian(number) }
  static func get(_ number: Int) -> String { "j" + littleEndian(number) }

  private static func littleEndian(_ number: Int) -> String {
    var text = ""
    for shift in [0, 8, 16, 24] {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: number >> shift)))
    }
    return text
  }
}
