/// Writes pickles of protocol 2, byte for byte as Python's C pickler does.
///
/// Python memoises objects by identity: whatever it may meet again gets a PUT when it is written, and
/// is written as a GET when it comes again as *the same object*. So equal texts are written once or twice
/// according to where they came from in the Python program, and the caller says which: `text` is a new
/// object, `constant` is one that the program has only once, and `memoized` values can be written again
/// by `get`. None, bools, numbers and the empty tuple are never memoised.
package struct PickleWriter {
  /// A value that can be written again by `get`.
  package struct Reference: Hashable, Sendable {
    fileprivate let number: UInt32
  }

  /// The pickle so far.
  package private(set) var bytes: [UInt8] = [PickleOpcode.version.rawValue, 2]

  private var memoCount: UInt32 = 0
  private var constants: [String: Reference] = [:]
  private var globals: [String: Reference] = [:]

  /// A pickle without values.
  package init() {}

  /// Ends the pickle: the value written is what it is a pickle of.
  package consuming func finished() -> [UInt8] {
    emit(.stop)
    return bytes
  }

  /// PUT: makes the value just written one that can be written again.
  @discardableResult
  package mutating func memoize() -> Reference {
    let reference = Reference(number: memoCount)
    memoCount += 1
    emit(reference.number, short: .binaryPut, long: .longBinaryPut)
    return reference
  }

  /// GET: writes again what was memoised.
  package mutating func get(_ reference: Reference) {
    emit(reference.number, short: .binaryGet, long: .longBinaryGet)
  }

  private mutating func emit(_ number: UInt32, short: PickleOpcode, long: PickleOpcode) {
    if let number = UInt8(exactly: number) {
      emit(short)
      bytes.append(number)
    } else {
      emit(long)
      emitInteger(number)
    }
  }

  mutating func emit(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  /// Appends an integer, least significant byte first.
  private mutating func emitInteger<T: FixedWidthInteger>(_ value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

// MARK: - Values without parts

extension PickleWriter {
  /// Writes `None`.
  package mutating func none() { emit(.none) }

  /// Writes `True` or `False`.
  package mutating func bool(_ value: Bool) { emit(value ? .newTrue : .newFalse) }

  /// Writes an integer in the fewest bytes.
  package mutating func int(_ value: Int) {
    if let value = UInt8(exactly: value) {
      emit(.binaryInt1)
      bytes.append(value)
    } else if let value = UInt16(exactly: value) {
      emit(.binaryInt2)
      emitInteger(value)
    } else if let value = Int32(exactly: value) {
      emit(.binaryInt)
      emitInteger(value)
    } else {
      longInt(value)
    }
  }

  /// An integer beyond 32 bits: a byte count, then no more bytes than the value and its sign need.
  private mutating func longInt(_ value: Int) {
    let significantBits = Int.bitWidth - (value < 0 ? ~value : value).leadingZeroBitCount
    let byteCount = significantBits / 8 + 1
    emit(.long1)
    bytes.append(UInt8(byteCount))
    for index in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  /// Writes a float, given by its bits.
  package mutating func float(bits: UInt64) {
    emit(.binaryFloat)
    emitInteger(bits.byteSwapped)
  }

  /// Writes a text that is an object of its own.
  @discardableResult
  package mutating func text(_ text: String) -> Reference {
    emit(.binaryUnicode)
    emitInteger(UInt32(text.utf8.count))
    bytes += text.utf8
    return memoize()
  }

  /// Writes a text that the Python program has only once, such as a literal.
  package mutating func constant(_ text: String) {
    if let reference = constants[text] { return get(reference) }
    constants[text] = self.text(text)
  }

  /// Writes a class or function.
  package mutating func global(_ module: String, _ name: String) {
    let line = "\(module)\n\(name)\n"
    if let reference = globals[line] { return get(reference) }
    emit(.global)
    bytes += line.utf8
    globals[line] = memoize()
  }
}

// MARK: - Values with parts

extension PickleWriter {
  /// Begins a tuple of more than three elements; end it by `endTuple`.
  package mutating func mark() { emit(.mark) }

  /// Makes a tuple of the last `count` values; a `mark` stood before them if they are more than three.
  package mutating func endTuple(_ count: Int) {
    switch count {
    case 0: return emit(.emptyTuple)
    case 1: emit(.tuple1)
    case 2: emit(.tuple2)
    case 3: emit(.tuple3)
    default: emit(.tuple)
    }
    memoize()
  }

  /// Writes a tuple, each element by `element`.
  package mutating func tuple(
    _ count: Int, _ element: (inout PickleWriter, Int) -> Void
  ) {
    if count > 3 { mark() }
    for position in 0..<count { element(&self, position) }
    endTuple(count)
  }

  /// Writes a tuple of integers, as shapes and strides are.
  package mutating func tuple(_ values: [Int]) {
    tuple(values.count) { $0.int(values[$1]) }
  }

  /// Makes a persistent id of the last value.
  package mutating func endPersistentID() { emit(.binaryPersistentID) }

  /// Makes a call of the last two values, a global and a tuple.
  @discardableResult
  package mutating func endCall() -> Reference {
    emit(.reduce)
    return memoize()
  }

  /// Gives the last value to the one before it as its state.
  package mutating func endState() { emit(.build) }

  /// Writes an empty `dict`; `items` fills it.
  package mutating func emptyDict() {
    emit(.emptyDict)
    memoize()
  }

  /// Writes an empty `collections.OrderedDict`; `items` fills it.
  package mutating func emptyOrderedDict() {
    global("collections", "OrderedDict")
    emit(.emptyTuple)
    endCall()
  }

  /// Writes a list.
  package mutating func list(_ count: Int, _ element: (inout PickleWriter, Int) -> Void) {
    emit(.emptyList)
    memoize()
    if count == 1 {
      element(&self, 0)
      return emit(.append)
    }
    for start in stride(from: 0, to: count, by: Self.batchCount) {
      batch(start..<min(count, start + Self.batchCount), endedBy: .appends, element)
    }
  }

  /// Fills the last value, an exact `dict`: `item` writes the key and the value at a position.
  ///
  /// Python looks for more after every full batch, and writes an empty one if there is none.
  package mutating func dictItems(_ count: Int, _ item: (inout PickleWriter, Int) -> Void) {
    if count == 0 { return }
    if count == 1 {
      item(&self, 0)
      return emit(.setItem)
    }
    for start in stride(from: 0, through: count, by: Self.batchCount) {
      batch(start..<min(count, start + Self.batchCount), endedBy: .setItems, item)
    }
  }

  /// Fills the last value, a mapping that is not an exact `dict`, through its iterator.
  ///
  /// Here Python looks one item ahead: a last batch of one is a SETITEM, and none is empty.
  package mutating func mappingItems(_ count: Int, _ item: (inout PickleWriter, Int) -> Void) {
    for start in stride(from: 0, to: count, by: Self.batchCount) {
      if start == count - 1 {
        item(&self, start)
        return emit(.setItem)
      }
      batch(start..<min(count, start + Self.batchCount), endedBy: .setItems, item)
    }
  }

  /// Python's `BATCHSIZE`.
  private static let batchCount = 1000

  private mutating func batch(
    _ positions: Range<Int>, endedBy opcode: PickleOpcode,
    _ element: (inout PickleWriter, Int) -> Void
  ) {
    mark()
    for position in positions { element(&self, position) }
    emit(opcode)
  }
}
