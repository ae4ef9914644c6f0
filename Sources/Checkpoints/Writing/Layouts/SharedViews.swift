internal import TensorStorage

/// Which tensors of a conversion share bytes.
struct SharedViews {
  /// Items that look at exactly the same elements; each list has at least two, ascending.
  let identical: [[Int]]
  /// Items that share bytes, transitively; each list has at least two, ascending.
  let overlapping: [[Int]]

  /// Looks for shared bytes; an item is its position in `conversion.items`.
  init(_ conversion: Conversion) {
    var checkpoint = Checkpoint(source: CheckpointSource())
    checkpoint.reserveCapacity(conversion.items.count)
    for item in conversion.items {
      _ = checkpoint.append(Checkpoint.Entry(name: item.name, tensor: item.tensor))
    }
    overlapping = checkpoint.aliasGroups()
    var classes: [Int: [Int]] = [:]
    for (position, first) in checkpoint.duplicateOf() {
      classes[first, default: [first]].append(position)
    }
    identical = classes.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }

  /// For each item that need not be written, the one that stands for it.
  ///
  /// Of identical tensors the first name stays, compared byte by byte, as safetensors' `save_model` chooses.
  /// But what the source has as a note only (`dropped → kept`) yields to what it has as a tensor.
  func kept(in conversion: Conversion) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for members in identical {
      let present = members.filter { !conversion.items[$0].isNoted }
      let candidates = present.isEmpty ? members : present
      guard
        let kept = candidates.min(by: { conversion.items[$0].name < conversion.items[$1].name })
      else { continue }
      for member in members where member != kept { result[member] = kept }
    }
    return result
  }

  /// For each item that is the same tensor as an earlier one, the earliest.
  var earliest: [Int: Int] {
    var result: [Int: Int] = [:]
    for members in identical {
      for member in members.dropFirst() { result[member] = members[0] }
    }
    return result
  }

  /// Groups whose members are not all the same tensor.
  var partial: [[Int]] {
    let identical = Set(self.identical)
    return overlapping.filter { !identical.contains($0) }
  }

  /// Refuses shared bytes.
  func refuse(in conversion: Conversion) throws(FormatError) {
    guard let group = overlapping.first else { return }
    let items = group.map { conversion.items[$0] }
    throw FormatError(
      file: conversion.file(of: items[0].sourceName),
      .plan(.sharedBytes(names: items.map(\.sourceName.text))))
  }
}
