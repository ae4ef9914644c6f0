import Checkpoints
import TensorStorage
import TestSupport
import Testing

@Suite struct `Parameter count` {
  static let storage = Storage(MemoryBytes([UInt8](repeating: 0, count: 4 * 60)))

  static func view(
    _ shape: [Int], at element: Int = 0, strides: [Int]? = nil
  ) throws -> LazyTensor {
    try Made.tensor(.f32, shape, storage: storage, byteOffset: 4 * element, strides: strides)
  }

  @Test func `counts a tensor with several names once, and stores it every time`() throws {
    let shared = try Self.view([10, 6])
    let count = ParameterCount(
      of: try Made.checkpoint([("emb.weight", shared), ("head.weight", shared), ("again", shared)]))
    #expect(count.parameters == 60)
    #expect(count.stored == 180)
    #expect(count.bytes == 240)
    #expect(count.embedding == 60)
    #expect(count.byModule.map(\.elements) == [0, 60, 0])
  }

  @Test func `counts the elements of views that overlap once`() throws {
    let views = try [
      ("a", Self.view([20])), ("b", Self.view([20], at: 10)), ("c", Self.view([10], at: 50)),
    ]
    #expect(ParameterCount(of: try Made.checkpoint(views)).parameters == 40)
  }

  @Test func `counts a transposed view of a whole tensor as nothing new`() throws {
    let views = try [("a", Self.view([10, 6])), ("b", Self.view([6, 10], strides: [1, 6]))]
    let count = ParameterCount(of: try Made.checkpoint(views))
    #expect(count.parameters == 60)
    #expect(count.stored == 120)
  }

  @Test func `agrees with a naive union over random views`() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var views: [(String, LazyTensor)] = []
      var touched: Set<Int> = []
      for number in 0..<4 {
        let shape = [Int.random(in: 1...3, using: &random), Int.random(in: 1...4, using: &random)]
        let strides = [
          Int.random(in: 0...9, using: &random), Int.random(in: 0...3, using: &random),
        ]
        let offset = Int.random(in: 0...20, using: &random)
        let view = try Self.view(shape, at: offset, strides: strides)
        // Alone, a view that repeats elements counts them as torch's numel does.
        guard Set(Self.elements(offset, shape, strides)).count == view.elementCount else {
          continue
        }
        touched.formUnion(Self.elements(offset, shape, strides))
        views.append(("v\(number)", view))
      }
      let count = ParameterCount(of: try Made.checkpoint(views))
      #expect(count.parameters == touched.count, "seed \(seed)")
    }
  }

  static func elements(_ offset: Int, _ shape: [Int], _ strides: [Int]) -> [Int] {
    (0..<shape[0]).flatMap { row in
      (0..<shape[1]).map { offset + row * strides[0] + $0 * strides[1] }
    }
  }

  @Test func `keeps integers apart as buffers`() throws {
    let count = ParameterCount(
      of: try Made.checkpoint([
        ("w", try Made.floats([3], [1, 2, 3])), ("steps", try Made.tensor(.i64, [], bits: [7])),
        ("mask", try Made.tensor(.bool, [2], bits: [1, 0] as [UInt8])),
      ]))
    #expect(count.parameters == 3)
    #expect(count.buffers == 3)
    #expect(count.byDType.map(\.elements) == [2, 3, 1])
    #expect(count.byDType.map(\.dtype) == [.bool, .f32, .i64])
    #expect(count.bytes == 12 + 8 + 2)
  }

  @Test func `sums modules up to their first number, or their last name`() throws {
    func copy() throws -> LazyTensor { try Made.floats([1], [0]) }
    let names = [
      "token_emb.emb.weight", "layers.0.w", "layers.1.w", "layers.1.ff.0.w", "norm.g", "scale",
      "0.w",
    ]
    let count = ParameterCount(of: try Made.checkpoint(try names.map { ($0, try copy()) }))
    #expect(
      count.byModule.map { "\($0.path) \($0.folded) \($0.layerCount) \($0.elements)" } == [
        "0 0 1 1", "layers layers.{0,1} 2 3", "norm norm 1 1", "scale scale 1 1",
        "token_emb.emb token_emb.emb 1 1",
      ])
  }

  @Test(arguments: [
    ("token_emb.emb.weight", [4, 2], true), ("pos_emb.emb.weight", [4, 2], true),
    ("transformer.wte.weight", [4, 2], true), ("pos_embedding", [4, 2], true),
    ("embeddings.LayerNorm.weight", [8], false), ("to_logits.weight", [4, 2], false),
    ("patch_embed.proj.weight", [2, 2, 1, 2], false), ("emb.norm.weight", [4, 2], false),
  ])
  func `finds embedding tables by name and rank`(name: String, shape: [Int], isOne: Bool) throws {
    let tensor = try Made.floats(shape, [Float](repeating: 0, count: 8))
    let count = ParameterCount(of: try Made.checkpoint([(name, tensor)]))
    #expect(count.embedding == (isOne ? 8 : 0))
  }
}
