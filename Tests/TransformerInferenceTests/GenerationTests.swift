internal import Testing

@testable import TransformerInference

@Suite struct Generation {
  @Test(arguments: GoldenLogits.all)
  func `with a cache gives the tokens of running the whole sequence`(golden: GoldenLogits) throws {
    let (runner, given, _) = try golden.load()
    var input = given
    // Inputs with a value for each token do not follow the sequence as it grows.
    guard let tokens = input.tokens, input.embedIDs.isEmpty, input.condition == nil else { return }
    // Short enough for the fixtures' tables of positions.
    input.tokens = tokens.prefix(4)
    input.mask = nil
    let count = 4
    let found: ModelInput.Tokens
    do {
      found = try runner.generate(count, after: input)
    } catch InferenceError.unexpectedInput {
      return  // No causal decoder of tokens.
    }
    #expect(try found.ids == Self.naive(count, runner, input).ids)
  }

  /// The likeliest token of the whole sequence's logits, again and again.
  private static func naive(
    _ count: Int, _ runner: ModelRunner, _ input: ModelInput
  ) throws -> ModelInput.Tokens {
    var input = input
    for _ in 0..<count {
      let tokens = try #require(input.tokens)
      let output = try runner.output(for: input)
      let width = try #require(output.shape.last)
      var ids: [Int] = []
      for item in 0..<tokens.batch {
        let last = ((item + 1) * tokens.length - 1) * width
        let logits = output.values[last..<(last + width)]
        let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
        ids += tokens.ids[(item * tokens.length)..<((item + 1) * tokens.length)] + [best - last]
      }
      input.tokens = .init(ids, batch: tokens.batch, length: tokens.length + 1)
    }
    return try #require(input.tokens)
  }
}

extension ModelInput.Tokens {
  /// The first `count` tokens of each sequence.
  fileprivate func prefix(_ count: Int) -> Self {
    let kept = (0..<batch).flatMap { ids[($0 * length)..<($0 * length + min(count, length))] }
    return Self(kept, batch: batch, length: min(count, length))
  }
}
