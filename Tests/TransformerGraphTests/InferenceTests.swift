@testable import Checkpoints
import TensorStorage
import Testing

@testable import TransformerGraph

extension GoldenModel {
  /// A checkpoint with the names and shapes of the real state dict, and no data.
  func checkpoint(prefix: String = "", without missing: String? = nil) throws -> Checkpoint {
    var checkpoint = Checkpoint()
    for (name, shape) in state.sorted(by: { $0.key < $1.key }) where name != missing {
      let count = try #require(Layout.elementCount(of: shape))
      let source = AbsentBytes(file: "golden", byteCount: 4 * count)
      let tensor = try #require(LazyTensor(dtype: .f32, shape: shape, storage: Storage(source)))
      let isNew = checkpoint.append(.init(name: TensorName(prefix + name), tensor: tensor))
      #expect(isNew)
    }
    return checkpoint
  }
}

@Suite struct `Inferred configuration` {
  @Test(arguments: GoldenModel.all)
  func `binds every tensor of a real model`(golden: GoldenModel) throws {
    let checkpoint = try golden.checkpoint(prefix: "module.")
    let inferred = try #require(InferredConfiguration(checkpoint))
    #expect(inferred.prefix == "module.")
    let graph = try ModelGraph(
      inferred.configuration, checkpoint: checkpoint, prefix: inferred.prefix)
    let report = graph.report(on: checkpoint)
    #expect(
      report.isComplete,
      "missing \(report.missing), unexpected \(report.unexpected), mismatched \(report.mismatched)")
    if !golden.call.contains("tie_token_emb") {
      #expect(report.predictedCount == golden.parameterCount)
    }
  }

  /// What `--set` says of the heads decides their features, and asks no more.
  @Test(arguments: GoldenModel.all)
  func `binds with the answers to its questions`(golden: GoldenModel) throws {
    let checkpoint = try golden.checkpoint()
    let real = try ModelConfiguration(json: Array(golden.call.utf8), file: "call")
    let questions = try #require(InferredConfiguration(checkpoint)).questions
    var answers: [String: ArgumentValue] = [:]
    for question in questions {
      let path = question.argument.split(separator: ".").map(String.init)
      guard path.last != "class" else {
        answers[question.argument] = try .text(#require(real.call(at: path.dropLast())).className)
        continue
      }
      if let value = real.value(at: path) { answers[question.argument] = value }
    }
    let inferred = try #require(InferredConfiguration(checkpoint, answers: answers))
    #expect(inferred.questions.allSatisfy { answers[$0.argument] == nil })
    for (argument, value) in answers where argument.hasSuffix("heads") {
      #expect(
        inferred.configuration.value(at: argument.split(separator: ".").map(String.init)) == value)
    }
    let graph = try ModelGraph(
      inferred.configuration, checkpoint: checkpoint, prefix: inferred.prefix)
    #expect(graph.report(on: checkpoint).isComplete)
  }

  @Test(arguments: GoldenModel.all)
  func `of the real call finds the prefix`(golden: GoldenModel) throws {
    let configuration = try ModelConfiguration(json: Array(golden.call.utf8), file: "call")
    let checkpoint = try golden.checkpoint(prefix: "_orig_mod.module.")
    #expect(try configuration.prefix(in: checkpoint) == "_orig_mod.module.")
  }
}

@Suite struct `Configuration inferred of a checkpoint that lacks a tensor` {
  private func report(_ golden: GoldenModel, without name: String) throws -> BindingReport {
    let checkpoint = try golden.checkpoint(without: name)
    let inferred = try #require(InferredConfiguration(checkpoint))
    let graph = try ModelGraph(
      inferred.configuration, checkpoint: checkpoint, prefix: inferred.prefix)
    return graph.report(on: checkpoint)
  }

  /// Of a table of positions, a last norm and a head a model may do without; all else is missed.
  @Test func `misses it`() throws {
    let plain = try #require(GoldenModel.all.first)
    let optional = ["pos_emb.emb.weight", "attn_layers.final_norm.gamma", "to_logits.weight"]
    for name in plain.state.keys where !optional.contains(name) {
      let report = try report(plain, without: name)
      #expect(report.missing.map(\.name) == [name])
      #expect(report.unexpected.isEmpty && report.mismatched.isEmpty)
    }
  }

  @Test(arguments: GoldenModel.all)
  func `makes a graph whatever it lacks`(golden: GoldenModel) throws {
    for name in golden.state.keys.sorted() {
      #expect(throws: Never.self, "\(name)") { _ = try report(golden, without: name) }
    }
  }
}

@Suite struct `Answers to the questions of a plain model` {
  private let checkpoint: Checkpoint

  init() throws {
    checkpoint = try #require(GoldenModel.all.first).checkpoint()
  }

  @Test func `that shapes contradict are refused`() throws {
    #expect(
      throws: GraphError.impossible(
        path: "nowhere",
        reason: "attn_layers.heads=5 does not divide the 32 rows of "
          + "'attn_layers.layers.0.1.to_q.weight'")
    ) {
      try ConfiguredCheckpoint(checkpoint, path: "nowhere", assignments: ["attn_layers.heads=5"])
    }
  }

  @Test(arguments: [1, 2, 4, 8, 16, 32]) func `decide the features of a head`(heads: Int) throws {
    let configured = try ConfiguredCheckpoint(
      checkpoint, path: "nowhere", assignments: ["attn_layers.heads=\(heads)"])
    #expect(try configured.graph().report(on: checkpoint).isComplete)
    #expect(!configured.questions.contains { $0.argument == "attn_layers.heads" })
  }

  @Test func `of a release beyond the newest are told`() throws {
    let configured = try ConfiguredCheckpoint(
      checkpoint, path: "nowhere", assignments: ["x_transformers=9.0"])
    #expect(
      configured.hints == [
        "x_transformers 9.0.0 is newer than 2.31.10, whose rules are taken for it"
      ])
  }
}
