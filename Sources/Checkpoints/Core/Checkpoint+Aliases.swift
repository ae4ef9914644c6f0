internal import TensorStorage

extension Checkpoint {
  /// The groups of tensors that share bytes, as positions in `entries`; each has at least two.
  ///
  /// Transitive: if a shares bytes with b and b with c, all three are one group. Disjoint views of one
  /// buffer (a flat parameter cut into pieces) are not in a group. Ordered by first member.
  public func aliasGroups() -> [[Int]] {
    var groups: [[Int]] = []
    var places = entriesByStorage()[...]
    while let first = places.first {
      let members = places.prefix { $0.storage == first.storage }
      places = places.dropFirst(members.count)
      // Most storages have one tensor.
      if members.count == 1 { continue }
      groups += overlapping(members.map(\.position)).filter { $0.count > 1 }
    }
    return groups.sorted { $0[0] < $1[0] }
  }

  /// The positions of tensors that have elements, those of one storage together.
  private func entriesByStorage() -> [(storage: ObjectIdentifier, position: Int)] {
    var places: [(storage: ObjectIdentifier, position: Int)] = []
    places.reserveCapacity(entries.count)
    // Only stored properties are read: a computed one would copy each tensor first.
    for position in entries.indices where entries[position].tensor.elementCount > 0 {
      places.append((ObjectIdentifier(entries[position].tensor.storage), position))
    }
    // Storages that were made one after another are almost in order already.
    places.sort { ($0.storage, $0.position) < ($1.storage, $1.position) }
    return places
  }

  /// Cuts positions of one storage into runs whose byte ranges overlap.
  private func overlapping(_ members: [Int]) -> [[Int]] {
    let sorted = members.sorted {
      entries[$0].tensor.byteOffset < entries[$1].tensor.byteOffset
    }
    var runs: [[Int]] = []
    var end = Int.min
    for position in sorted {
      let range = entries[position].tensor.storageRange
      if range.lowerBound < end {
        runs[runs.count - 1].append(position)
      } else {
        runs.append([position])
      }
      end = max(end, range.upperBound)
    }
    return runs.map { $0.sorted() }
  }

  /// For each entry, the position of the first entry that looks at exactly the same elements, if it
  /// is another one.
  public func duplicateOf() -> [Int: Int] { duplicateOf(in: aliasGroups()) }

  /// The same where the groups are known already.
  package func duplicateOf(in groups: [[Int]]) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for group in groups {
      var firsts: [ViewGeometry: Int] = [:]
      for position in group {
        let geometry = ViewGeometry(entries[position].tensor)
        if let first = firsts[geometry] {
          result[position] = first
        } else {
          firsts[geometry] = position
        }
      }
    }
    return result
  }
}

extension Checkpoint {
  /// The checkpoint in which every name that the metadata notes as an alias is a tensor.
  ///
  /// safetensors' `save_model` writes one of several names of a tensor and notes the others as
  /// `__metadata__[dropped] = kept`. The names are added at the end, sorted, and share the bytes of what
  /// was kept; the notes are gone from the metadata.
  public func resolvingNotes() -> Checkpoint {
    var result = self
    for (name, kept) in notedAliases {
      guard let position = position(of: kept) else { continue }
      var entry = Entry(name: name, tensor: entries[position].tensor, role: entries[position].role)
      entry.isNoted = true
      if result.append(entry) { result.metadata[name.text] = nil }
    }
    return result
  }

  /// The names that the metadata notes as further ones of tensors, each with the tensor's own.
  package var notedAliases: [(name: TensorName, kept: TensorName)] {
    let notes = metadata.compactMap { key, value -> (name: TensorName, kept: TensorName)? in
      let (name, kept) = (TensorName(key), TensorName(value))
      guard key != "format", self[name] == nil, self[kept] != nil else { return nil }
      return (name, kept)
    }
    return notes.sorted { $0.0 < $1.0 }
  }
}

/// What tells two views of one storage apart.
private struct ViewGeometry: Hashable {
  var byteOffset: Int
  var shape: [Int]
  var strides: [Int]?
  var dtypes: [DType]
  var modifiers: ValueModifiers

  init(_ tensor: LazyTensor) {
    byteOffset = tensor.byteOffset
    shape = tensor.shape
    strides = tensor.strides
    dtypes = [tensor.dtype, tensor.storedDType]
    modifiers = tensor.modifiers
  }
}
