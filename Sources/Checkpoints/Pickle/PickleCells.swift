internal import TensorStorage

/// The memory of a pickle graph: cells of 16 bytes, and the references of all containers in one array.
///
/// A state dict of ten thousand tensors is two hundred thousand values; one heap block for each would take
/// longer than everything else together.
struct PickleCells: Sendable {
  typealias ID = PickleGraph.ID

  /// What a cell is.
  enum Kind: UInt8 {
    case none, bool, int, bigInt, float
    /// Text of Python 3, and the byte strings that Python 2 calls `str`.
    case text, byteString
    case bytes
    case tuple, list, set, dict
    case global, persistent, object
  }

  /// One value: what `small` and `large` mean depends on `kind`.
  struct Cell {
    var kind: Kind
    /// The length of texts, bytes, integers and tuples; the first chunk of other containers; the position of
    /// a global or an object; the reference of a persistent id.
    var small: Int32
    /// The value of numbers; the offset of texts, bytes, integers and tuples; the last chunk of other containers,
    /// and above it the number of their references.
    var large: Int
  }

  /// What one opcode added to a container: a run of references, and the chunk that follows it.
  struct Chunk {
    var start: Int32
    var count: Int32
    var next: Int32
  }

  /// A chain of chunks that can be added to.
  struct Chain {
    var first: Int32 = -1
    var last: Int32 = -1
    /// The number of references in all chunks.
    var count: Int32 = 0
  }

  /// A call that is never made.
  struct Call {
    var kind: PickleGraph.Object.Kind
    var callee: Int32
    var arguments: Int32
    /// The position of what else there is; -1 if there is nothing, as with most.
    var contents: Int32 = -1
  }

  /// What a call got besides its arguments.
  struct Contents {
    var keywordArguments: Int32 = -1
    var states = Chain()
    var items = Chain()
    var elements = Chain()
  }

  /// The pickle; texts and bytes lie in it.
  let source: [UInt8]
  /// Texts and integers that had to be decoded; an offset beyond the source is one in here.
  var decoded: [UInt8] = []
  var cells: [Cell] = []
  var references: [Int32] = []
  var chunks: [Chunk] = []
  var calls: [Call] = []
  var contents: [Contents] = []
  var globals: [PickleGraph.Global] = []
  /// Where the functions stand that opcodes of younger protocols replace; -1 if the pickle does not name them.
  var helpers = Helpers()

  init(source: [UInt8]) { self.source = source }

  var count: Int { cells.count }

  /// The memory of all of it, nearly.
  var byteCount: Int {
    source.count + decoded.count + cells.count * MemoryLayout<Cell>.stride
      + references.count * MemoryLayout<Int32>.stride + chunks.count * MemoryLayout<Chunk>.stride
      + calls.count * MemoryLayout<Call>.stride + contents.count * MemoryLayout<Contents>.stride
  }

  /// The bytes of a text, byte string or integer.
  func bytes(of cell: Cell) -> ArraySlice<UInt8> {
    let count = Int(cell.small)
    guard cell.large >= source.count else { return source[cell.large..<cell.large + count] }
    let start = cell.large - source.count
    return decoded[start..<start + count]
  }

  /// The references of a tuple.
  func elements(ofTuple cell: Cell) -> ArraySlice<Int32> {
    references[cell.large..<cell.large + Int(cell.small)]
  }

  /// The references in a chain of chunks, in order.
  func elements(from first: Int32) -> [ID] {
    var result: [ID] = []
    var next = first
    while next >= 0 {
      let chunk = chunks[Int(next)]
      let start = Int(chunk.start)
      for reference in references[start..<start + Int(chunk.count)] {
        result.append(ID(position: reference))
      }
      next = chunk.next
    }
    return result
  }

  /// The keys and values that alternate in a chain of chunks.
  func pairs(from first: Int32) -> [PickleGraph.Pair] {
    let flat = elements(from: first)
    return stride(from: 0, to: flat.count - 1, by: 2).map {
      PickleGraph.Pair(key: flat[$0], value: flat[$0 + 1])
    }
  }

  /// The readable form of a value.
  func node(at id: ID) -> PickleGraph.Node {
    let cell = cells[Int(id.position)]
    switch cell.kind {
    case .none: return .none
    case .bool: return .bool(cell.large != 0)
    case .int: return .int(cell.large)
    case .bigInt: return .bigInt(digits: [UInt8](bytes(of: cell)))
    case .float: return .float(Double(bitPattern: UInt64(bitPattern: Int64(cell.large))))
    case .text, .byteString: return textNode(bytes(of: cell))
    case .bytes: return .bytes([UInt8](bytes(of: cell)))
    case .tuple: return .tuple(elements(ofTuple: cell).map(ID.init(position:)))
    case .list: return .list(elements(from: cell.small))
    case .set: return .set(elements(from: cell.small))
    case .dict: return .dict(pairs(from: cell.small))
    case .persistent: return .persistent(ID(position: cell.small))
    case .object: return .object(object(calls[Int(cell.small)]))
    case .global:
      let global = globals[Int(cell.small)]
      return .global(module: global.module, name: global.name)
    }
  }

  private func textNode(_ bytes: ArraySlice<UInt8>) -> PickleGraph.Node {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .malformedText([UInt8](bytes))
    }
    return .text(text)
  }

  private func object(_ call: Call) -> PickleGraph.Object {
    let contents = call.contents < 0 ? Contents() : contents[Int(call.contents)]
    let keywords = contents.keywordArguments
    return PickleGraph.Object(
      kind: call.kind,
      callee: ID(position: call.callee),
      arguments: ID(position: call.arguments),
      keywordArguments: keywords < 0 ? nil : ID(position: keywords),
      states: elements(from: contents.states.first),
      items: pairs(from: contents.items.first),
      elements: elements(from: contents.elements.first))
  }
}
