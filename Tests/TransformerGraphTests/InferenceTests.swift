@testable import Checkpoints
import TensorStorage
import Testing

@testable import TransformerGraph

extension GoldenModel {
  /// A checkpoint with the names and shapes of the real state dict, and no data.
  func checkpoint(prefix: String = "") throws -> Checkpoint {
    var checkpoint = Checkpoint()
    for (name, shape) in state.sorted(by: { $0.key < $1.key }) {
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
