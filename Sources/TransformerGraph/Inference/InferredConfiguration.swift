public import Checkpoints
internal import TensorStorage

/// A configuration read off names and shapes, as far as that decides it.
public struct InferredConfiguration: Sendable {
  /// Something that names and shapes do not decide.
  public struct Question: Hashable, Sendable {
    /// The argument, as `--set` takes it: `attn_layers.heads`.
    public let argument: String
    /// Values that fit the shapes, the assumed one first.
    public let values: [String]
    /// Why it cannot be told.
    public let reason: String
  }

  /// The configuration, with the assumed value of each question.
  public var configuration: ModelConfiguration
  /// What stands before the model's paths in the checkpoint's names.
  public let prefix: String
  /// What is not decided.
  public let questions: [Question]
  /// Arguments of few models that leave no trace, taken at their defaults.
  public let untraced: [String]
  /// Answers that the shapes contradict, each a sentence.
  public let contradictions: [String]
  /// What was concluded from hints, each a sentence.
  public let hints: [String]
}

extension InferredConfiguration {
  /// Reads what can be read; nil if the checkpoint is no model of x-transformers.
  ///
  /// Small tensors (norm gains) are read for hints about the release. What follows from an answer is inferred with
  /// it: with the number of heads, their features. Answers are written into the configuration by `set(_:)`.
  public init?(_ checkpoint: Checkpoint, answers: [String: ArgumentValue] = [:]) {
    let votes = Self.prefixes(checkpoint)
    guard let prefix = Self.likeliest(votes) else { return nil }
    let all = TensorTree(checkpoint)
    let tree = prefix.isEmpty ? all : all.below(String(prefix.dropLast()))
    var inference = ConfigurationInference(checkpoint, tree, answers: answers)
    guard let call = inference.model(tree) else { return nil }
    configuration = ModelConfiguration(call, dialect: inference.dialect)
    self.prefix = prefix
    questions = inference.questions
    untraced = inference.untraced
    contradictions = inference.contradictions
    hints = inference.hints + Self.otherModels(votes, prefix)
  }

  /// What stands before the outermost modules of models, starts that `attn_layers`, an encoder with a decoder, or bare
  /// `layers` follow, with the number of their tensors.
  private static func prefixes(_ checkpoint: Checkpoint) -> [String: Int] {
    var votes: [String: Int] = [:]
    // Bare stacks count only where no wrapper is: a pool of attention has one of its own.
    var bareVotes: [String: Int] = [:]
    for entry in checkpoint.entries {
      let parts = entry.name.text.split(separator: ".", omittingEmptySubsequences: false)
      guard let position = modelPosition(parts.map(String.init)) else { continue }
      let prefix = parts[..<position].map { $0 + "." }.joined()
      if parts.contains("attn_layers") {
        votes[prefix, default: 0] += 1
      } else {
        bareVotes[prefix, default: 0] += 1
      }
    }
    return votes.isEmpty ? bareVotes : votes
  }

  /// That of the most tensors; of equally many, the shortest, and of equally short the first.
  private static func likeliest(_ votes: [String: Int]) -> String? {
    votes.max { a, b in
      (a.value, b.key.utf8.count, b.key) < (b.value, a.key.utf8.count, a.key)
    }?.key
  }

  private static func otherModels(_ votes: [String: Int], _ prefix: String) -> [String] {
    let others = votes.keys.filter { $0 != prefix && !$0.hasPrefix(prefix + "token_critic.") }
    guard let other = others.min() else { return [] }
    let count = others.count == 1 ? "another model" : "\(others.count) other models"
    return [
      "the checkpoint holds \(count), at '\(other)…': a configuration with \"models\" takes them all, and "
        + "convert --include '\(other)*' --strip-prefix \(other) one"
    ]
  }

  private static func modelPosition(_ parts: [String]) -> Int? {
    if let layers = parts.firstIndex(of: "attn_layers") {
      var start = layers
      if start > 0, parts[start - 1] == "net" { start -= 1 }
      if start > 0, ["encoder", "decoder"].contains(parts[start - 1]) { start -= 1 }
      return start
    }
    guard let layers = parts.firstIndex(of: "layers"), parts.count > layers + 3,
      Int(parts[layers + 1]) != nil, ["0", "1", "2"].contains(parts[layers + 2])
    else { return nil }
    return layers
  }
}
