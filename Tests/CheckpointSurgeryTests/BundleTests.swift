import CheckpointSurgery
import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@Suite struct `Tying models` {
  /// Models with one table: the second one's is a copy of the first one's, times `factor`.
  static func pair(
    _ arguments: (String, String) = ("\"tie_embedding\": true", ""), factor: Float = 1,
    release: String = "2.31.10"
  ) throws -> [FreshModel] {
    let first = try FreshModel(FreshModel.decoder(arguments.0, release: release), name: "en")
    let table = try #require(try first.model.checkpoint.values("token_emb.emb.weight"))
    let second = try FreshModel(FreshModel.decoder(arguments.1), seed: 2, name: "de") {
      try $0.put("token_emb.emb.weight", table.map { $0 * factor }, [11, 16])
    }
    return [first, second]
  }

  private func bundled(_ models: [FreshModel], _ tie: TieModels = TieModels()) throws -> (
    plan: SurgeryPlan, bundle: Bundle
  ) {
    let plan = try tie.plan(for: models.map(\.model))
    return (plan, try Bundle(plan.after.map { Bundle.Member($0) }))
  }

  @Test func `with equal tables stores one, and each keeps its logits`() throws {
    let (plan, bundle) = try bundled(Self.pair())
    #expect(plan.promises == [Promise(.exact), Promise(.exact)])
    #expect(plan.steps[0].facts == ["the tables of en, de are equal and become one"])
    let tables = bundle.members.map { $0.checkpoint["token_emb.emb.weight"] }
    #expect(tables[0]?.isSameView(as: try #require(tables[1])) == true)
    for position in 0..<2 { #expect(try plan.comparison(position).maximumDifference == 0) }
  }

  @Test(arguments: [BundleLink.hard, .relative, .symlink, .copy])
  func `writes a directory in which each model is a checkpoint`(link: BundleLink) throws {
    let directory = try TemporaryDirectory()
    let (_, bundle) = try bundled(Self.pair())
    let root = directory.path("out/bundle")
    let plan = try bundle.plan(
      writingTo: root, link: link, tool: "test", options: ConversionOptions())
    try plan.whole.execute()
    for (part, member) in zip(plan.parts, bundle.members) {
      let opened = try Checkpoint.open(part.path)
      try part.plan.verify(opened)
      try opened.requireUnchangedPool()
      let configured = try ConfiguredCheckpoint(opened, path: part.path)
      #expect(configured.configuration == member.configuration)
      #expect(try configured.graph().report(on: configured.checkpoint).isComplete)
    }
    let names = try directoryNames(root + "/shared")
    #expect(names.count == 1)
    #expect(names[0].hasPrefix("token_emb-"))
    #expect(
      try directoryNames(root).sorted()
        == ["bundle.json", "de", "en", "ligature.json", "shared"])
  }

  private func directoryNames(_ path: String) throws -> [String] {
    try FileSystem.names(in: path)
  }

  @Test func `leaves nothing behind when it fails`() throws {
    let directory = try TemporaryDirectory()
    var (_, bundle) = try bundled(Self.pair())
    let missing = LazyTensor(
      dtype: .f32, shape: [4],
      storage: Storage(
        FileRange(
          file: try RandomAccessFile(path: try directory.write([1], to: "short")), byteOffset: 0,
          byteCount: 16)))
    _ = bundle.members[1].checkpoint.append(.init(name: "cut", tensor: try #require(missing)))
    let plan = try bundle.plan(
      writingTo: directory.path("new/bundle"), link: .hard, tool: "test",
      options: ConversionOptions())
    #expect(throws: FormatError.self) { try plan.whole.execute() }
    #expect(try directory.names() == ["short"])
  }

  @Test func `refuses tables that differ, unless a policy says what is lost`() throws {
    let models = try Self.pair(factor: 1.5)
    let error = try #require(throws: SurgeryError.self) { try bundled(models) }
    #expect(error.code == "TablesDiffer")
    #expect(error.kind == .safety)
    #expect(error.description.contains("the best scalar is 1.5, with |W − αE| / |W| = 0.0 %"))
    let (mean, _) = try bundled(models, TieModels(policy: .mean))
    #expect(
      mean.steps[0].facts == [
        "en: the table moves by 25.0 %", "de: the table moves by 16.7 %",
      ])
    let weighted = try bundled(models, TieModels(policy: .weighted, weights: ["en": 3])).plan
    let table = try #require(try models[0].model.checkpoint.values("token_emb.emb.weight"))
    let found = try #require(try weighted.after[1].checkpoint.values("token_emb.emb.weight"))
    for (found, value) in zip(found, table) { #expect(abs(found - value * 1.125) < 1e-6) }
  }

  @Test func `refuses other vocabularies and other widths, naming the shapes`() throws {
    let first = try FreshModel(FreshModel.decoder(), name: "en")
    let words = try FreshModel(FreshModel.decoder(tokens: 12), name: "de")
    let wide = try FreshModel(FreshModel.decoder(dim: 8), name: "fr")
    #expect(throws: SurgeryError.bundle(.vocabularies("en", [11, 16], "de", [12, 16]))) {
      try bundled([first, words])
    }
    #expect(throws: SurgeryError.bundle(.widths("en", [11, 16], "fr", [11, 8]))) {
      try bundled([first, wide])
    }
  }

  @Test(arguments: ["pair.pt", "pair.safetensors"])
  func `in one file keeps one table under both names`(name: String) throws {
    let directory = try TemporaryDirectory()
    let (_, bundle) = try bundled(Self.pair())
    let (checkpoint, configuration) = try bundle.inOneFile()
    let path = directory.path(name)
    var options = ConversionOptions()
    let json = try #require(configuration).json()
    options.companions = [CompanionFile(name: "ligature.json", bytes: json)]
    try checkpoint.write(to: path, options: options)
    let configured = try ConfiguredCheckpoint(Checkpoint.open(path), path: path)
    let report = try configured.graph().report(on: configured.checkpoint)
    #expect(report.isComplete)
    #expect(report.sharedNames == [["en.token_emb.emb.weight", "de.token_emb.emb.weight"]])
    let second = configured.configuration.models[1].configuration
    #expect(second["token_emb"] == .text("en.token_emb"))
    if name.hasSuffix("safetensors") {
      #expect(
        try Checkpoint.open(path).metadata
          == ["format": "pt", "en.token_emb.emb.weight": "de.token_emb.emb.weight"])
    }
  }

  @Test func `in one file refuses what one configuration cannot say`() throws {
    let releases = try bundled(Self.pair(release: "2.30.4")).bundle
    #expect(throws: SurgeryError.bundle(.releases("2.30.4", "2.31.10"))) {
      try releases.inOneFile()
    }
    let normalised = try bundled(Self.pair(("\"l2norm_embed\": true", ""))).bundle
    #expect(throws: SurgeryError.bundle(.normalisation("en.token_emb", "de.token_emb"))) {
      try normalised.inOneFile()
    }
    var dotted = try bundled(Self.pair()).bundle
    dotted.members[0].name = "en.v2"
    #expect(throws: SurgeryError.bundle(.dottedName("en.v2"))) { try dotted.inOneFile() }
  }

  @Test(arguments: [
    ("shared", BundleFault.invalidName("shared")), ("a/b", .invalidName("a/b")),
    ("..", .invalidName("..")), ("de", .nameTwice("de")),
  ])
  func `refuses names that no directory can have`(name: String, fault: BundleFault) throws {
    var models = try Self.pair().map(\.model)
    models[0].name = name
    #expect(throws: SurgeryError.bundle(fault)) { try Bundle(models.map { Bundle.Member($0) }) }
  }

  @Test func `tells a pool that was edited behind the bundle's back`() throws {
    let directory = try TemporaryDirectory()
    let (_, bundle) = try bundled(Self.pair())
    let root = directory.path("bundle")
    try bundle.plan(writingTo: root, link: .hard, tool: "test", options: ConversionOptions())
      .whole.execute()
    let pool = try directoryNames(root + "/shared")[0]
    var bytes = try directory.bytes(of: "bundle/shared/\(pool)")
    bytes[bytes.count - 1] ^= 1
    try directory.write(bytes, to: "bundle/shared/\(pool)")
    let error = try #require(throws: FormatError.self) {
      try Checkpoint.open(root + "/en").requireUnchangedPool()
    }
    #expect(error.code == "PoolChanged")
    #expect(error.tensor == "token_emb.emb.weight")
    #expect(error.description.contains("the tensor was edited behind the bundle's back"))
  }

  @Test func `lets a frozen table count as frozen`() throws {
    let directory = try TemporaryDirectory()
    var (_, bundle) = try bundled(Self.pair())
    bundle.members[1].isFrozen = true
    let root = directory.path("bundle/")
    try bundle.plan(writingTo: root, link: .relative, tool: "test", options: ConversionOptions())
      .whole.execute()
    let frozen = try ["en", "de"].map { name in
      let configured = try ConfiguredCheckpoint(
        Checkpoint.open(root + name), path: root + name)
      let report = try configured.graph().report(on: configured.checkpoint)
      return report.foundCount - report.trainableCount
    }
    #expect(frozen == [0, 11 * 16])
  }

  @Test func `of other libraries needs only the table's name`() throws {
    var checkpoints = [Checkpoint(), Checkpoint()]
    for (position, name) in ["model.embed_tokens.weight", "transformer.wte.weight"].enumerated() {
      try checkpoints[position].put(TensorName(name), [1, 2, 3, 4], [2, 2])
    }
    let bundle = try Bundle([
      .init(name: "llama", checkpoint: checkpoints[0]),
      .init(name: "gpt", checkpoint: checkpoints[1]),
    ])
    let (tied, facts) = try bundle.sharingTable()
    #expect(facts == ["the tables of llama, gpt are equal and become one"])
    let (checkpoint, configuration) = try tied.inOneFile()
    #expect(configuration == nil)
    #expect(checkpoint.aliasGroups() == [[0, 1]])
    #expect(
      throws: SurgeryError.bundle(
        .unknownTensor(
          model: "llama", name: "model.embed_token.weight", nearest: "model.embed_tokens.weight"))
    ) { try bundle.sharingTable(named: "model.embed_token.weight") }
  }
}
