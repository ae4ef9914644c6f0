/// A TransformerWrapper in a graph, and where it stands: in the keys and in the configuration.
public struct WrapperPlace: Sendable {
  /// The wrapper.
  public let wrapper: TransformerWrapper
  /// What stands before its paths in the graph: `""`, `net.`, `encoder.`, `decoder.net.`, `a.net.`.
  public let keyPrefix: String
  /// The modules that lead to its arguments in the configuration, the model's name first where there are
  /// several: `["net"]`.
  public let modulePath: [String]
  /// What stands before its arguments' names: `enc_` or `dec_` in an XTransformer, else nothing.
  public let argumentPrefix: String

  /// The path in the configuration of the wrapper's argument `name`.
  public func argumentPath(_ name: String) -> [String] { modulePath + [argumentPrefix + name] }

  /// How messages name the wrapper: `decoder.net`, or `the model` where it is all there is.
  public var title: String {
    keyPrefix.isEmpty ? "the model" : String(keyPrefix.dropLast())
  }
}

extension ModelGraph {
  /// Every TransformerWrapper, in the order of the models; an XTransformer has its encoder first.
  public var wrappers: [WrapperPlace] { models.flatMap { wrappers(of: $0.name) } }

  /// The TransformerWrappers of the model `name`; an XTransformer has its encoder first.
  public func wrappers(of name: String) -> [WrapperPlace] {
    models.filter { $0.name == name }.flatMap {
      $0.model.wrappers(
        keyPrefix: name.isEmpty ? "" : "\(name).", modulePath: name.isEmpty ? [] : [name])
    }
  }
}

extension Model {
  fileprivate func wrappers(keyPrefix: String, modulePath: [String]) -> [WrapperPlace] {
    switch self {
    case .transformer(let wrapper):
      [
        WrapperPlace(
          wrapper: wrapper, keyPrefix: keyPrefix, modulePath: modulePath, argumentPrefix: "")
      ]
    case .encoderDecoder(let encoder, let decoder):
      [
        WrapperPlace(
          wrapper: encoder, keyPrefix: "\(keyPrefix)encoder.", modulePath: modulePath,
          argumentPrefix: "enc_"),
        WrapperPlace(
          wrapper: decoder, keyPrefix: "\(keyPrefix)decoder.net.", modulePath: modulePath,
          argumentPrefix: "dec_"),
      ]
    case .wrapped(let inner, _, _):
      inner.wrappers(keyPrefix: "\(keyPrefix)net.", modulePath: modulePath + ["net"])
    case .continuous, .vision, .layers: []
    }
  }
}
