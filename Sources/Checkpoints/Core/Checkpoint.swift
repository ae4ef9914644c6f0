public import TensorStorage

/// An ordered set of named lazy tensors, and what else is known of where they came from.
///
/// Every format is read into one and written from one. The order is that of the source: dictionary order in
/// a pickle, data order in safetensors.
public struct Checkpoint: Sendable {
  /// One named tensor.
  public struct Entry: Sendable {
    /// Its name, unique within the checkpoint.
    public var name: TensorName
    /// Its elements, not yet read.
    public var tensor: LazyTensor
    /// How torch holds it: whether it is a `Parameter`, and whether it asks for a gradient.
    public var role: TensorRole
    /// Tensors of one source with the same number were one object of the program that wrote them; nil
    /// if that is not known. (Tensors that are merely equal views are two objects.)
    package var objectNumber: Int?
    /// Whether the source has it only as a note that it is the same as another tensor.
    package var isNoted = false
    /// The tensor that it is a part of, if that has no elements of its own in rows and columns.
    package var whole: SplitTensor?

    /// A named tensor.
    public init(name: TensorName, tensor: LazyTensor, role: TensorRole = .plain) {
      self.name = name
      self.tensor = tensor
      self.role = role
    }
  }

  /// The tensors in order.
  ///
  /// Change them through `append`, `replaceTensor` and the like.
  public private(set) var entries: [Entry] = []
  /// The `__metadata__` of safetensors: text to text.
  public var metadata: [String: String] = [:]
  /// Where the checkpoint came from.
  public var source: CheckpointSource

  private var index = NameIndex()

  /// A checkpoint without tensors.
  public init(source: CheckpointSource = CheckpointSource()) { self.source = source }

  /// Makes room for `count` tensors.
  public mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
  }

  /// Adds a tensor at the end; false, and nothing, if the name is there already.
  public mutating func append(_ entry: consuming Entry) -> Bool {
    guard index.insert(entry.name, after: entries) else { return false }
    entries.append(entry)
    return true
  }

  /// The tensor of that name.
  public subscript(name: TensorName) -> LazyTensor? {
    position(of: name).map { entries[$0].tensor }
  }

  /// Where the tensor of that name stands in `entries`.
  public func position(of name: TensorName) -> Int? {
    index.position(of: name, in: entries)
  }

  /// Puts another tensor in the place of entry `position`, under the same name.
  public mutating func replaceTensor(at position: Int, with tensor: LazyTensor) {
    entries[position].tensor = tensor
  }

  /// Changes how torch will hold entry `position`.
  public mutating func setRole(_ role: TensorRole, at position: Int) {
    entries[position].role = role
  }

  /// The same checkpoint with other entries in their given order; nil if two have the same name.
  public func replacingEntries(_ entries: [Entry]) -> Checkpoint? {
    var result = self
    result.entries = []
    result.index = NameIndex()
    result.reserveCapacity(entries.count)
    for entry in entries { guard result.append(entry) else { return nil } }
    return result
  }
}

/// A sparse or nested tensor, which is read as its parts.
package struct SplitTensor: Hashable, Sendable {
  package enum Layout: String, Sendable {
    /// Indices and values.
    case sparse
    /// A buffer, and the shapes of the tensors in it.
    case nested
  }

  package var name: TensorName
  package var layout: Layout
}

/// How torch holds a tensor.
public enum TensorRole: Hashable, Sendable {
  /// A tensor; `requiresGrad` is false for all but unusual ones.
  case plain
  /// A tensor that asks for a gradient without being a `Parameter`.
  case tracked
  /// A `torch.nn.Parameter`.
  case parameter(requiresGrad: Bool)
}

/// Where a checkpoint came from and what its files hold besides tensors.
public struct CheckpointSource: Sendable {
  /// The format's identifier: `safetensors`, `pt`, `pt-legacy`, `torchscript`, `npz`, `npy`, ….
  public var format: String
  /// The files that hold the tensors: shards in order, or one.
  public var files: [String]
  /// What was read to find them: the index of shards, a bundle's list of models.
  package var indexes: [String] = []
  /// Every file that is read, which nothing may be written over.
  package var allFiles: [String] { files + indexes }
  /// The file of each tensor, as a position in `files`, where there are several.
  public var fileOfTensor: [TensorName: Int] = [:]
  /// The path of the dictionary the tensors were taken from (`state_dict`, `model.ema`); nil for the root.
  public var selection: String?
  /// Every global that a pickle names, `module.name`, sorted.
  public var globals: [String] = []
  /// The protocols of its pickles, sorted.
  package var pickleProtocols: [Int] = []
  /// What the file holds that is not a tensor of the selection, as `path: description`.
  public var otherValues: [String] = []
  /// What has a name among the tensors and is none (an array of text), and why; writing asks that it be left out.
  package var unreadable: [(name: TensorName, error: FormatError)] = []
  /// Remarks for the user, each a sentence.
  public var notes: [String] = []
  /// The kind of dictionary that torch will be given back.
  public var dictionary: DictionaryKind = .dict
  /// The models of bundles that it has tensors of: itself, or all of a bundle's.
  package var bundles: [BundleMembership] = []
  /// The bundle that it is one model of, if it is.
  package var bundle: BundleMembership? { bundles.count == 1 ? bundles[0] : nil }

  /// A source without anything yet.
  public init(format: String = "memory", files: [String] = []) {
    self.format = format
    self.files = files
  }
}

/// The Python dictionary in which a torch checkpoint keeps its tensors.
public enum DictionaryKind: Sendable {
  /// A `dict`.
  case dict
  /// A `collections.OrderedDict`, with the `_metadata` of `Module.state_dict()` where it has one.
  case orderedDict(moduleMetadata: PickleConstant?)
}

/// A plain Python value: what can be carried from one pickle to the next without being understood.
public indirect enum PickleConstant: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(UInt64)  // the bits, so that NaN equals itself
  case text(String)
  case list([PickleConstant])
  case tuple([PickleConstant])
  case dict([Pair])
  case orderedDict([Pair])

  /// A key and its value.
  public struct Pair: Hashable, Sendable {
    /// The key.
    public var key: PickleConstant
    /// The value.
    public var value: PickleConstant

    /// A key and its value.
    public init(key: PickleConstant, value: PickleConstant) {
      self.key = key
      self.value = value
    }
  }
}
