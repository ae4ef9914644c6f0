extension PickleCells {
  // Values that are always there, at these places.
  static let none: Int32 = 0
  static let `true`: Int32 = 1
  static let `false`: Int32 = 2
  static let emptyTuple: Int32 = 3

  /// Makes those values.
  mutating func addConstants() {
    cells = [
      Cell(kind: .none, small: 0, large: 0),
      Cell(kind: .bool, small: 0, large: 1),
      Cell(kind: .bool, small: 0, large: 0),
      Cell(kind: .tuple, small: 0, large: 0),
    ]
  }

  /// Makes room for that many values and as many references; until they are used they cost nothing.
  mutating func reserveCapacity(_ count: Int) {
    cells.reserveCapacity(count)
    references.reserveCapacity(count)
  }

  /// Adds a value; the result is the reference to it.
  mutating func append(_ cell: Cell) -> Int32 {
    cells.append(cell)
    return Int32(truncatingIfNeeded: cells.count - 1)
  }

  /// Adds references to the end of a chain.
  mutating func extend(_ chain: inout Chain, with added: ArraySlice<Int32>) {
    guard !added.isEmpty else { return }
    chain.count += Int32(added.count)
    let start = references.count
    references += added
    // What is added to one container only, bit by bit, stays one run.
    if chain.last >= 0 {
      let last = chunks[Int(chain.last)]
      if Int(last.start) + Int(last.count) == start {
        chunks[Int(chain.last)].count += Int32(added.count)
        return
      }
      chunks[Int(chain.last)].next = Int32(chunks.count)
    }
    chunks.append(Chunk(start: Int32(start), count: Int32(added.count), next: -1))
    chain.last = Int32(chunks.count - 1)
    if chain.first < 0 { chain.first = chain.last }
  }

  /// Adds references to the end of the list, set or dict at `reference`.
  mutating func extend(container reference: Int32, with added: ArraySlice<Int32>) {
    let cell = cells[Int(reference)]
    var chain = cell.chain
    extend(&chain, with: added)
    cells[Int(reference)] = Cell(kind: cell.kind, chain: chain)
  }

  /// Adds references to what a call holds.
  mutating func extend(
    call position: Int32, _ member: WritableKeyPath<Contents, Chain>,
    with added: ArraySlice<Int32>
  ) {
    let place = contents(ofCall: position)
    var chain = contents[place][keyPath: member]
    extend(&chain, with: added)
    contents[place][keyPath: member] = chain
  }

  /// Gives a call keyword arguments.
  mutating func setKeywordArguments(_ reference: Int32, ofCall position: Int32) {
    contents[contents(ofCall: position)].keywordArguments = reference
  }

  private mutating func contents(ofCall position: Int32) -> Int {
    if calls[Int(position)].contents < 0 {
      calls[Int(position)].contents = Int32(contents.count)
      contents.append(Contents())
    }
    return Int(calls[Int(position)].contents)
  }
}

extension PickleCells.Cell {
  /// A list, set or dict.
  init(kind: PickleCells.Kind, chain: PickleCells.Chain) {
    let last = Int(UInt32(bitPattern: chain.last))
    self.init(kind: kind, small: chain.first, large: Int(chain.count) << 32 | last)
  }

  /// What a list, set or dict holds.
  var chain: PickleCells.Chain {
    PickleCells.Chain(
      first: small, last: Int32(truncatingIfNeeded: large), count: Int32(large >> 32))
  }
}

extension PickleCells.Kind {
  /// The name of the type in messages.
  var pythonName: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .int, .bigInt: "an int"
    case .float: "a float"
    case .text, .byteString: "a string"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .set: "a set"
    case .dict: "a dict"
    case .global: "a global"
    case .persistent: "a persistent id"
    case .object: "an object"
    }
  }
}
