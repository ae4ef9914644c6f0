/// How much a pickle may ask for.
package struct PickleLimits: Sendable {
  /// The number of opcodes.
  ///
  /// Each opcode makes at most one value of at most 20 bytes, so that this bounds memory (about 350 MB)
  /// and time (under a second). A state dict needs about 20 opcodes for a tensor.
  package var operationCount = 1 << 24

  /// The number of digits of an integer written as text.
  ///
  /// Python's own limit: their conversion takes time that grows with the square of it.
  package var digitCount = 4300

  /// The number of bytes of a global's module or name.
  ///
  /// Python's dotted names stay under a hundred.
  package var globalByteCount = 1024

  /// The number of different globals: a training checkpoint has dozens.
  package var globalCount = 100_000

  /// The number of bytes of the pickle and all that was read with it: places are kept in 32 bits.
  package var byteCount = Int(Int32.max)

  /// The defaults.
  package init() {}
}
