internal import TensorStorage

/// Runs a pickle without running anything: each opcode only adds to a graph of values.
///
/// What it must get right, in order: never touch anything outside the bytes; cost no more time and memory than
/// the bytes deserve, whatever they say (`PickleLimits`); mean what Python's `pickle` means by each opcode.
package struct PickleMachine {
  let source: [UInt8]
  let limits: PickleLimits
  let policy: GlobalPolicy

  /// The next byte.
  var position: Int
  /// Where the current frame ends; the end of the source outside of frames.
  var readLimit: Int
  var isInFrame = false
  /// Where the current opcode is, for errors.
  var opcodeOffset: Int
  /// What PROTO said last; 0 without one.
  var version = 0

  var stack: [Int32] = []
  /// The height of the stack at each MARK.
  var marks: [Int] = []
  /// The height that no opcode but those which end at a MARK may go below: that of the last MARK.
  var fence = 0
  var memo = PickleMemo()
  var cells: PickleCells
  var globalNames = PickleGlobalNames()

  private init(_ source: [UInt8], at start: Int, limits: PickleLimits, policy: GlobalPolicy) {
    self.source = source
    self.limits = limits
    self.policy = policy
    position = start
    opcodeOffset = start
    readLimit = source.count
    cells = PickleCells(source: source)
  }

  /// Reads the pickle that begins at `start`.
  ///
  /// - Parameters:
  ///   - bytes: The pickle, and whatever follows it. The graph keeps them.
  ///   - start: Where it begins.
  ///   - file: The file's name, for errors.
  ///   - fileOffset: The place of the first of `bytes` in that file: added to the offsets of errors.
  ///   - policy: What is done about globals that only attacks need.
  ///   - limits: How much the pickle may ask for.
  /// - Returns: The graph; `endOffset` in it says where the pickle ended.
  /// - Throws: A `PickleFault`, at the offset of the opcode that has it. `isCutShort` of it says whether more bytes may help.
  package static func run(
    _ bytes: [UInt8], startingAt start: Int = 0, file: String, fileOffset: Int = 0,
    policy: GlobalPolicy = .refuseDangerous, limits: PickleLimits = PickleLimits()
  ) throws(FormatError) -> PickleGraph {
    var machine = PickleMachine(bytes, at: start, limits: limits, policy: policy)
    do throws(PickleFault) {
      let root = try machine.run()
      return PickleGraph(
        root: PickleGraph.ID(position: root), globals: machine.cells.globals,
        endOffset: machine.position, version: machine.version, cells: machine.cells)
    } catch {
      let offset = fileOffset + machine.opcodeOffset
      throw FormatError(file: file, byteOffset: offset, .pickle(error))
    }
  }

  private mutating func run() throws(PickleFault) -> Int32 {
    guard source.count <= limits.byteCount else {
      throw .tooLong(byteCount: source.count, limit: limits.byteCount)
    }
    reserveCapacity()
    cells.addConstants()
    var operationCount = 0
    while true {
      opcodeOffset = position
      let byte = try byte()
      guard let opcode = PickleOpcode(rawValue: byte) else { throw .unknownOpcode(byte) }
      if opcode == .stop {
        let root = try pop()
        try judgeHelpers(root: root)
        return root
      }
      operationCount += 1
      guard operationCount <= limits.operationCount else {
        throw .tooManyOperations(limit: limits.operationCount)
      }
      try execute(opcode)
    }
  }

  /// Makes room for all that the opcodes can make: one value, one reference, one place on the stack and one in the memo
  /// each.
  ///
  /// The memory costs nothing until it is used, and arrays that never grow are never there twice.
  private mutating func reserveCapacity() {
    let count = min(source.count - position, limits.operationCount)
    cells.reserveCapacity(count)
    stack.reserveCapacity(count)
    memo.reserveCapacity(count)
  }

  // Long because there are that many opcodes: a table of calls, and nothing else.
  private mutating func execute(_ opcode: PickleOpcode) throws(PickleFault) {
    switch opcode {
    case .stop: break
    case .version: try setVersion()
    case .frame: try beginFrame()

    case .mark: mark()
    case .pop: try discard()
    case .popMark: stack.removeSubrange(try popMark()...)
    case .duplicate: push(try top())

    case .put: try store(at: lineIndex())
    case .binaryPut: try store(at: UInt64(byte()))
    case .longBinaryPut: try store(at: UInt64(integer(UInt32.self)))
    case .memoize: try store(at: UInt64(memo.count))
    case .get: try load(from: lineIndex())
    case .binaryGet: try load(from: UInt64(byte()))
    case .longBinaryGet: try load(from: UInt64(integer(UInt32.self)))

    case .none: push(PickleCells.none)
    case .newTrue: push(PickleCells.true)
    case .newFalse: push(PickleCells.false)
    case .int: try pushLineInt()
    case .long: try pushLineLong()
    case .binaryInt: pushInt(Int(try integer(Int32.self)))
    case .binaryInt1: pushInt(Int(try byte()))
    case .binaryInt2: pushInt(Int(try integer(UInt16.self)))
    case .long1: try pushDigits(Int(byte()))
    case .long4: try pushDigits(signedCount())
    case .float: try pushLineFloat()
    case .binaryFloat: try pushBinaryFloat()

    case .string: try pushLineString()
    case .binaryString: try pushBytes(.byteString, signedCount())
    case .shortBinaryString: try pushBytes(.byteString, Int(byte()))
    case .unicode: try pushLineUnicode()
    case .shortBinaryUnicode: try pushText(Int(byte()))
    case .binaryUnicode: try pushText(Int(integer(UInt32.self)))
    case .binaryUnicode8: try pushText(longCount())
    case .shortBinaryBytes: try pushBytes(.bytes, Int(byte()))
    case .binaryBytes: try pushBytes(.bytes, Int(integer(UInt32.self)))
    case .binaryBytes8, .byteArray8: try pushBytes(.bytes, longCount())
    case .nextBuffer: throw .outOfBandBuffer
    case .readOnlyBuffer: _ = try top()

    case .emptyTuple: push(PickleCells.emptyTuple)
    case .tuple1: try pushTuple(from: stack.count - 1)
    case .tuple2: try pushTuple(from: stack.count - 2)
    case .tuple3: try pushTuple(from: stack.count - 3)
    case .tuple: try pushTuple(from: popMark())
    case .emptyList: pushContainer(.list)
    case .list: try pushFilled(.list)
    case .emptySet: pushContainer(.set)
    case .frozenSet: try pushFilled(.set)
    case .emptyDict: pushContainer(.dict)
    case .dict: try pushFilled(.dict)
    case .append: try addElements(.list, from: stack.count - 1)
    case .appends: try addElements(.list, from: popMark())
    case .addItems: try addElements(.set, from: popMark())
    case .setItem: try addItems(from: stack.count - 2)
    case .setItems: try addItems(from: popMark())

    case .global: try pushLineGlobal()
    case .stackGlobal: try pushStackGlobal()
    case .extension1: try pushExtension(Int(byte()))
    case .extension2: try pushExtension(Int(integer(UInt16.self)))
    case .extension4: try pushExtension(Int(integer(Int32.self)))
    case .persistentID: try pushLinePersistent()
    case .binaryPersistentID: try pushPersistent()
    case .reduce: try reduce()
    case .newObject: try newObject()
    case .newObjectWithKeywords: try newObjectWithKeywords()
    case .instance: try pushInstance()
    case .object: try pushObject()
    case .build: try build()
    }
  }
}
