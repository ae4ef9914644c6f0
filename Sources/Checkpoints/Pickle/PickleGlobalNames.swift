internal import TensorStorage

/// The globals that a pickle has named, so that each is one value and is judged once.
///
/// Module and name are numbered apart: a pickle can name the same two long texts over and over in three
/// bytes each time, and must not have them read again.
struct PickleGlobalNames {
  private var numbers: [ArraySlice<UInt8>: Int32] = [:]
  private var numbersOfTexts: [Int32: Int32] = [:]
  private var references: [Key: Int32] = [:]
  private(set) var texts: [String] = []

  /// What tells one global from another, as the pickle writes it.
  struct Key: Hashable {
    var module: Int32
    var name: Int32
    /// Whether Python 2's names are mapped to today's.
    var isPython2: Bool
  }

  /// The value for a global.
  subscript(key: Key) -> Int32? {
    get { references[key] }
    set { references[key] = newValue }
  }

  /// The number of a module or name; nil if it is not UTF-8.
  mutating func number(of bytes: ArraySlice<UInt8>) -> Int32? {
    if let known = numbers[bytes] { return known }
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let number = Int32(texts.count)
    texts.append(text)
    numbers[bytes] = number
    return number
  }

  /// The number of a module or name that is the text at `reference`, if that was asked before.
  func number(ofTextAt reference: Int32) -> Int32? { numbersOfTexts[reference] }

  mutating func note(_ number: Int32, ofTextAt reference: Int32) {
    numbersOfTexts[reference] = number
  }
}
