/// What a pickle describes: values in one array that refer to each other by position.
///
/// So cycles are harmless, what the pickle shares stays shared, and nothing is built or freed by recursion.
/// Nothing is resolved, imported or called either: a global is two texts, and a call is a node that
/// says what would have been called with what.
///
/// The values are kept as small fixed cells; `graph[id]` makes the readable `Node` of one when asked.
/// Text and byte strings stay where they are in the pickle until then.
package struct PickleGraph: Sendable {
  /// The place of a value.
  package struct ID: Hashable, Sendable {
    package let position: Int32
  }

  /// A key and its value.
  package struct Pair: Hashable, Sendable {
    package let key: ID
    package let value: ID
  }

  /// The name of something in a Python module, never looked up.
  package struct Global: Hashable, Sendable {
    package let module: String
    package let name: String
    /// Where the pickle first names it, in bytes.
    package let byteOffset: Int
  }

  /// One value.
  package enum Node: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer that does not fit `Int`: two's complement, least significant byte first, without
    /// redundant sign bytes.
    case bigInt(digits: [UInt8])
    case float(Double)
    case text(String)
    /// Text that is not UTF-8: lone surrogates, or the bytes of a Python 2 string in another encoding.
    case malformedText([UInt8])
    case bytes([UInt8])
    case list([ID])
    case tuple([ID])
    case set([ID])
    /// Pairs as written: a key that comes twice is there twice.
    case dict([Pair])
    case global(module: String, name: String)
    case persistent(ID)
    case object(Object)
  }

  /// A call that is never made, and what would then have been done to its result.
  package struct Object: Sendable {
    package enum Kind: Sendable {
      /// REDUCE: `callee(*arguments)`.
      case reduce
      /// NEWOBJ and NEWOBJ_EX: `callee.__new__(callee, *arguments, **keywordArguments)`.
      case newObject
      /// INST and OBJ: an instance of the class `callee`, made with `arguments`.
      case instance
    }

    package var kind: Kind
    package var callee: ID
    /// Always a tuple.
    package var arguments: ID
    /// A dict, where there is one.
    package var keywordArguments: ID?
    /// What BUILD gave to `__setstate__` or `__dict__`, in order.
    package var states: [ID]
    /// What SETITEM and SETITEMS put in, in order.
    package var items: [Pair]
    /// What APPEND, APPENDS and ADDITEMS put in, in order.
    package var elements: [ID]
  }

  /// The value that STOP left: what the pickle is a pickle of.
  package let root: ID
  /// Every global named anywhere, called or not, kept or popped; each once, in order of appearance.
  package let globals: [Global]
  /// The offset just behind STOP (legacy torch files stack several pickles one behind the other).
  package let endOffset: Int

  /// What PROTO said last; 0 without one.
  package let version: Int

  let cells: PickleCells

  /// How many values there are.
  package var count: Int { cells.count }

  /// The memory that they take, the pickle's own bytes included.
  var byteCount: Int { cells.byteCount }

  /// The value at `id`.
  ///
  /// Containers are copied: keep the result rather than asking again.
  package subscript(id: ID) -> Node { cells.node(at: id) }
}
