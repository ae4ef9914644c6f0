import CheckpointSurgery
import Checkpoints
import TensorStorage
import TestSupport
import TransformerGraph
import TransformerInference

/// A model with seeded random weights, in memory, with its configuration in a directory of its own.
struct FreshModel {
  let directory: TemporaryDirectory
  let model: SurgeryModel

  /// Builds what the configuration's text describes; `edit` may change the tensors before they are bound.
  init(
    _ json: String, seed: UInt64 = 1, name: String = "",
    edit: (inout Checkpoint) throws -> Void = { _ in }
  ) throws {
    directory = try TemporaryDirectory()
    let path = directory.path("\(name.isEmpty ? "model" : name).pt")
    let file = try directory.write(Array(json.utf8), to: "configuration.json")
    let graph = try ModelGraph(ModelConfiguration(contentsOf: file), seed: seed)
    var checkpoint = Checkpoint()
    for slot in graph.slots {
      _ = checkpoint.append(
        .init(
          name: TensorName(slot.path), tensor: slot.parameter.tensor,
          role: .parameter(requiresGrad: true)))
    }
    try edit(&checkpoint)
    model = SurgeryModel(
      try ConfiguredCheckpoint(checkpoint, path: path, configurationPath: file), path: path,
      name: name)
  }

  /// A small decoder, with further arguments of its wrapper.
  static func decoder(
    _ arguments: String = "", release: String = "2.31.10", stack: String = "", tokens: Int = 11,
    dim: Int = 16
  ) -> String {
    """
    {"x_transformers": "\(release)", "class": "TransformerWrapper", "num_tokens": \(tokens),
     "max_seq_len": 8, \(arguments.isEmpty ? "" : arguments + ",")
     "attn_layers": {"class": "Decoder", "dim": \(dim), "depth": 1, "heads": 2, "attn_dim_head": 4
     \(stack.isEmpty ? "" : ", " + stack)}}
    """
  }
}

extension SurgeryPlan {
  /// How the logits of model `position` differ, before and after.
  func comparison(
    _ position: Int = 0, _ probe: FunctionComparison.Probe = FunctionComparison.Probe()
  ) throws -> FunctionComparison {
    try FunctionComparison(
      before: (before[position].graph(), nil), after: (after[position].graph(), nil),
      tokensBefore: promises[position].tokensBefore, probe: probe)
  }
}

extension Checkpoint {
  /// The values of a tensor.
  func values(_ name: TensorName) throws -> [Float]? { try self[name]?.floats() }

  /// Adds a tensor of these values, or replaces the one of that name.
  mutating func put(_ name: TensorName, _ values: [Float], _ shape: [Int]) throws {
    let tensor = try LazyTensor.of(values, shape: shape)
    if let position = position(of: name) {
      replaceTensor(at: position, with: tensor)
    } else {
      _ = append(.init(name: name, tensor: tensor, role: .parameter(requiresGrad: true)))
    }
  }
}

extension LazyTensor {
  /// A float32 tensor of these values.
  static func of(_ values: [Float], shape: [Int]) throws -> LazyTensor {
    let bytes = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }
    guard let tensor = LazyTensor(dtype: .f32, shape: shape, storage: Storage(MemoryBytes(bytes)))
    else { throw SurgeryError.unsuitable(model: "test", verb: "test", reason: "the shape") }
    return tensor
  }
}
