internal import Checkpoints
internal import TestSupport
internal import Testing

/// What is written against what `torch.save` of torch 2.15 writes.
@Suite struct `State dict pickle` {
  typealias Storage = StateDictPickle.Storage
  typealias Tensor = StateDictPickle.Tensor

  @Test(arguments: [0, 1, 2, 10, 1000, 1001, 1500, 2500])
  func `has the bytes of torch for a dict`(count: Int) throws {
    let bytes = scalars(count, .dict)
    #expect(bytes == (try Fixtures.bytes("pickle/saves/dict-\(count).pkl")))
  }

  @Test(arguments: [0, 1, 2, 1000, 1001])
  func `has the bytes of torch for an OrderedDict`(count: Int) throws {
    let bytes = scalars(count, .orderedDict(moduleMetadata: nil))
    #expect(bytes == (try Fixtures.bytes("pickle/saves/ordered-\(count).pkl")))
  }

  private func scalars(_ count: Int, _ kind: DictionaryKind) -> [UInt8] {
    var pickle = StateDictPickle(kind)
    for number in 0..<count {
      let storage = pickle.addStorage(float(key: number, 1))
      pickle.addTensor(Tensor(name: "t\(number)", storage: storage, shape: [], strides: []))
    }
    return pickle.encoded()
  }

  private func float(key: Int, _ count: Int) -> Storage {
    Storage(key: "\(key)", type: .typed(className: "FloatStorage"), elementCount: count)
  }

  @Test func `has the bytes of torch for a module's state dict`() throws {
    let version = PickleConstant.dict([.init(key: .text("version"), value: .int(1))])
    let version2 = PickleConstant.dict([.init(key: .text("version"), value: .int(2))])
    let metadata = PickleConstant.orderedDict([
      .init(key: .text(""), value: version), .init(key: .text("blocks"), value: version),
      .init(key: .text("blocks.0"), value: version), .init(key: .text("blocks.1"), value: version2),
    ])
    var pickle = StateDictPickle(.orderedDict(moduleMetadata: metadata))
    func add(_ name: String, _ className: String, _ shape: [Int], _ strides: [Int], key: Int) {
      let storage = pickle.addStorage(
        Storage(
          key: "\(key)", type: .typed(className: className),
          elementCount: shape.reduce(1, *)))
      pickle.addTensor(Tensor(name: name, storage: storage, shape: shape, strides: strides))
    }
    add("weight", "FloatStorage", [2], [1], key: 0)
    add("b", "LongStorage", [1], [1], key: 1)
    add("blocks.0.weight", "FloatStorage", [2, 3], [3, 1], key: 2)
    add("blocks.0.bias", "FloatStorage", [2], [1], key: 3)
    add("blocks.1.weight", "FloatStorage", [2], [1], key: 4)
    add("blocks.1.bias", "FloatStorage", [2], [1], key: 5)
    add("blocks.1.running_mean", "FloatStorage", [2], [1], key: 6)
    add("blocks.1.running_var", "FloatStorage", [2], [1], key: 7)
    add("blocks.1.num_batches_tracked", "LongStorage", [], [], key: 8)
    #expect(pickle.encoded() == (try Fixtures.bytes("pickle/saves/state-dict.pkl")))
  }

  @Test func `has the bytes of torch for views of one storage`() throws {
    var pickle = StateDictPickle()
    let base = pickle.addStorage(float(key: 0, 24))
    let vector = pickle.addStorage(float(key: 1, 70_000))
    let one = pickle.addStorage(float(key: 2, 1))
    let none = pickle.addStorage(float(key: 3, 0))
    func add(_ name: String, _ storage: Int, _ offset: Int, _ shape: [Int], _ strides: [Int]) {
      var tensor = Tensor(name: name, storage: storage, shape: shape, strides: strides)
      tensor.elementOffset = offset
      pickle.addTensor(tensor)
    }
    add("base", base, 0, [4, 6], [6, 1])
    add("transposed", base, 0, [6, 4], [1, 6])
    add("row", base, 6, [6], [1])
    add("step", base, 0, [4, 3], [6, 2])
    pickle.addName("again", ofTensor: 0)
    add("far", vector, 69_990, [10], [1])
    add("expanded", one, 0, [5], [0])
    add("empty", none, 0, [0, 3], [3, 1])
    #expect(pickle.encoded() == (try Fixtures.bytes("pickle/saves/views.pkl")))
  }

  @Test func `has the bytes of torch for every dtype`() throws {
    let typed = [
      ("float64", "Double"), ("float32", "Float"), ("float16", "Half"), ("bfloat16", "BFloat16"),
      ("int64", "Long"), ("int32", "Int"), ("int16", "Short"), ("int8", "Char"), ("uint8", "Byte"),
      ("bool", "Bool"), ("complex64", "ComplexFloat"), ("complex128", "ComplexDouble"),
    ]
    let untyped = [
      ("uint16", 2), ("uint32", 4), ("uint64", 8), ("float8_e4m3fn", 1), ("float8_e5m2", 1),
      ("float8_e4m3fnuz", 1), ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1),
    ]
    var pickle = StateDictPickle()
    var key = 0
    func add(_ name: String, _ type: StateDictPickle.StorageType, _ count: Int) {
      let storage = pickle.addStorage(Storage(key: "\(key)", type: type, elementCount: count))
      var tensor = Tensor(name: name, storage: storage, shape: [2, 3], strides: [3, 1])
      tensor.dtypeName = name
      pickle.addTensor(tensor)
      key += 1
    }
    for (name, className) in typed { add(name, .typed(className: "\(className)Storage"), 6) }
    for (name, byteCount) in untyped { add(name, .untyped, 6 * byteCount) }
    #expect(pickle.encoded() == (try Fixtures.bytes("pickle/saves/types.pkl")))
  }

  @Test func `has the bytes of torch for parameters, gradients and lazy signs`() throws {
    var pickle = StateDictPickle()
    func complex(_ key: Int) -> Storage {
      Storage(key: "\(key)", type: .typed(className: "ComplexFloatStorage"), elementCount: 2)
    }
    let own = pickle.addStorage(float(key: 0, 2))
    let shared = pickle.addStorage(float(key: 1, 2))
    let conjugated = pickle.addStorage(complex(2))
    let imaginary = pickle.addStorage(float(key: 3, 4))
    let both = pickle.addStorage(complex(4))
    func add(_ name: String, _ storage: Int, _ role: TensorRole = .plain, conj: Bool = false) {
      var tensor = Tensor(name: name, storage: storage, shape: [2], strides: [1])
      tensor.role = role
      tensor.isConjugated = conj
      pickle.addTensor(tensor)
    }
    add("tracked", own, .tracked)
    add("parameter", shared, .parameter(requiresGrad: true))
    add("frozen", shared, .parameter(requiresGrad: false))
    add("plain", shared)
    add("conj", conjugated, conj: true)
    var negated = Tensor(name: "neg", storage: imaginary, shape: [2], strides: [2])
    negated.elementOffset = 1
    negated.isNegated = true
    pickle.addTensor(negated)
    var twice = Tensor(name: "both", storage: both, shape: [2], strides: [1])
    twice.isConjugated = true
    twice.isNegated = true
    pickle.addTensor(twice)
    #expect(pickle.encoded() == (try Fixtures.bytes("pickle/saves/roles.pkl")))
  }
}
