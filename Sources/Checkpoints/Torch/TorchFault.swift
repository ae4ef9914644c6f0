public import TensorStorage

/// Faults of what a torch checkpoint means: records, storages, tensors, and where the state dict is.
public enum TorchFault: FormatFault, Error {
  // The archive and the legacy stream
  /// Several folders of the archive hold a pickle.
  case severalRoots([String])
  /// A file version that torch does not have.
  case unsupportedVersion(String)
  /// A byte order that is none.
  case byteOrder(String)
  /// Something in the legacy stream is not what torch writes.
  case legacyStream(needed: String)
  /// A storage of the legacy stream that no tensor names, so that its length is not known.
  case unnamedStorage(key: String)

  // Storages
  /// The file has no storage of that key.
  case missingStorage(key: String)
  /// A persistent id that torch does not write.
  case persistentID
  /// A storage class that torch does not have.
  case storageClass(module: String, name: String)
  /// More bytes than can be counted.
  case storageOverflow(key: String, count: Int)
  /// The file's bytes are more or fewer than the pickle says.
  case storageSize(key: String, found: Int, needed: Int)
  /// A view of a storage reaches outside of it; in elements.
  case storageView(key: String, offset: Int, count: Int, available: Int)
  /// Something else stands where a storage was needed.
  case notAStorage

  // Tensors
  /// A call's arguments are not those that torch writes.
  case arguments(of: String, needed: String)
  /// A function of torch that makes tensors in a way that is not known here.
  case unknownRebuilder(String)
  /// More dimensions than torch's kernels and numpy know.
  case rank(Int, limit: Int)
  /// As many strides as sizes are needed.
  case strideCount(sizes: Int, strides: Int)
  /// A size, stride or offset below zero.
  case negative(String, Int)
  /// More elements or bytes than can be counted.
  case elementOverflow(shape: [Int])
  /// The view reaches beyond its storage; in elements.
  case outsideStorage(needed: Int, available: Int)
  /// A dtype that torch does not have, or whose bytes cannot be read.
  case unknownDType(String)
  /// An untyped storage under a tensor without a dtype.
  case untyped
  /// A quantised storage under a tensor that is not.
  case plainQuantised
  /// Elements that share a byte, in another order than packed.
  case unpackable(DType)
  /// An operation is pending on the elements that is not known here.
  case tensorFlag(String)
  /// A device gave its elements back in a dtype from which there is no way.
  case noConversion(from: DType, to: DType)
  /// The bytes of a numpy array are more or fewer than its shape needs.
  case arraySize(type: String, shape: [Int], byteCount: Int)
  /// A way of quantising that is not known here.
  case quantiser(String)
  /// A layout that is not known here.
  case layout(String)
  /// Indices and values of a sparse tensor that do not belong together.
  case sparse(reason: String)
  /// The tensors of a nested tensor are not in its buffer.
  case nested(reason: String)
  /// Views that repeat their elements would make far more bytes than the file has.
  case expansion(byteCount: Int, fileByteCount: Int)
  /// So many tensors look into compressed storages that decompressing them again and again would not end.
  case inflation(byteCount: Int)

  // Limits
  /// Wrappers around wrappers.
  case nestedTooDeep(limit: Int)
  /// The files inside the file need more memory than those of any real one.
  case nestedTooLarge(limit: Int)
  /// Containers within containers.
  case tooDeep(limit: Int)
  /// More values than are looked at.
  case tooManyValues(limit: Int)
  /// More tensors than are listed.
  case tooManyTensors(limit: Int)
  /// A name of more bytes than any has.
  case longName(byteCount: Int, limit: Int)
  /// All names together are longer than any file can hold.
  case longNames(limit: Int)

  // Names and selection
  /// A name that is not UTF-8, and the path before it.
  case malformedName(after: String)
  /// Two tensors have one name.
  case nameCollision(String)
  /// There is no tensor of a model; what there is instead, and whether that has tensors.
  case noModel(holds: [String], hasTensors: Bool)
  /// Several dictionaries may be the model.
  case severalModels([String])
  /// No value has that path; the nearest one that has tensors, and some that have.
  case unknownPath(String, nearest: String?, candidates: [String])
  /// Two values have that path.
  case ambiguousPath(String)
  /// The value of that path holds no tensor.
  case pathWithoutTensors(String, what: String)
  /// A path was given, and the format has no dictionaries of which one could be taken.
  case nothingToSelect(String, format: String)

  /// Whether the path that was to be selected is none.
  public var isUsageError: Bool {
    switch self {
    case .unknownPath, .pathWithoutTensors, .nothingToSelect: true
    default: false
    }
  }

  /// Whether two tensors would have become one.
  public var isSafetyRefusal: Bool {
    switch self {
    case .nameCollision, .ambiguousPath: true
    default: false
    }
  }
}
