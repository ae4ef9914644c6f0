/// The pickle of a torch checkpoint: a dictionary of tensors, byte for byte as `torch.save` writes it.
///
/// Checked against torch 2.15 on CPython 3.11.
///
///     var pickle = StateDictPickle(.orderedDict(moduleMetadata: metadata))
///     let storage = pickle.addStorage(
///       .init(key: "0", type: .typed(className: "FloatStorage"), elementCount: 6))
///     pickle.addTensor(.init(name: "weight", storage: storage, shape: [2, 3], strides: [3, 1]))
///     let bytes = pickle.encoded()
///
/// For the same bytes as torch, storages have the keys "0", "1", … in the order in which tensors first use them.
package struct StateDictPickle {
  /// A buffer that tensors look at.
  package struct Storage: Sendable {
    /// The name of its record, within `data/`.
    package var key: String
    /// What its elements are.
    package var type: StorageType
    /// How many elements of that type it has; bytes, if it is untyped.
    package var elementCount: Int
    /// The device that it was on.
    package var location = "cpu"

    package init(key: String, type: StorageType, elementCount: Int) {
      self.key = key
      self.type = type
      self.elementCount = elementCount
    }
  }

  /// How torch types a buffer.
  package enum StorageType: Hashable, Sendable {
    /// One of the old classes, by name: `FloatStorage`, `BFloat16Storage`, ….
    case typed(className: String)
    /// Bytes, which each tensor on it takes for elements of a dtype of its own.
    case untyped
  }

  /// A tensor: a view of a storage.
  package struct Tensor: Sendable {
    package var name: String
    /// Its storage, as `addStorage` answered.
    package var storage: Int
    /// Where it begins in the storage, in elements of its own type.
    package var elementOffset = 0
    package var shape: [Int]
    /// In elements.
    package var strides: [Int]
    package var role = TensorRole.plain
    /// Whether what is stored is the complex conjugate of what is meant.
    package var isConjugated = false
    /// Whether what is stored is the negative of what is meant.
    package var isNegated = false
    /// What it takes the bytes of an untyped storage for, as torch names it: a dtype that is younger than the
    /// typed classes, `uint16`, `float8_e4m3fn`, ….
    package var dtypeName: String?

    package init(name: String, storage: Int, shape: [Int], strides: [Int]) {
      self.name = name
      self.storage = storage
      self.shape = shape
      self.strides = strides
    }
  }

  private let dictionary: DictionaryKind
  private var storages: [Storage] = []
  private var tensors: [Tensor] = []
  private var names: [(text: String, tensor: Int)] = []

  /// A dictionary without tensors.
  package init(_ dictionary: DictionaryKind = .dict) { self.dictionary = dictionary }

  /// Adds a storage; the result is what tensors call it by.
  package mutating func addStorage(_ storage: Storage) -> Int {
    storages.append(storage)
    return storages.count - 1
  }

  /// Adds a tensor at the end; the result is what `addName` calls it by.
  @discardableResult
  package mutating func addTensor(_ tensor: Tensor) -> Int {
    tensors.append(tensor)
    names.append((tensor.name, tensors.count - 1))
    return tensors.count - 1
  }

  /// Adds, at the end, another name of a tensor that is there: one object in Python, not two views.
  package mutating func addName(_ name: String, ofTensor tensor: Int) {
    names.append((name, tensor))
  }

  /// The pickle.
  package func encoded() -> [UInt8] {
    var writer = PickleWriter()
    var written = Written(
      keys: Array(repeating: nil, count: storages.count),
      tensors: Array(repeating: nil, count: tensors.count))
    func writeItem(_ writer: inout PickleWriter, _ position: Int) {
      writer.text(names[position].text)
      write(names[position].tensor, to: &writer, &written)
    }
    switch dictionary {
    case .dict:
      writer.emptyDict()
      writer.dictItems(names.count, writeItem)
    case .orderedDict(let metadata):
      writer.emptyOrderedDict()
      writer.mappingItems(names.count, writeItem)
      if let metadata { writeAttributes(metadata, to: &writer) }
    }
    return writer.finished()
  }

  /// What was written and may come again.
  private struct Written {
    /// The texts that are the keys of storages.
    var keys: [PickleWriter.Reference?]
    var tensors: [PickleWriter.Reference?]
  }
}

extension StateDictPickle {
  /// The attributes of the `OrderedDict` that `Module.state_dict()` makes.
  private func writeAttributes(_ metadata: PickleConstant, to writer: inout PickleWriter) {
    writer.emptyDict()
    writer.dictItems(1) { writer, _ in
      writer.constant("_metadata")
      writer.value(metadata)
    }
    writer.endState()
  }

  private func write(_ position: Int, to writer: inout PickleWriter, _ written: inout Written) {
    if let reference = written.tensors[position] { return writer.get(reference) }
    let tensor = tensors[position]
    written.tensors[position] = write(tensor, to: &writer, key: &written.keys[tensor.storage])
  }

  private func write(
    _ tensor: Tensor, to writer: inout PickleWriter, key: inout PickleWriter.Reference?
  ) -> PickleWriter.Reference {
    switch tensor.role {
    case .plain:
      return writeRebuild(tensor, requiresGrad: false, to: &writer, key: &key)
    case .tracked:
      return writeRebuild(tensor, requiresGrad: true, to: &writer, key: &key)
    case .parameter(let requiresGrad):
      // A parameter is made of a tensor, which never asks for a gradient itself.
      writer.global("torch._utils", "_rebuild_parameter")
      _ = writeRebuild(tensor, requiresGrad: false, to: &writer, key: &key)
      writer.bool(requiresGrad)
      writer.emptyOrderedDict()
      writer.endTuple(3)
      return writer.endCall()
    }
  }

  /// The call of `_rebuild_tensor_v2`, or of `_rebuild_tensor_v3` for dtypes without a storage class.
  private func writeRebuild(
    _ tensor: Tensor, requiresGrad: Bool, to writer: inout PickleWriter,
    key: inout PickleWriter.Reference?
  ) -> PickleWriter.Reference {
    let storage = storages[tensor.storage]
    let dtypeName = storage.type == .untyped ? tensor.dtypeName : nil
    writer.global("torch._utils", "_rebuild_tensor_\(dtypeName == nil ? "v2" : "v3")")
    writer.mark()
    write(storage, key: &key, to: &writer)
    writer.int(tensor.elementOffset)
    writer.tuple(tensor.shape)
    writer.tuple(tensor.strides)
    writer.bool(requiresGrad)
    writer.emptyOrderedDict()  // backward hooks, which are never saved
    if let dtypeName { writer.global("torch", dtypeName) }
    writeModifiers(of: tensor, to: &writer)
    writer.endTuple(6)
    return writer.endCall()
  }

  private func write(
    _ storage: Storage, key: inout PickleWriter.Reference?, to writer: inout PickleWriter
  ) {
    writer.mark()
    writer.constant("storage")
    switch storage.type {
    case .typed(let className): writer.global("torch", className)
    case .untyped: writer.global("torch.storage", "UntypedStorage")
    }
    // torch makes one text for each key, and names the storage by it ever after.
    if let key { writer.get(key) } else { key = writer.text(storage.key) }
    writer.constant(storage.location)
    writer.int(storage.elementCount)
    writer.endTuple(5)
    writer.endPersistentID()
  }

  /// The last argument of the rebuilding call, if there is something to say.
  private func writeModifiers(of tensor: Tensor, to writer: inout PickleWriter) {
    var names: [String] = []
    if tensor.isNegated { names.append("neg") }
    if tensor.isConjugated { names.append("conj") }
    guard !names.isEmpty else { return }
    writer.emptyDict()
    writer.dictItems(names.count) { writer, position in
      writer.text(names[position])
      writer.bool(true)
    }
  }
}
