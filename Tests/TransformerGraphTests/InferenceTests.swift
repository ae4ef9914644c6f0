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

  /// Options whose arguments names and shapes do not tell.
  private static let undecided = [
    "rank", "attn_aggregated", "integrate_layers", "unet_skips", "adaptive_condition_mlp",
    "layers_execute_order", "ViTransformerWrapper", "attn_pool", "self_cond", "latent_rope",
    "gate_values_headwise", "output_gate_headwise", "cope_talking", "per_row", "mv_split_residual",
    "num_residual_streams", "polar", "[2,4]", "[2,3]", "use_derf", "learned_reinject",
    "orthog_projected", "data_dependent_alibi", "depth_scale_residual", "\"scale_residual\":0.5",
    "use_cope", "use_adaptive",
  ]

  var isDecidable: Bool { !Self.undecided.contains { call.contains($0) } }
}

@Suite struct `Inferred configuration` {
  @Test(arguments: GoldenModel.all.filter(\.isDecidable))
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

  @Test(arguments: GoldenModel.all)
  func `of the real call finds the prefix`(golden: GoldenModel) throws {
    let configuration = try ModelConfiguration(json: Array(golden.call.utf8), file: "call")
    let checkpoint = try golden.checkpoint(prefix: "_orig_mod.module.")
    #expect(try configuration.prefix(in: checkpoint) == "_orig_mod.module.")
  }
}
