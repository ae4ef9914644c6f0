@testable import Checkpoints
import Foundation
import TensorStorage
import Testing
import TransformerGraph

@testable import TransformerInference

/// One file of fixtures/logits or fixtures/eras: a real model, inputs, and what x-transformers made of them.
struct GoldenLogits: Sendable, CustomTestStringConvertible {
  var path: String
  var testDescription: String { String(path.split(separator: "/").last ?? "") }

  /// Models of the newest release, one for each option.
  static let all = files(in: "logits")
  /// Models of older releases, one for each thing that changed.
  static let eras = files(in: "eras")

  private static func files(in folder: String) -> [GoldenLogits] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../fixtures/\(folder)").standardized.path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.sorted().map {
      GoldenLogits(path: "\(folder)/\($0)")
    }
  }

  func load() throws -> (ModelRunner, ModelInput, expected: LazyTensor) {
    let checkpoint = try SafetensorsFormat.read(
      RandomAccessFile(path: path), options: ReadOptions())
    let text = try #require(checkpoint.metadata["configuration"])
    let configuration = try ModelConfiguration(json: Array(text.utf8), file: path)
    let graph = try ModelGraph(configuration, checkpoint: checkpoint, prefix: "state.")
    return (
      try ModelRunner(graph), try input(checkpoint), try #require(checkpoint["output"])
    )
  }

  private func input(_ checkpoint: Checkpoint) throws -> ModelInput {
    var input = ModelInput()
    input.tokens = try checkpoint["input.tokens"].map(tokens)
    input.source = try checkpoint["input.source"].map(tokens)
    input.mask = try checkpoint["input.mask"].map(presence)
    input.sourceMask = try checkpoint["input.source_mask"].map(presence)
    input.contextMask = try checkpoint["input.context_mask"].map(presence)
    input.context = try checkpoint["input.context"].map(features)
    if let embeds = checkpoint["input.embeds"] {
      if embeds.shape.count == 4 {
        input.image = try image(embeds)
      } else {
        input.embeds = try features(embeds)
      }
    }
    input.condition = try checkpoint["input.condition"].map(features)
    input.prefixLength = checkpoint.metadata["forward.prefix_attn_len"].flatMap { Int($0) } ?? 0
    input.recycleCount = checkpoint.metadata["forward.recycle_steps"].flatMap { Int($0) }
    for entry in checkpoint.entries where entry.name.text.hasPrefix("input.embed_ids.") {
      input.embedIDs[String(entry.name.text.dropFirst(16))] = try tokens(entry.tensor)
    }
    return input
  }

  private func tokens(_ tensor: LazyTensor) throws -> ModelInput.Tokens {
    let bytes = try tensor.read()
    let ids = stride(from: 0, to: bytes.count, by: 8).map {
      Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8
    }
    return ModelInput.Tokens(ids, batch: tensor.shape[0], length: tensor.shape[1])
  }

  private func presence(_ tensor: LazyTensor) throws -> ModelInput.Presence {
    ModelInput.Presence(
      try tensor.read().map { $0 != 0 }, batch: tensor.shape[0], length: tensor.shape[1])
  }

  private func image(_ tensor: LazyTensor) throws -> ModelInput.Image {
    ModelInput.Image(
      try tensor.floats(), batch: tensor.shape[0], channels: tensor.shape[1],
      height: tensor.shape[2], width: tensor.shape[3])
  }

  private func features(_ tensor: LazyTensor) throws -> ModelInput.Features {
    ModelInput.Features(
      try tensor.floats(), batch: tensor.shape[0], length: tensor.shape[1], width: tensor.shape[2])
  }
}

@Suite struct `Forward pass` {
  @Test func `is compared with over a hundred and fifty real models`() {
    #expect(GoldenLogits.all.count > 150)
    #expect(GoldenLogits.eras.count > 35)
  }

  @Test(arguments: GoldenLogits.all + GoldenLogits.eras)
  func `gives the logits of x-transformers`(golden: GoldenLogits) throws {
    let (runner, input, expected) = try golden.load()
    let output = try runner.output(for: input)
    #expect(output.shape == expected.shape)
    let difference = zip(output.values, try expected.floats()).map { abs($0 - $1) }.max() ?? 0
    // float32 noise of such models is below 2e-5; a wrong formula shows as 1e-2 and more.
    #expect(difference <= 5e-5)
    #expect(!output.values.contains { $0.isNaN })
  }
}
