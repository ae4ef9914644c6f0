internal import TensorStorage

/// What a header does that the reference implementation tolerates, counted by kind.
struct SafetensorsRemarks: Sendable {
  /// Ways to be read all the same.
  enum Kind: Int, CaseIterable, Sendable {
    case whiteSpaceAround, unalignedHeader, unalignedTensor, unknownField, arrayForm
    case emptyName, repeatedMetadataKey, missingFormat, duplicateName, controlCharacter
  }

  /// How often, and at which tensor first.
  struct Occurrence: Sendable {
    var count: Int
    var firstTensor: String?
  }

  private(set) var occurrences: [Kind: Occurrence] = [:]

  mutating func add(_ kind: Kind, tensor: String? = nil) {
    occurrences[kind, default: Occurrence(count: 0, firstTensor: tensor)].count += 1
  }
}
