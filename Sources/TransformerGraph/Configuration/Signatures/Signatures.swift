internal import Checkpoints

/// The signatures of the constructors that a configuration may call.
enum Signatures {
  /// The rows of a class in a release; nil if it is not known.
  static func of(_ className: String, in dialect: Dialect) -> [ArgumentSpecification]? {
    newest(className).map { rows in
      let group = rows.contains { $0.name == "cross_attend" } ? "AttentionLayers" : className
      return Self.rows(rows, of: group, in: dialect)
    }
  }

  /// The rows of a class in the newest release; nil if it is not known.
  static func newest(_ className: String) -> [ArgumentSpecification]? {
    switch className {
    case "TokenEmbedding": tokenEmbedding
    case "Linear": linear
    case "Sequential": sequential
    case "TransformerWrapper": transformerWrapper
    case "ViTransformerWrapper": viTransformerWrapper
    case "ContinuousTransformerWrapper": continuousTransformerWrapper
    case "XTransformer": xTransformer
    case "AutoregressiveWrapper": autoregressiveWrapper
    case "XLAutoregressiveWrapper": xLAutoregressiveWrapper
    case "NonAutoregressiveWrapper": nonAutoregressiveWrapper
    case "ContinuousAutoregressiveWrapper": continuousAutoregressiveWrapper
    case "AttentionLayers", "Encoder", "Decoder", "PrefixDecoder", "CrossAttender":
      attentionLayers
    default: nil
    }
  }
}

extension Signatures {
  /// The classes that a configuration may name.
  static let classNames = [
    "TransformerWrapper", "ContinuousTransformerWrapper", "ViTransformerWrapper", "XTransformer",
    "AutoregressiveWrapper", "XLAutoregressiveWrapper", "NonAutoregressiveWrapper",
    "ContinuousAutoregressiveWrapper", "Encoder", "Decoder", "PrefixDecoder", "CrossAttender",
    "AttentionLayers", "TokenEmbedding",
  ]

  /// The class that was probably meant.
  static func nearestClass(to name: String) -> String? {
    NearestName.of(name, among: classNames)
  }
}
