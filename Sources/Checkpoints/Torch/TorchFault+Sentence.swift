internal import TensorStorage

extension TorchFault {
  /// The name of the case, for programs.
  public var code: String {
    switch self {
    case .severalRoots: "TorchSeveralRoots"
    case .unsupportedVersion: "TorchUnsupportedVersion"
    case .byteOrder: "TorchByteOrder"
    case .legacyStream: "TorchLegacyStream"
    case .unnamedStorage: "TorchUnnamedStorage"
    case .missingStorage: "TorchMissingStorage"
    case .persistentID: "TorchPersistentID"
    case .storageClass: "TorchStorageClass"
    case .storageOverflow: "TorchStorageOverflow"
    case .storageSize: "TorchStorageSize"
    case .storageView: "TorchStorageView"
    case .notAStorage: "TorchNotAStorage"
    case .arguments: "TorchArguments"
    case .unknownRebuilder: "TorchUnknownRebuilder"
    case .rank: "TorchRank"
    case .strideCount: "TorchStrideCount"
    case .negative: "TorchNegative"
    case .elementOverflow: "TorchElementOverflow"
    case .outsideStorage: "TorchOutsideStorage"
    case .unknownDType: "TorchUnknownDType"
    case .untyped: "TorchUntyped"
    case .plainQuantised: "TorchPlainQuantised"
    case .unpackable: "TorchUnpackable"
    case .tensorFlag: "TorchTensorFlag"
    case .noConversion: "TorchNoConversion"
    case .arraySize: "TorchArraySize"
    case .quantiser: "TorchQuantiser"
    case .layout: "TorchLayout"
    case .sparse: "TorchSparse"
    case .nested: "TorchNested"
    case .expansion, .inflation: "TorchExpansion"
    case .nestedTooDeep, .nestedTooLarge, .tooDeep, .tooManyValues, .tooManyTensors, .longName,
      .longNames:
      "TorchLimitExceeded"
    case .malformedName: "TorchMalformedName"
    case .nameCollision: "NameCollision"
    case .noModel: "NoModelTensors"
    case .severalModels: "SeveralModels"
    case .unknownPath: "UnknownPath"
    case .ambiguousPath: "AmbiguousPath"
    case .pathWithoutTensors: "PathWithoutTensors"
    case .nothingToSelect: "NothingToSelect"
    }
  }

  /// What is wrong, what was needed, what to do; one case, one sentence.
  public var sentence: String {
    switch self {
    case .severalRoots(let roots):
      "the archive holds several checkpoints (\(Self.list(roots))); torch.save writes one; unzip it "
        + "and give the one you mean"
    case .unsupportedVersion(let version):
      "the archive's version is '\(escaped(version))'; torch writes 1 to 10"
    case .byteOrder(let order):
      "the archive's byteorder is '\(escaped(order))'; torch writes 'little' or 'big'"
    case .legacyStream(let needed):
      "\(needed) was needed here in a file of torch before 1.6"
    case .unnamedStorage(let key):
      "the storage '\(escaped(key))' is listed, but no tensor names it, so that its length is not known"
    case .missingStorage(let key):
      "the storage '\(escaped(key))' is not in the file; it was cut out, or saved elsewhere"
    case .persistentID:
      "a persistent id is not a storage as torch writes it: "
        + "('storage', class, key, location, number of elements)"
    case .storageClass(let module, let name):
      "\(escaped(module)).\(escaped(name)) is no storage class of torch"
    case .storageOverflow(let key, let count):
      "the storage '\(escaped(key))' is said to have \(count) elements, more than can be addressed"
    case .storageSize(let key, let found, let needed):
      "the storage '\(escaped(key))' has \(found) bytes, and the pickle needs \(needed)"
    case .storageView(let key, let offset, let count, let available):
      "a view of the storage '\(escaped(key))' takes \(count) elements from \(offset) on, and the "
        + "storage has \(available)"
    case .notAStorage:
      "something else stands where a storage was needed"
    default: tensorSentence
    }
  }

  private var tensorSentence: String {
    switch self {
    case .arguments(let function, let needed):
      "the call of \(escaped(function)) lacks what torch gives it: \(needed)"
    case .unknownRebuilder(let name):
      "it is made by torch._utils.\(escaped(name)), which is not known here; save it again with "
        + "another release of torch"
    case .rank(let rank, let limit):
      "it has \(rank) dimensions; at most \(limit) are read"
    case .strideCount(let sizes, let strides):
      "it has \(sizes) sizes and \(strides) strides"
    case .negative(let what, let value):
      "its \(what) is \(value), below zero"
    case .elementOverflow(let shape):
      "its shape \(Self.shown(shape)) has more elements or bytes than can be addressed"
    case .outsideStorage(let needed, let available):
      "it reaches to element \(needed) of its storage, which has \(available)"
    case .unknownDType(let name):
      "its dtype is \(escaped(name)), which is not known here"
    case .untyped:
      "its storage is untyped, and the call that makes it names no dtype"
    case .plainQuantised:
      "its storage is quantised, and the call that makes it gives no scale"
    case .unpackable(let dtype):
      "elements of \(dtype.name) share bytes, so that only tensors with a last dimension are read, and views of "
        + "quantised integers only if they are packed"
    case .tensorFlag(let name):
      "the operation '\(escaped(name))' is pending on its elements, which is not known here; "
        + "conj and neg are"
    case .noConversion(let source, let target):
      "it was saved as \(source.name) to become \(target.name), and there is no such conversion"
    case .arraySize(let type, let shape, let byteCount):
      "a numpy array of type \(escaped(type)) and shape \(Self.shown(shape)) has \(byteCount) bytes, "
        + "which do not fit"
    case .quantiser(let name):
      "it is quantised by \(escaped(name)); per tensor and per channel are read"
    case .layout(let name):
      "its layout is \(escaped(name)); strided, sparse and nested ones are read"
    case .sparse(let reason):
      "it is sparse, and \(reason)"
    case .nested(let reason):
      "it is nested, and \(reason)"
    case .expansion(let byteCount, let fileByteCount):
      "tensors that repeat or share their elements would make \(byteCount) bytes of the file's "
        + "\(fileByteCount); select a part of the file with --select"
    case .inflation(let byteCount):
      "its tensors share compressed storages, and \(byteCount) bytes would be decompressed to reach them; "
        + "unzip the file and zip it again without compression"
    default: limitSentence
    }
  }

  private var limitSentence: String {
    switch self {
    case .nestedTooDeep(let limit):
      "values are wrapped more than \(limit) deep; torch never does that"
    case .nestedTooLarge(let limit):
      "the pickles of the torch files inside it need more than \(limit) bytes of memory; convert what is in them by itself"
    case .tooDeep(let limit):
      "dictionaries and lists are nested more than \(limit) deep"
    case .tooManyValues(let limit):
      "more than \(limit) values stand beside and around its tensors; select a part with --select"
    case .tooManyTensors(let limit):
      "it names more than \(limit) tensors; select a part with --select"
    case .longName(let byteCount, let limit):
      "a tensor's name has \(byteCount) bytes; at most \(limit) are read"
    case .longNames(let limit):
      "the names of its tensors have more than \(limit) bytes together"
    default: selectionSentence
    }
  }

  private var selectionSentence: String {
    switch self {
    case .malformedName(let path):
      "a tensor\(path.isEmpty ? "" : " below '\(escaped(path))'") has a name that is not UTF-8"
    case .nameCollision(let name):
      "two tensors would be named '\(escaped(name))' (keys that print alike, or dots within them); "
        + "take one part of the file with --select"
    case .noModel(let holds, let hasTensors):
      "no model tensors: "
        + (holds.isEmpty ? "the file is empty" : "the file holds \(Self.list(holds))")
        + (hasTensors
          ? "; --select PATH takes the tensors of one of them, --select . those of all"
          : ", and none of it is a tensor")
    case .severalModels(let candidates):
      "several dictionaries may be the model: \(Self.list(candidates)); choose with --select PATH, "
        + "or take all tensors with --select ."
    case .unknownPath(let path, let nearest, let candidates):
      "there is no '\(escaped(path))' in the file"
        + (candidates.isEmpty ? "" : "; tensors are in \(Self.list(candidates))")
        + (nearest.map { "; did you mean '\(escaped($0))'?" } ?? "")
    case .ambiguousPath(let path):
      "two values of the file have the path '\(escaped(path))'"
    case .pathWithoutTensors(let path, let what):
      "'\(escaped(path))' is \(escaped(what)) and holds no tensors"
    case .nothingToSelect(let path, let format):
      "there is no '\(escaped(path))' to select: \(format) holds tensors and no dictionaries of them; "
        + "--include '\(escaped(path)).*' takes some by their names"
    default: ""
    }
  }

  /// How many names or sizes a sentence lists before it counts the rest.
  private static let listedCount = 12

  private static func list(_ names: [String]) -> String {
    var parts = names.prefix(listedCount).map { escaped($0) }
    if names.count > listedCount { parts.append("\(names.count - listedCount) more") }
    return parts.joined(separator: ", ")
  }

  private static func shown(_ shape: [Int]) -> String {
    guard shape.count > listedCount else { return "\(shape)" }
    return "[\(shape.prefix(listedCount).map(String.init).joined(separator: ", ")), …]"
  }
}
