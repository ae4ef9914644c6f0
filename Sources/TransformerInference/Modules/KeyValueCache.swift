/// Keys (with their rotary positions) and values of the tokens so far.
struct KeyValueCache {
  /// What one attention keeps.
  private struct Entry {
    var keys: Activations
    var values: Activations
  }

  /// One entry for each self- and cross-attention, in order of execution.
  private var entries: [Entry] = []
  /// How many tokens are in it.
  private(set) var length = 0
  /// The entry whose turn it is in the current pass.
  private var position = 0

  /// Ends a pass, after which the cache holds `length` tokens.
  mutating func endPass(length: Int) {
    self.length = length
    position = 0
  }

  /// Puts earlier tokens' keys and values in front, and keeps all of them for the next pass.
  ///
  /// A context stays the same: its keys and values are those of the first pass.
  mutating func extend(_ keys: inout Activations, _ values: inout Activations, isCross: Bool) {
    defer { position += 1 }
    guard position < entries.count else {
      entries.append(Entry(keys: keys, values: values))
      return
    }
    if !isCross {
      entries[position].keys.append(keys)
      entries[position].values.append(values)
    }
    (keys, values) = (entries[position].keys, entries[position].values)
  }
}

extension Activations {
  /// Puts the tokens of `other` behind these, sequence by sequence.
  fileprivate mutating func append(_ other: Activations) {
    let newLength = length + other.length
    guard batch > 1 else {
      // In place: a sequence grows by a token at a time.
      var all = exchange(&self, with: Activations([], batch: 0, length: 0, width: width)).values
      all += other.values
      self = Activations(all, batch: 1, length: newLength, width: width)
      return
    }
    var all: [Float] = []
    all.reserveCapacity(values.count + other.values.count)
    for item in 0..<batch {
      all += values[(item * length * width)..<((item + 1) * length * width)]
      all += other.values[(item * other.length * width)..<((item + 1) * other.length * width)]
    }
    self = Activations(all, batch: batch, length: newLength, width: width)
  }
}
