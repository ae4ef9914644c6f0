import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@testable import CheckpointSurgery

@Suite struct `Resizing` {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func list(_ ids: [Int]) throws -> TokenIDList {
    let text = ids.map { "\($0)\n" }.joined()
    return try TokenIDList(contentsOf: folder.write(Array(text.utf8), to: "ids.txt"))
  }

  private func resize(_ change: (inout Resize) throws -> Void) rethrows -> Resize {
    var resize = Resize()
    try change(&resize)
    return resize
  }

  /// Primes, one, more than 2^16, and kinds of heads.
  static let models: [(tokens: Int, arguments: String)] = [
    (1, ""), (2, #""tie_embedding": true,"#), (257, ""), (257, #""tie_embedding": true,"#),
    (101, #""l2norm_embed": true,"#), (101, #""num_output_heads": 2,"#),
    (97, #""return_only_embed": true,"#), (97, #""logits_dim": 97,"#), (97, #""logits_dim": 5,"#),
    (65_537, ""),
  ]

  /// Few positions: a vocabulary of 65 537 tokens has as many logits at each.
  private static let probe: FunctionComparison.Probe = {
    var probe = FunctionComparison.Probe()
    (probe.batch, probe.length) = (1, 4)
    return probe
  }()

  @Test(arguments: models)
  func `permutes the logits with the tokens`(tokens: Int, arguments: String) throws {
    var random = SeededGenerator(seed: 3)
    let order = Array(0..<tokens).shuffled(using: &random)
    let operation = try resize { $0.selection = .permuted(try list(order)) }
    let model = try MadeModels.decoder(tokens, arguments)
    let plan = try operation.plan(for: [model])
    let table = try model.rows("token_emb.emb.weight")
    #expect(try plan.rows("token_emb.emb.weight") == order.map { table[$0] })
    let comparison = try plan.comparison(0, Self.probe)
    #expect(comparison.maximumDifference <= 1e-6 * max(1, comparison.spread))
    #expect(plan.promises[0].closeness == .exact)
  }

  @Test(arguments: models)
  func `trims to a slice of the logits`(tokens: Int, arguments: String) throws {
    var random = SeededGenerator(seed: 4)
    let kept = Array(Array(0..<tokens).shuffled(using: &random).prefix((tokens + 1) / 2))
    let operation = try resize { $0.selection = .kept(try list(kept)) }
    let model = try MadeModels.decoder(tokens, arguments)
    let plan = try operation.plan(for: [model])
    #expect(plan.after[0].configuration.models[0].configuration["num_tokens"] == .int(kept.count))
    let comparison = try plan.comparison(0, Self.probe)
    #expect(comparison.maximumDifference <= 1e-6 * max(1, comparison.spread))
  }

  @Test(arguments: models, [NewRows.mean, .zero, .normal(factor: 1), .copy(0)])
  func `pads without changing the first logits`(
    model: (tokens: Int, arguments: String), rows: NewRows
  ) throws {
    let operation = resize {
      $0.multiple = 64
      $0.newRows = rows
    }
    let plan = try operation.plan(for: [MadeModels.decoder(model.tokens, model.arguments)])
    let count = (model.tokens + 63) / 64 * 64
    #expect(try plan.rows("token_emb.emb.weight").count == count)
    let comparison = try plan.comparison(0, Self.probe)
    #expect(comparison.maximumDifference <= 1e-6 * max(1, comparison.spread))
  }

  /// Hewitt's bound: k rows that are the mean get at most k/(n+k) of the softmax.
  @Test func `gives mean rows the mean logit`() throws {
    let plan = try resize { $0.tokenCount = 24 }.plan(for: [MadeModels.decoder(20)])
    let runner = try ModelRunner(plan.after[0].graph())
    var input = ModelInput()
    input.tokens = ModelInput.Tokens([1, 2, 3, 4], batch: 1, length: 4)
    let values = try runner.output(for: input).values
    for position in 0..<4 {
      let row = values[(position * 24)..<((position + 1) * 24)].map { Double($0) }
      let mean = row[..<20].reduce(0, +) / 20
      #expect(row[20...].allSatisfy { abs($0 - mean) < 1e-5 })
    }
  }

  @Test func `draws the same rows for the same seed, and others for another`() throws {
    let model = try MadeModels.decoder(300)
    func drawn(_ seed: UInt64, factor: Double = 1) throws -> [[Float]] {
      let operation = resize {
        $0.tokenCount = 400
        $0.newRows = .normal(factor: factor)
        $0.seed = seed
      }
      return try Array(operation.plan(for: [model]).rows("to_logits.weight")[300...])
    }
    #expect(try drawn(7) == drawn(7))
    #expect(try drawn(7) != drawn(8))
    let means = try resize { $0.tokenCount = 301 }.plan(for: [model]).rows("to_logits.weight")[300]
    #expect(try drawn(7, factor: 0) == Array(repeating: means, count: 100))
    // 800 numbers about a deviation of 0.2: their own deviation is known to some percent.
    let spread = try drawn(7).flatMap { $0 }.map { Double($0 * $0) }.reduce(0, +) / 800
    let all = try model.rows("to_logits.weight").flatMap { $0 }.map { Double($0 * $0) }
    #expect(abs((spread / (all.reduce(0, +) / 2400)).squareRoot() - 1) < 0.15)
  }

  @Test func `resizes a shared vocabulary once for all`() throws {
    let model = try MadeModels.encoderDecoder(30, 30, shared: true)
    let kept = try list([3, 1, 4, 15, 9, 2, 6])
    let plan = try resize { $0.selection = .kept(kept) }.plan(for: [model])
    let checkpoint = plan.after[0].checkpoint
    let tables = try ["encoder.token_emb.emb.weight", "decoder.net.token_emb.emb.weight"].map {
      try #require(checkpoint[TensorName($0)])
    }
    #expect(tables[0].isSameView(as: tables[1]))
    #expect(checkpoint["decoder.net.to_logits.weight"]?.shape == [7, 8])
    let call = plan.after[0].configuration.models[0].configuration
    #expect(call["enc_num_tokens"] == .int(7) && call["dec_num_tokens"] == .int(7))
    #expect(try plan.comparison().maximumDifference < 1e-5)
  }

  @Test func `resizes one of two vocabularies, and asks which`() throws {
    let model = try MadeModels.encoderDecoder(30, 20, shared: false)
    #expect(
      throws: SurgeryError.unsuitable(
        model: "made.pt", verb: "resize",
        reason: "it has several wrappers; --at says which: encoder, decoder.net")
    ) { try resize { $0.tokenCount = 10 }.plan(for: [model]) }
    for place in ["encoder", "decoder", "decoder.net"] {
      let operation = resize {
        $0.tokenCount = 10
        $0.place = place
      }
      let plan = try operation.plan(for: [model])
      let call = plan.after[0].configuration.models[0].configuration
      #expect(call["enc_num_tokens"] == .int(place == "encoder" ? 10 : 30))
      #expect(call["dec_num_tokens"] == .int(place == "encoder" ? 20 : 10))
      #expect(try plan.comparison().maximumDifference < 1e-5)
    }
  }

  @Test(arguments: [5, 12, 31], [NewRows.mean, .zero, .copy(2)])
  func `gives a table of positions another length`(length: Int, rows: NewRows) throws {
    let model = try MadeModels.decoder(20)
    let operation = resize {
      $0.positionCount = length
      $0.newRows = rows
    }
    let plan = try operation.plan(for: [model])
    let before = try model.rows("pos_emb.emb.weight")
    let after = try plan.rows("pos_emb.emb.weight")
    #expect(after.count == length)
    #expect(Array(after.prefix(12)) == Array(before.prefix(length)))
    if length > 12, rows == .copy(2) { #expect(after[12...].allSatisfy { $0 == before[2] }) }
    #expect(try plan.comparison().maximumDifference < 1e-5)
  }

  @Test func `remembers in the configuration what tokens are called by their numbers`() throws {
    let json = """
      {"class": "AutoregressiveWrapper", "pad_value": 3, "net": {"class": "TransformerWrapper", \
      "num_tokens": 6, "max_seq_len": 0, "attn_layers": {"class": "Decoder", "dim": 8, "depth": 1, \
      "heads": 2}}}
      """
    let model = try MadeModels.model(json)
    let kept = try list([5, 3, 0])
    let plan = try resize { $0.selection = .kept(kept) }.plan(for: [model])
    #expect(plan.after[0].configuration.models[0].configuration["pad_value"] == .int(1))
    #expect(plan.steps[0].facts.contains("pad_value 3 → 1"))
    let others = try list([5, 4, 0])
    #expect(
      throws: SurgeryError.unsuitable(
        model: "made.pt", verb: "resize",
        reason: "pad_value is the token 3, which does not stay; keep it, or name another with "
          + "--set pad_value=ID")
    ) { try resize { $0.selection = .kept(others) }.plan(for: [model]) }
  }

  @Test(
    arguments: [
      ("0\n1\nx\n", "line 3: 'x' is not a token id; a whole number was expected"),
      (
        "0\n1\n\n6\n", "line 4: the id 6 is outside the vocabulary of 6 tokens (0 to 5)"
      ),
      ("0\n1\n0\n", "line 3: the id 0 stands in line 1 too; each token can be there once"),
      (
        "5\n4\n3\n2\n0\n",
        "line 5: the list ends without the id 1; a permutation has each of the 6 tokens once "
          + "(--keep-tokens leaves some out)"
      ), ("\n", "line 1: the file has no id; one in a line was expected"),
    ])
  func `refuses a list with its file and line`(text: String, sentence: String) throws {
    let path = try folder.write(Array(text.utf8), to: "bad.txt")
    let model = try MadeModels.decoder(6)
    let error = #expect(throws: SurgeryError.self) {
      var operation = Resize()
      operation.selection = .permuted(try TokenIDList(contentsOf: path))
      _ = try operation.plan(for: [model])
    }
    #expect(error?.description == "\(path): \(sentence)")
    #expect(error?.kind == .input)
  }

  @Test func `says that a mixture of softmaxes is not sliced`() throws {
    let model = try MadeModels.decoder(20, #""mixture_of_softmax": true,"#)
    let plan = try resize { $0.tokenCount = 10 }.plan(for: [model])
    guard case .lossy(let loss) = plan.promises[0].closeness else {
      Issue.record("the loss is not told")
      return
    }
    #expect(loss.hasPrefix("mixture_of_softmax"))
  }

  @Test func `makes new rows of a factor for each token one`() throws {
    let model = try MadeModels.decoder(5, #""ff_deep_embed": true,"#)
    let plan = try resize { $0.tokenCount = 7 }.plan(for: [model])
    #expect(try Array(plan.rows("ff_deep_embed")[5...]).allSatisfy { $0.allSatisfy { $0 == 1 } })
  }

  @Test func `keeps rows in their own dtype, not decoded`() throws {
    let model = try MadeModels.decoder(6)
    var half = model
    for entry in model.checkpoint.entries {
      half.replace(entry.name.text, with: try #require(entry.tensor.cast(to: .bf16)))
    }
    let plan = try resize { $0.tokenCount = 8 }.plan(for: [half])
    let table = try #require(plan.after[0].checkpoint["token_emb.emb.weight"])
    #expect(table.dtype == .bf16)
    #expect(table.derivation == .rows)
    let bytes = try table.read()
    #expect(Array(bytes.prefix(96)) == (try half.checkpoint["token_emb.emb.weight"]?.read()))
  }

  @Test(
    arguments: [
      (0, "--tokens takes a number from 1 to 268435456, not 0"),
      (1 << 40, "--tokens takes a number from 1 to 268435456, not 1099511627776"),
    ])
  func `refuses a size that cannot be`(count: Int, reason: String) throws {
    #expect(throws: SurgeryError.parameter(verb: "resize", reason: reason)) {
      try resize { $0.tokenCount = count }.plan(for: [MadeModels.decoder(6)])
    }
  }

  @Test func `refuses to copy a row that is not there`() throws {
    let operation = resize {
      $0.tokenCount = 8
      $0.newRows = .copy(6)
    }
    #expect(
      throws: SurgeryError.unsuitable(
        model: "made.pt", verb: "resize",
        reason: "--new-rows copy:6 is outside the table of 6 rows (0 to 5)")
    ) { try operation.plan(for: [MadeModels.decoder(6)]) }
  }

  @Test func `counts what a larger vocabulary adds`() throws {
    let plan = try resize { $0.tokenCount = 8 }.plan(for: [MadeModels.decoder(6)])
    #expect(
      try plan.countChanges(of: 0) == [
        .init(path: "to_logits.weight", difference: 16),
        .init(path: "token_emb.emb.weight", difference: 16),
      ])
  }
}
