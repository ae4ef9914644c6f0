import Checkpoints
import TensorStorage
import Testing

@testable import TransformerGraph

/// A call of a small TransformerWrapper.
private func call(
  tokens: Int = 20, dimension: Int = 16, tied: Bool = false
) -> ModuleConfiguration {
  ModuleConfiguration(
    "TransformerWrapper",
    [
      .init("num_tokens", .int(tokens)), .init("max_seq_len", .int(8)),
      .init("tie_embedding", .bool(tied)),
      .init(
        "attn_layers",
        .module(
          ModuleConfiguration(
            "Decoder",
            [
              .init("dim", .int(dimension)), .init("depth", .int(1)), .init("heads", .int(2)),
              .init("attn_dim_head", .int(8)),
            ]))),
    ])
}

@Suite struct `A TransformerWrapper made in Swift` {
  @Test func `makes its own TokenEmbedding where none is given`() throws {
    let one = try TransformerWrapper(call(), tokenEmb: nil, seed: 1)
    let other = try TransformerWrapper(call(), seed: 1)
    #expect(one.tokenEmbedding !== other.tokenEmbedding)
    #expect(one.tokenEmbedding.weight.shape == [20, 16])
    #expect(
      try one.tokenEmbedding.weight.tensor.floats()
        == other.tokenEmbedding.weight.tensor.floats())
  }

  @Test func `uses a given TokenEmbedding as it is`() throws {
    let first = try TransformerWrapper(call(), seed: 1)
    let values = try first.tokenEmbedding.weight.tensor.floats()
    let second = try TransformerWrapper(call(), tokenEmb: first.tokenEmbedding, seed: 2)
    #expect(second.tokenEmbedding === first.tokenEmbedding)
    #expect(try second.tokenEmbedding.weight.tensor.floats() == values)
  }

  @Test(arguments: [(21, 16), (19, 16), (20, 8)])
  func `refuses a TokenEmbedding of other rows or columns`(tokens: Int, dimension: Int) throws {
    let first = try TransformerWrapper(call(), seed: 1)
    #expect(
      throws: GraphError.embeddingMismatch(
        path: "token_emb", expected: [tokens, dimension], found: [20, 16])
    ) {
      try TransformerWrapper(
        call(tokens: tokens, dimension: dimension), tokenEmb: first.tokenEmbedding, seed: 2)
    }
  }

  @Test func `has fresh weights of x-transformers' distributions`() throws {
    let wrapper = try TransformerWrapper(call(tokens: 4000), seed: 3)
    let table = try wrapper.tokenEmbedding.weight.tensor.floats()
    let variance = table.reduce(0) { $0 + $1 * $1 } / Float(table.count)
    // kaiming_normal_: 2 / fan-in, the columns.
    #expect(abs(variance - 2.0 / 16) < 0.005)
    let gain = try #require(wrapper.slots.first { $0.path.hasSuffix("0.0.gamma") })
    #expect(try gain.parameter.tensor.floats().allSatisfy { $0 == 0 })
  }
}

@Suite struct `A graph of wrappers around one TokenEmbedding` {
  private func graph() throws -> ModelGraph {
    let first = try TransformerWrapper(call(), seed: 1)
    let second = try TransformerWrapper(
      call(dimension: 16, tied: true), tokenEmb: first.tokenEmbedding, seed: 2)
    return try ModelGraph(["a": first, "b": second])
  }

  @Test func `counts the table once`() throws {
    let graph = try graph()
    let apart = graph.models.reduce(0) { total, named in
      guard case .transformer(let wrapper) = named.model else { return total }
      return total + wrapper.slots.reduce(0) { $0 + $1.parameter.elementCount }
    }
    #expect(graph.parameterCount.all == apart - 20 * 16)
    #expect(graph.parameterCount.trainable == graph.parameterCount.all)
  }

  @Test func `tells frozen parameters`() throws {
    let graph = try graph()
    let table = try #require(graph.slots.first { $0.path == "a.token_emb.emb.weight" })
    table.parameter.isTrainable = false
    #expect(graph.parameterCount.all - graph.parameterCount.trainable == 20 * 16)
    let checkpoint = try graph.checkpoint()
    let entry = try #require(checkpoint.entries.first { $0.name == "b.token_emb.emb.weight" })
    #expect(entry.role == .parameter(requiresGrad: false))
  }

  @Test func `is saved with the table shared, and bound again`() throws {
    let graph = try graph()
    let checkpoint = try graph.checkpoint()
    let groups = checkpoint.aliasGroups().map { $0.map { checkpoint.entries[$0].name.text } }
    #expect(groups == [["a.token_emb.emb.weight", "b.token_emb.emb.weight"]])
    let again = try ModelGraph(graph.configuration, checkpoint: checkpoint)
    #expect(again.report(on: checkpoint).isComplete)
    #expect(again.parameterCount.all == graph.parameterCount.all)
    guard case .transformer(let first) = again.models[0].model,
      case .transformer(let second) = again.models[1].model
    else {
      Issue.record("two wrappers are needed")
      return
    }
    #expect(first.tokenEmbedding === second.tokenEmbedding)
  }

  @Test func `takes the weights of a checkpoint lazily`() throws {
    let made = try TransformerWrapper(call(), seed: 5)
    let checkpoint = try ModelGraph(["m": made]).checkpoint()
    let bound = try TransformerWrapper(call(), checkpoint: checkpoint, prefix: "m.")
    #expect(bound.slots.allSatisfy { $0.state == .bound })
    #expect(
      bound.tokenEmbedding.weight.tensor.storage === made.tokenEmbedding.weight.tensor.storage)
  }
}
