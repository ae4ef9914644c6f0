internal import TensorStorage

/// Which elements of a tensor are meant, as Python writes it between brackets: `0:4,:8`, `-1`, `...,::2`.
///
/// As in Python and numpy: bounds beyond the ends are clamped, negative ones count from the end, a range may
/// be empty, a step negative; an index takes its dimension away; `...` stands for all dimensions between.
package struct TensorSlice: Hashable, Sendable {
  /// What is taken of one dimension.
  enum Item: Hashable, Sendable {
    case index(Int)
    case range(lower: Int?, upper: Int?, step: Int)
    case ellipsis
  }

  let items: [Item]

  /// The slice that takes everything.
  package static let all = TensorSlice(items: [.ellipsis])

  private init(items: [Item]) { self.items = items }

  /// The slice that `text` writes, brackets around it or not.
  package init(_ text: String) throws(SliceError) {
    var text = Substring(text.filter { $0 != " " })
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    var parts = text.split(separator: ",", omittingEmptySubsequences: false)
    // `0,` is a tuple of one in Python.
    if parts.count > 1, parts.last == "" { parts.removeLast() }
    var items: [Item] = []
    for part in parts {
      guard let item = Self.item(part) else { throw .invalid(String(part)) }
      items.append(item)
    }
    guard items.count(where: { $0 == .ellipsis }) <= 1 else { throw .severalEllipses }
    guard !items.contains(where: { if case .range(_, _, 0) = $0 { true } else { false } }) else {
      throw .zeroStep
    }
    self.items = items
  }

  private static func item(_ text: Substring) -> Item? {
    if text == "..." { return .ellipsis }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var numbers: [Int?] = []
    for part in parts {
      guard let number = Self.number(part) else { return nil }
      numbers.append(number)
    }
    switch numbers.count {
    case 1: return numbers[0].map { .index($0) }
    case 2: return .range(lower: numbers[0], upper: numbers[1], step: 1)
    case 3: return .range(lower: numbers[0], upper: numbers[1], step: numbers[2] ?? 1)
    default: return nil
    }
  }

  /// The number that `text` writes; nil inside if it is empty, nil outside if it is no number.
  private static func number(_ text: Substring) -> Int?? {
    if text.isEmpty { return .some(nil) }
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber else { return nil }
    // Python's integers have no end, and any beyond these is clamped or out of range all the same.
    return Int(text) ?? (text.first == "-" ? -Int.max : Int.max)
  }
}

/// Why a slice cannot be taken.
package enum SliceError: Error, Equatable {
  /// A part is neither an index nor a range nor an ellipsis.
  case invalid(String)
  /// There is more than one `...`.
  case severalEllipses
  /// A range has the step 0.
  case zeroStep
  /// There are more indices than dimensions.
  case tooMany(indices: Int, shape: [Int])
  /// An index is outside of its dimension.
  case outOfRange(index: Int, dimension: Int, extent: Int)
}

extension SliceError: CustomStringConvertible {
  /// One sentence: what is wrong, what was needed.
  package var description: String {
    switch self {
    case .invalid(let text):
      "'\(escaped(text))' is no index: write one as in Python, such as 3, -1, 0:4, ::2 or ..."
    case .severalEllipses: "a slice has one '...' at most"
    case .zeroStep: "the step of a range cannot be 0"
    case .tooMany(let indices, let shape):
      "\(indices) indices for a tensor of \(shape.count) dimensions, shape \(shape)"
    case .outOfRange(let index, let dimension, let extent):
      "index \(index) is outside of dimension \(dimension), which has \(extent) elements"
    }
  }
}
