import CheckpointSurgery
import Checkpoints
import Foundation
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

/// A model that an older release of x-transformers made, from fixtures/eras.
struct EraModel: Sendable, CustomTestStringConvertible {
  var name: String
  var testDescription: String { name }

  static let all: [EraModel] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("eras"))) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.sorted().map { EraModel(name: $0) }
  }()

  /// The model, its configuration written into `directory`.
  func open(in directory: TemporaryDirectory) throws -> SurgeryModel {
    let path = Fixtures.path("eras/\(name)")
    let golden = try Checkpoint.open(path)
    let configuration = directory.path("model.ligature.json")
    let text = try #require(golden.metadata["configuration"])
    try Data(text.utf8).write(to: URL(filePath: configuration))
    let state = golden.entries.filter { $0.name.text.hasPrefix("state.") }.map { entry in
      Checkpoint.Entry(name: TensorName(String(entry.name.text.dropFirst(6))), tensor: entry.tensor)
    }
    let checkpoint = try #require(golden.replacingEntries(state))
    return SurgeryModel(
      try ConfiguredCheckpoint(checkpoint, path: path, configurationPath: configuration),
      path: name)
  }
}

@Suite struct `Migrating` {
  /// What the newest release cannot hold, by the start of what is said.
  static let refused: [String: String] = [
    "0.24.0-alibi-encoder.safetensors":
      "'attn_layers' has ALiBi with another sign",
    "0.24.0-memories-and-buckets.safetensors":
      "'attn_layers' counts the positions of attn_num_mem_kv in another way",
    "0.24.0-positions.safetensors":
      "'attn_layers.layers.0.0.0.bias' has no place in it",
    "0.24.0-query-key-norm.safetensors":
      "'attn_layers' has use_qk_norm_attn, with the norms of attention behind it and the others in front",
    "0.24.0-rezero.safetensors":
      "'attn_layers.use_rezero' is not known to it",
    "0.25.0-dynamic-bias.safetensors":
      "'attn_layers' has dynamic_pos_bias with ReLU, and it has the other",
    "0.30.0-temperature.safetensors":
      "'attn_layers.layers.0.0.0.bias' has no place in it",
    "0.33.1-deepnorm.safetensors":
      "'norm.weight' is a layerNorm, and it would be a scaleNorm",
    "1.0.0-talking-heads.safetensors":
      "'attn_layers.layers.0.0.0.bias' has no place in it",
    "1.0.2-memories-and-alibi.safetensors":
      "'attn_layers' counts the positions of attn_num_mem_kv in another way",
    "1.10.0-carried-biases.safetensors":
      "'attn_layers' carries other logits from layer to layer (residual_attn)",
    "1.14.0-post-norm.safetensors":
      "'norm.weight' is a layerNorm, and it would be a rmsNorm",
    "1.14.0-resi-dual.safetensors":
      "'attn_layers.resi_dual' is not known to it",
    "1.15.2-resi-dual.safetensors":
      "'attn_layers.resi_dual' is not known to it",
    "1.16.5-resi-dual.safetensors":
      "'attn_layers.resi_dual' is not known to it",
    "1.19.1-rotary.safetensors":
      "'attn_layers' turns the values too by rotary positions, as releases before 1.20 do",
    "1.2.0-residual-attention.safetensors":
      "'attn_layers' carries other logits from layer to layer (residual_attn)",
    "1.2.0-rotary.safetensors":
      "'attn_layers' turns the values too by rotary positions, as releases before 1.20 do",
    "1.20.0-rotary.safetensors":
      "'attn_layers' turns the values too by rotary positions, as releases before 1.20 do",
    "1.20.0-shared-values.safetensors":
      "'attn_layers.attn_tensor_product' is not known to it",
    "1.26.6-biases.safetensors":
      "'attn_layers.layers.0.0.0.bias' has no place in it",
    "1.30.3-softclamp.safetensors":
      "'attn_layers' clamps logits on the other side of the mask",
    "1.40.9-value-residual.safetensors":
      "'attn_layers' adds the first layer's values to later ones, and one of the releases averages",
    "1.5.3-infused.safetensors":
      "'attn_layers.position_infused_attn' is not known to it",
    "1.9.0-dimension-scale.safetensors":
      "'attn_layers' scales memory keys in another way",
    "2.20.0-thrice.safetensors":
      "'attn_layers' scales memory keys in another way",
    "2.25.4-gate.safetensors":
      "'attn_layers.layers.0.1.to_v_gate.bias' has no place in it",
  ]

  @Test func `has models of the eras to work on`() {
    #expect(EraModel.all.count > 35)
  }

  @Test(arguments: EraModel.all)
  func `keeps the function or says what the newest release cannot hold`(era: EraModel) throws {
    let directory = try TemporaryDirectory()
    let model = try era.open(in: directory)
    let outcome = Self.migrated(model)
    guard let plan = outcome.plan else {
      let isKnown = Self.refused[era.name].map(outcome.reason.hasPrefix) ?? false
      #expect(isKnown, "\(outcome.reason)")
      return
    }
    #expect(Self.refused[era.name] == nil)
    #expect(plan.after[0].configuration.dialect == .newest)
    let comparison = try FunctionComparison(
      before: (plan.before[0].graph(), nil), after: (plan.after[0].graph(), nil))
    // Both passes are float32; the order of sums differs where rotary pairs move.
    #expect(comparison.maximumDifference <= 1e-4 * max(1, comparison.spread))
    #expect(comparison.spread > 0.01)
  }

  @Test(arguments: ["", "\"attn_qk_rmsnorm\": true", "\"attn_k_rmsnorm\": true"], [true, false])
  func `keeps the scale of cosines that a release multiplies more than once`(
    norm: String, isForward: Bool
  ) throws {
    let stack = "\"attn_qk_norm\": true" + (norm.isEmpty ? "" : ", \(norm)")
    let releases = isForward ? ["2.25.4", "2.31.10"] : ["2.31.10", "2.25.4"]
    let model = try FreshModel(FreshModel.decoder(release: releases[0], stack: stack)).model
    let plan = try Migrate(to: Dialect(version: releases[1])).plan(for: [model])
    // Cosines are multiplied by up to 1000, and float32 with them.
    #expect(try plan.comparison().maximumDifference < 1e-2)
    #expect(try plan.comparison().spread > 0.01)
  }

  @Test func `drops residual attention that fused attention never had`() throws {
    let stack = "\"attn_flash\": true, \"residual_attn\": true"
    let model = try FreshModel(
      FreshModel.decoder("\"tie_embedding\": true", release: "1.14.0", stack: stack)
    ).model
    let plan = try Migrate(to: .newest).plan(for: [model])
    #expect(try plan.comparison().maximumDifference < 1e-5)
    #expect(throws: GraphError.self) {
      try FreshModel(FreshModel.decoder(release: "1.16.7", stack: stack)).model.graph()
    }
  }

  @Test(arguments: [("2.25.4", "2.31.10"), ("2.31.10", "2.25.4")])
  func `refuses a pool that one of the releases takes over features too`(
    from: String, to: String
  ) throws {
    let model = try FreshModel(
      """
      {"x_transformers": "\(from)", "class": "ContinuousTransformerWrapper", "max_seq_len": 8,
       "dim_in": 4, "average_pool_embed": true,
       "attn_layers": {"class": "Encoder", "dim": 16, "depth": 1, "heads": 2}}
      """
    ).model
    let release = try Dialect(version: to)
    #expect {
      try Migrate(to: release).plan(for: [model])
    } throws: {
      "\($0)".contains("pool")
    }
  }

  /// The plan, or the first reason why there is none.
  private static func migrated(_ model: SurgeryModel) -> (plan: SurgeryPlan?, reason: String) {
    do {
      return (try Migrate(to: .newest).plan(for: [model]), "")
    } catch {
      guard case .notRepresentable(_, _, let reasons, _) = error else { return (nil, "\(error)") }
      return (nil, reasons.first ?? "")
    }
  }
}
