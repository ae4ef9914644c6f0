/// The forty digits in the last record of a torch archive: a hash of the records' names, and one of their
/// checksums.
///
/// torch combines the hashes of the names in the order in which its hash set gives them back, so the order
/// of GNU's `std::unordered_set` is part of the format and is played back here.
enum SerializationID {
  /// The record's name.
  static let recordName = ".data/serialization_id"
  /// Bytes of the record.
  static let digitCount = 40

  /// The digits for an archive whose other records have these names and checksums, in writing order.
  static func digits(names: some Sequence<String>, checksums: some Sequence<UInt32>) -> [UInt8] {
    var nameHash: UInt64 = 0
    for hash in HashSetOrder(names.map(hash(of:))).hashes { combine(&nameHash, hash) }
    var checksumHash: UInt64 = 0
    for checksum in checksums { combine(&checksumHash, UInt64(checksum)) }
    return padded(nameHash) + padded(checksumHash)
  }

  private static func padded(_ value: UInt64) -> [UInt8] {
    let digits = Array(value.description.utf8)
    return repeatElement(UInt8(ascii: "0"), count: digitCount / 2 - digits.count) + digits
  }

  // Wrapping arithmetic from here on: these are hashes.

  /// `at::hash_combine`.
  private static func combine(_ seed: inout UInt64, _ value: UInt64) {
    seed ^= value &+ 0x9E37_79B9 &+ (seed << 6) &+ (seed >> 2)
  }

  /// `std::hash<std::string>` of GNU's library: MurmurHash64A with its own seed.
  static func hash(of name: String) -> UInt64 {
    let multiplier: UInt64 = 0xC6A4_A793_5BD1_E995
    let seed: UInt64 = 0xC70F_6907
    let bytes = Array(name.utf8)
    var hash = seed ^ (UInt64(bytes.count) &* multiplier)
    let tail = bytes.count & ~7
    for start in stride(from: 0, to: tail, by: 8) {
      let word = integer(bytes[start..<(start + 8)]) &* multiplier
      hash = (hash ^ ((word ^ (word >> 47)) &* multiplier)) &* multiplier
    }
    if tail < bytes.count { hash = (hash ^ integer(bytes[tail...])) &* multiplier }
    hash = (hash ^ (hash >> 47)) &* multiplier
    return hash ^ (hash >> 47)
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The order in which GNU's `std::unordered_set` gives back what was inserted.
///
/// A singly linked list through all elements; a bucket points to the element before its first. What is
/// inserted becomes the first of its bucket, or of the list if the bucket was empty. Growing walks the
/// list and inserts anew, keeping together what stays together.
private struct HashSetOrder {
  /// The numbers of buckets through which a set grows: primes of libstdc++'s table, about doubling.
  private static let bucketCounts = [
    1, 13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10_273, 20_753, 42_043, 85_229, 172_933,
    351_061, 712_697, 1_447_153, 2_938_679, 5_967_347, 12_117_689, 24_607_243,
  ]

  private let values: [UInt64]
  /// The element behind each; the head of the list is at the end.
  private var next: [Int]
  /// The element before a bucket's first, for each bucket; -1 if it is empty.
  private var buckets: [Int] = [-1]
  private let head: Int

  init(_ values: [UInt64]) {
    self.values = values
    head = values.count
    next = [Int](repeating: -1, count: values.count + 1)
    var growth = Self.bucketCounts.dropFirst()[...]
    for position in values.indices {
      if position == 0 || position >= buckets.count, let count = growth.popFirst() {
        rehash(bucketCount: count)
      }
      insert(position)
    }
  }

  /// The hashes in the set's order.
  var hashes: [UInt64] {
    var result: [UInt64] = []
    var position = next[head]
    while position >= 0 {
      result.append(values[position])
      position = next[position]
    }
    return result
  }

  private func bucket(of position: Int) -> Int {
    Int(values[position] % UInt64(buckets.count))
  }

  private mutating func insert(_ position: Int) {
    let bucket = bucket(of: position)
    if buckets[bucket] >= 0 {
      next[position] = next[buckets[bucket]]
      next[buckets[bucket]] = position
      return
    }
    next[position] = next[head]
    next[head] = position
    buckets[bucket] = head
    // The bucket that was first in the list now has this element before its first.
    if next[position] >= 0 { buckets[self.bucket(of: next[position])] = position }
  }

  private mutating func rehash(bucketCount: Int) {
    var position = next[head]
    next[head] = -1
    buckets = [Int](repeating: -1, count: bucketCount)
    while position >= 0 {
      let following = next[position]
      insert(position)
      position = following
    }
  }
}
