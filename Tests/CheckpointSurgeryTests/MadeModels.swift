import Checkpoints
import TensorStorage

@testable import CheckpointSurgery

/// Models with x-transformers' own initial values, made from the text of a configuration.
enum MadeModels {
  /// The model of `json`, under a path that errors can be compared with.
  static func model(_ json: String) throws -> SurgeryModel {
    var model = try FreshModel(json).model
    model.paths.checkpoint = "made.pt"
    return model
  }

  /// A small decoder of `tokenCount` tokens; `arguments` are its further ones, each with a comma behind it.
  static func decoder(_ tokenCount: Int, _ arguments: String = "") throws -> SurgeryModel {
    try model(
      """
      {"class": "TransformerWrapper", "num_tokens": \(tokenCount), "max_seq_len": 12, \(arguments) \
      "attn_layers": {"class": "Decoder", "dim": 8, "depth": 1, "heads": 2, "attn_dim_head": 4}}
      """)
  }

  /// A small encoder and decoder.
  static func encoderDecoder(
    _ encoderCount: Int, _ decoderCount: Int, shared: Bool
  ) throws -> SurgeryModel {
    try model(
      """
      {"class": "XTransformer", "dim": 8, "tie_token_emb": \(shared), \
      "enc_num_tokens": \(encoderCount), "enc_max_seq_len": 12, "enc_depth": 1, "enc_heads": 2, \
      "dec_num_tokens": \(decoderCount), "dec_max_seq_len": 12, "dec_depth": 1, "dec_heads": 2}
      """)
  }
}

extension SurgeryPlan {
  /// Rows of a tensor of the first model afterwards.
  func rows(_ name: String) throws -> [[Float]] { try after[0].rows(name) }
}

extension SurgeryModel {
  /// The rows of a tensor; a vector's are single numbers.
  func rows(_ name: String) throws -> [[Float]] {
    guard let tensor = checkpoint[TensorName(name)] else { return [] }
    let values = try tensor.floats()
    let width = tensor.shape[0] == 0 ? 1 : max(1, tensor.elementCount / tensor.shape[0])
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
  }
}
