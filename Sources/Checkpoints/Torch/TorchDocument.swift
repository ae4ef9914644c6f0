internal import TensorStorage

/// What the documents of one file have in common.
final class TorchReading {
  /// The file, as the user named it.
  let file: String
  /// What is done about dangerous globals.
  let policy: GlobalPolicy
  /// Every global that a pickle of the file names, as `module.name`.
  var globals: Set<String> = []
  /// The protocols of its pickles.
  var pickleProtocols: Set<Int> = []
  /// The size of the file.
  let fileByteCount: Int
  /// Bytes of the file, of the storages that tensors have asked for so far, and of what was made of a pickle.
  var storedByteCount: Int
  /// Bytes of the keys that were printed because they are not text.
  var printedByteCount = 0
  /// How many values were looked at, each as often as it was.
  var examinedValueCount = 0
  /// The memory of the pickles of files inside the file.
  private var nestedByteCount = 0

  init(file: RandomAccessFile, options: ReadOptions) {
    self.file = file.path
    policy = options.allowsDangerousGlobals ? .readAll : .refuseDangerous
    fileByteCount = file.byteCount
    storedByteCount = file.byteCount
  }

  /// Refuses a pickle that has been looked at for too long.
  func checkEffort() throws(FormatError) {
    guard examinedValueCount <= TorchLimits.examinedValueCount else {
      throw error(.tooManyValues(limit: TorchLimits.examinedValueCount))
    }
  }

  /// Counts a pickle of a file inside the file, and refuses more than are ever there.
  ///
  /// A pickle can hand the bytes of one file to a thousand calls.
  func add(nested graph: PickleGraph) throws(FormatError) {
    nestedByteCount += graph.byteCount
    guard nestedByteCount <= TorchLimits.nestedByteCount else {
      throw error(.nestedTooLarge(limit: TorchLimits.nestedByteCount))
    }
  }

  func error(_ fault: TorchFault) -> FormatError { FormatError(file: file, .torch(fault)) }
}

/// One pickle of a file, and the storages that its persistent ids name.
///
/// A file has one or two (a TorchScript archive keeps its constants apart), and one more for each call of
/// `torch.storage._load_from_bytes` inside.
final class TorchDocument {
  let graph: PickleGraph
  let storages: StorageTable
  let reading: TorchReading
  /// How many pickles it is nested in.
  let depth: Int
  /// Where the pickle lies in the file, if it lies there as it is.
  let place: FileRange?

  private var meanings: [PickleGraph.ID: TorchGlobal] = [:]
  /// The kinds of the values that were looked at.
  private var kinds: [ValueKind?] = []
  /// The names that long keys and keys that are not text stand for.
  var keyNames: [PickleGraph.ID: String?] = [:]
  /// Bytes that are not in the file as they are, by what spells them.
  var keptBytes: [KeptBytes: [UInt8]?] = [:]
  private var nested: [PickleGraph.ID: TorchValue] = [:]
  /// Tensors that are more than a view of a storage: made once, so that sharing stays identity.
  var rebuilt: [PickleGraph.ID: RebuiltTensor] = [:]

  init(
    graph: PickleGraph, storages: any StorageProvider, reading: TorchReading, depth: Int = 0,
    place: FileRange? = nil
  ) {
    self.place = place
    self.graph = graph
    self.storages = StorageTable(storages, reading: reading)
    self.reading = reading
    self.depth = depth
    reading.pickleProtocols.insert(graph.version)
    for global in graph.globals { reading.globals.insert("\(global.module).\(global.name)") }
  }

  /// The value the pickle is a pickle of.
  var root: TorchValue { TorchValue(document: self, id: graph.root) }

  /// What the callee of an object stands for.
  func meaning(ofCallee id: PickleGraph.ID) -> TorchGlobal {
    if let known = meanings[id] { return known }
    let meaning = global(at: id).map(TorchGlobal.init) ?? .unknown
    meanings[id] = meaning
    return meaning
  }

  /// The kind of the value at `id`, which is resolved: found once, as a pickle can refer to one value a million times.
  func kind(of id: PickleGraph.ID) -> ValueKind {
    if kinds.isEmpty { kinds = Array(repeating: nil, count: graph.count) }
    let position = Int(id.position)
    if let known = kinds[position] { return known }
    let kind = ValueKind(looking: TorchValue(document: self, id: id))
    kinds[position] = kind
    return kind
  }

  /// The global at `id`, where a legacy file may have wrapped it: `('module', class, file, source)`.
  func global(at id: PickleGraph.ID) -> PickleGraph.Global? {
    guard let inner = graph.persistentID(id) else { return graph.global(id) }
    guard let parts = graph.tuple(inner, upTo: 4), parts.count >= 2,
      graph.text(parts[0], upTo: 6) == "module"
    else { return nil }
    return graph.global(parts[1])
  }

  /// The root of the torch file whose bytes the call `value` hands to `_load_from_bytes`.
  func nestedRoot(of value: TorchValue) throws(FormatError) -> TorchValue {
    if let known = nested[value.id] { return known }
    guard depth < TorchLimits.nestingDepth else {
      throw reading.error(.nestedTooDeep(limit: TorchLimits.nestingDepth))
    }
    guard let bytes = value.arguments?.first?.byteSource else {
      throw reading.error(.arguments(of: "_load_from_bytes", needed: "bytes"))
    }
    let stream = try LegacyStream(bytes, reading: reading, depth: depth + 1)
    nested[value.id] = stream.document.root
    return stream.document.root
  }
}
