extension PickleWriter {
  /// Writes a plain value.
  ///
  /// The keys of the outermost mapping are objects of their own, as the module paths of `_metadata` are; all
  /// other texts are taken for literals of the program, which it has only once.
  ///
  /// Recursive: constants are built by `SourceDictionary` alone, which limits their depth.
  package mutating func value(_ constant: PickleConstant) {
    write(constant, isOutermost: true)
  }

  private mutating func write(_ constant: PickleConstant, isOutermost: Bool = false) {
    switch constant {
    case .none: none()
    case .bool(let value): bool(value)
    case .int(let value): int(value)
    case .float(let bits): float(bits: bits)
    case .text(let text): self.constant(text)
    case .list(let elements): list(elements.count) { $0.write(elements[$1]) }
    case .tuple(let elements): tuple(elements.count) { $0.write(elements[$1]) }
    case .dict(let pairs):
      emptyDict()
      dictItems(pairs.count) { $0.write(pairs[$1], isOutermost) }
    case .orderedDict(let pairs):
      emptyOrderedDict()
      mappingItems(pairs.count) { $0.write(pairs[$1], isOutermost) }
    }
  }

  private mutating func write(_ pair: PickleConstant.Pair, _ isOutermost: Bool) {
    if isOutermost, case .text(let text) = pair.key {
      self.text(text)
    } else {
      write(pair.key)
    }
    write(pair.value)
  }
}
