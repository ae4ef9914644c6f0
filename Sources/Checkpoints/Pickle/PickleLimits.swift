/// How much a pickle may ask for.
package struct PickleLimits: Sendable {
  /// The number of opcodes.
  ///
  /// Each opcode makes at most one value of 16 bytes and a few references to it, so that this bounds memory (about
  /// 200 MB) and time (a second or two). A state dict needs about 20 opcodes for a tensor: this is enough for 400,000.
  package var operationCount = 1 << 23

  /// The number of digits of an integer written as text.
  ///
  /// Python's own limit: their conversion takes time that grows with the square of it.
  package var digitCount = 4300

  /// The number of characters of a float written as text; Python writes at most 25.
  package var floatCharacterCount = 400

  /// The number of bytes of texts and integers that are written in other bytes than they mean, all together.
  ///
  /// In protocol 0 alone, whose state dicts have names of a few megabytes at most.
  package var decodedByteCount = 1 << 26

  /// The number of memo entries that are not numbered in order: no pickler leaves gaps.
  package var unorderedMemoCount = 100_000

  /// The number of calls of `getattr` that are read as names of classes nested in others.
  package var attributeCount = 1000

  /// The number of bytes of a global's module or name.
  ///
  /// Python's dotted names stay under a hundred.
  package var globalByteCount = 1024

  /// The number of different globals: a training checkpoint has dozens.
  package var globalCount = 10_000

  /// The number of bytes of the pickle and all that was read with it: places are kept in 32 bits.
  package var byteCount = Int(Int32.max)

  /// The defaults.
  package init() {}
}
