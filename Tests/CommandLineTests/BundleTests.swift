internal import Foundation
internal import TestSupport
internal import Testing

enum SharedPair {
  /// A bundle of two models with one table, in `bundle/`; `a` and `b` are its models.
  static func bundle(_ words: String = "") throws -> TemporaryDirectory {
    let place = try workplace("models/model.pt", "models/model.ligature.json")
    let run = try Tool.run(
      ("tie a=model.pt b=model.pt -o bundle/ -q " + words).split(separator: " ").map(String.init),
      in: place)
    try #require(run.status == 0, "\(run.error)")
    return place
  }
}

@Suite struct `A bundle` {
  private static let pool = "bundle/shared/token_emb-99dc73.safetensors"
  private static let table = "tensor 'token_emb.emb.weight'"

  private func check(_ path: String, in place: TemporaryDirectory) throws -> Tool.Run {
    try Tool.run(["check", path], in: place)
  }

  /// The lines that tell faults.
  private func faults(_ run: Tool.Run) -> [String] {
    run.output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("fault") }
  }

  @Test(arguments: ["hard", "relative", "symlink", "copy"])
  func `is checked as a whole, and its models are named`(link: String) throws {
    let place = try SharedPair.bundle("--link \(link)")
    let run = try check("bundle/", in: place)
    #expect(run.status == 0)
    #expect(
      run.output.hasSuffix(
        """
        shared/token_emb-99dc73.safetensors: 'token_emb.emb.weight' of a, b
        a: bundle/a/model.safetensors.index.json, 24 tensors, 33.7 kB
        b: bundle/b/model.safetensors.index.json, 24 tensors, 33.7 kB
        sound: bundle of 2 models, \(link == "copy" ? 5 : 3) files, 47 tensors, 63.4 kB

        """), "\(run.output)")
    let document = try Tool.run(["check", "bundle", "--json"], in: place).document()
    let models = try #require(document["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["a", "b"])
  }

  @Test(arguments: ["hard", "relative", "symlink", "copy"])
  func `is one checkpoint to whom reads its directory`(link: String) throws {
    let place = try SharedPair.bundle("--link \(link)")
    // Each model has 8,432 parameters, 1,024 of them in the table.
    let count = link == "copy" ? 2 * 8432 : 2 * 8432 - 1024
    let runs = [
      ["count", "bundle", "--expect", "\(count)"], ["fit", "bundle/"],
      ["convert", "bundle", "-o", "one.pt"], ["diff", "bundle", "one.pt"],
      ["convert", "bundle", "-o", "one.safetensors"], ["diff", "one.pt", "one.safetensors"],
      ["fit", "one.safetensors"],
    ]
    for words in runs {
      let run = try Tool.run(words, in: place)
      #expect(run.status == 0, "\(words): \(run.output) \(run.error)")
    }
    let digests = try ["bundle", "one.pt", "one.safetensors"].map {
      try Tool.run(["hash", $0, "--json"], in: place).document()["checkpoint"] as? String
    }
    #expect(Set(digests).count == 1)
  }

  @Test(arguments: [
    (#"{"x": {"directory": "a"}, "y": {"directory": "a"}}"#, "two models have the directory 'a'"),
    (#"{"x": {"directory": "."}}"#, "the model 'x' needs a \"directory\" in the bundle"),
    (#"{"x": {"directory": "a", "tensors": {"t": "s/3"}}}"#, "'t' is in no file of the pool"),
    ("{}", "it names no models"),
  ])
  func `whose manifest is no bundle's is refused`(models: String, reason: String) throws {
    let place = try SharedPair.bundle()
    let text = #"{"schema": 1, "pool": [], "models": "# + models + "}"
    try place.write(Array(text.utf8), to: "bundle/bundle.json")
    let run = try Tool.run(["count", "bundle"], in: place)
    #expect(run.status == 4)
    #expect(run.error.contains("the file does not describe a bundle: \(reason)"), "\(run.error)")
  }

  @Test func `of sixty thousand files that are not there is checked in time`() throws {
    let place = try SharedPair.bundle()
    let file =
      #"{"file": "s/NUMBER", "tensor": "t", "sha256": "\#(String(repeating: "0", count: 64))"}"#
    let pool = (0..<60_000).map { file.replacing("NUMBER", with: "\($0)") }.joined(separator: ",")
    let text = #"{"schema": 1, "pool": [\#(pool)], "models": {"x": {"directory": "a"}}}"#
    try place.write(Array(text.utf8), to: "bundle/bundle.json")
    let run = try Tool.run(["check", "bundle", "-q"], in: place)
    #expect(run.status == 5)
  }

  @Test(arguments: ["hard", "relative", "symlink", "copy"])
  func `that was edited behind its back is told in one sentence`(link: String) throws {
    let place = try SharedPair.bundle("--link \(link)")
    var bytes = try place.bytes(of: Self.pool)
    bytes[bytes.count - 1] ^= 1
    try place.write(bytes, to: Self.pool)
    let run = try check("bundle", in: place)
    #expect(run.status == 1)
    #expect(faults(run).count == 1)
    #expect(
      faults(run).first?.hasPrefix(
        "fault: \(Self.pool): \(Self.table): the tensor was edited behind the bundle's back: SHA-256 "
      )
        == true, "\(run.output)")
    // A copy is a model's own, and as it was.
    let own = try check("bundle/a", in: place)
    #expect(own.status == (link == "copy" ? 0 : 1), "\(own.output)")
  }

  @Test func `says which copy of the pool was edited`() throws {
    let place = try SharedPair.bundle("--link copy")
    let name = "bundle/b/model-00002-of-00002.safetensors"
    var bytes = try place.bytes(of: name)
    bytes[bytes.count - 1] ^= 1
    try place.write(bytes, to: name)
    let run = try check("bundle", in: place)
    #expect(run.status == 1)
    #expect(faults(run).count == 1)
    #expect(
      faults(run).first?.hasPrefix("fault: \(name): \(Self.table): ") == true, "\(run.output)")
  }

  @Test func `that is broken is told with the exit code of what is broken`() throws {
    let place = try SharedPair.bundle()
    try place.write([1, 2, 3], to: "bundle/a/model-00001-of-00002.safetensors")
    let run = try check("bundle", in: place)
    #expect(run.status == 4)
    #expect(faults(run).count == 1)
    try place.write(Array("{".utf8), to: "bundle/bundle.json")
    let cut = try check("bundle", in: place)
    #expect(cut.status == 4)
    #expect(
      cut.output.hasPrefix(
        "fault: bundle/bundle.json: the file does not describe a bundle: it is no JSON"),
      "\(cut.output)")
  }
}

@Suite struct `A bundle that is its own model` {
  @Test(arguments: ["check loop", "check loop --as hf", "inspect loop", "count loop", "hash loop"])
  func `is refused`(words: String) throws {
    let place = try SharedPair.bundle()
    try FileManager.default.createDirectory(
      atPath: place.path("loop"), withIntermediateDirectories: true)
    try place.write(place.bytes(of: "bundle/bundle.json"), to: "loop/bundle.json")
    for name in ["a", "b", "shared"] {
      try FileManager.default.createSymbolicLink(
        atPath: place.path("loop/\(name)"),
        withDestinationPath: name == "shared" ? "../bundle/shared" : ".")
    }
    let run = try Tool.run(words.split(separator: " ").map(String.init), in: place)
    #expect(run.status == 4)
    #expect((run.error + run.output).contains("it is a model of a bundle and a bundle itself"))
  }
}

@Suite struct `A model of a bundle` {
  private func run(_ words: String, in place: TemporaryDirectory) throws -> Tool.Run {
    try Tool.run(words.split(separator: " ").map(String.init), in: place)
  }

  private static let edits = [
    "resize bundle/a -o out.pt --tokens 60",
    "resize bundle/a -o out.safetensors --pad-to-multiple 100",
    "transplant --from model.pt --into bundle/a -o out.pt --rows 0:2=5:7",
    "tie bundle/a -o out.pt --policy mean", "tie bundle/a -o out.pt --policy output",
    "tie a=bundle/a c=tied.pt -o out/ --policy output",
  ]

  @Test(arguments: edits)
  func `is not edited alone where it shares, unless it is detached`(words: String) throws {
    let place = try SharedPair.bundle()
    for name in ["tied.pt", "tied.ligature.json"] {
      try place.write(Fixtures.bytes("models/\(name)"), to: name)
    }
    let refused = try run(words, in: place)
    #expect(refused.status == 3)
    #expect(
      refused.error.hasSuffix(
        """
        Error: bundle/a: 'token_emb.emb.weight' is shared with 'b' and would be changed for one model; --detach gives \
        the output a table of its own

        """), "\(refused.error)")
    #expect(try !place.names().contains { $0.hasPrefix("out") })
    let done = try run(words + " --detach", in: place)
    #expect(done.status == 0, "\(done.error)")
    #expect(done.error.contains("'token_emb.emb.weight' is shared with 'b' no more"))
    // The bundle is as it was.
    #expect(try run("check bundle", in: place).status == 0)
  }

  @Test(arguments: [
    "untie bundle/a -o out.pt --names token_emb.*", "freeze bundle/a -o out.pt token_emb.*",
    "migrate bundle/a -o out.pt --to 2.31.0", "convert bundle/a -o out.pt",
    "tie a=bundle/a b=bundle/b -o out/",
  ])
  func `goes on sharing where nothing of the table changes`(words: String) throws {
    let place = try SharedPair.bundle()
    let done = try run(words, in: place)
    #expect(done.status == (words.hasPrefix("untie") ? 4 : 0), "\(done.error)")
  }

  @Test func `may be edited with all that share`() throws {
    let place = try SharedPair.bundle()
    try place.write(Fixtures.bytes("models/model.pt"), to: "c.pt")
    try place.write(Fixtures.bytes("models/model.ligature.json"), to: "c.ligature.json")
    let words = "tie a=bundle/a b=bundle/b c=moved.pt -o out/ --policy mean"
    let moved = try run("transplant --from c.pt --into c.pt -o moved.pt --rows 0:2=5:7", in: place)
    #expect(moved.status == 0, "\(moved.error)")
    let done = try run(words, in: place)
    #expect(done.status == 0, "\(done.error)")
    #expect(try run("check out", in: place).status == 0)
  }

  @Test(arguments: [
    "resize bundle/a -o out.pt --tokens 60 --detach", "untie bundle/a -o out.pt --names x.*",
    "transplant --from bundle/a --into model.pt -o out.pt", "tie bundle/a bundle/b -o out/",
    "apply recipe.yaml",
  ])
  func `whose pool was edited is read by no surgery`(words: String) throws {
    let place = try SharedPair.bundle()
    try place.write(
      Array(
        "{surgery: 1, models: {m: bundle/a}, steps: [{freeze: {names: ['*']}}], output: {m: out.pt}}"
          .utf8),
      to: "recipe.yaml")
    let pool = "bundle/shared/token_emb-99dc73.safetensors"
    var bytes = try place.bytes(of: pool)
    bytes[bytes.count - 1] ^= 1
    try place.write(bytes, to: pool)
    let refused = try run(words, in: place)
    #expect(refused.status == 4)
    #expect(refused.error.contains("the tensor was edited behind the bundle's back"))
    #expect(try !place.names().contains { $0.hasPrefix("out") })
  }

  @Test func `is detached by a recipe that says so`() throws {
    let place = try SharedPair.bundle()
    func recipe(_ model: String) throws {
      let text =
        "{surgery: 1, models: {m: \(model)}, steps: [{resize: {tokens: 60}}], output: {m: out.pt}}"
      try place.write(Array(text.utf8), to: "recipe.yaml")
    }
    try recipe("bundle/a")
    #expect(try run("apply recipe.yaml", in: place).status == 3)
    try recipe("{path: bundle/a, detach: true}")
    #expect(try run("apply recipe.yaml", in: place).status == 0)
  }
}

@Suite struct `What a library would do` {
  private static let answers: [(String, Int32, String)] = [
    (
      "check model.pt --as torch", 0,
      "torch.load: loads: 24 tensors\ntorch.load(mmap=True): loads: reads tensors when they are used\n"
    ),
    (
      "check pair.pt --as torch", 0,
      "torch.load: loads: 48 tensors; 1 name shares its storage with another, in modules that tie them and in "
        + "modules that do not\ntorch.load(mmap=True): loads: reads tensors when they are used\n"
    ),
    (
      "check model.pt --as safetensors", 1,
      "load_file: does not load: it is no safetensors file but pt; 'ligature convert -o out.safetensors' makes it one\n"
    ),
    (
      "check pair.safetensors --as safetensors", 0,
      "load_file: loads: 47 tensors, and not 'b.token_emb.emb.weight', which the metadata note as aliases\n"
        + "load_model: loads: into modules in which 'b.token_emb.emb.weight' and 'a.token_emb.emb.weight' are one "
        + "parameter (else 'b.token_emb.emb.weight' is missing), and"
    ),
    (
      "check model.pt --as hf", 1,
      "from_pretrained: does not load: it takes a directory with config.json, and this is a file\n"
    ),
    (
      "check bundle --as hf", 1,
      "bundle/a: from_pretrained: does not load: the directory has no config.json\n"
    ),
  ]

  @Test(arguments: answers)
  func `is told, and counts as the answer`(words: String, status: Int32, lines: String) throws {
    let place = try SharedPair.bundle()
    for name in ["pair.pt", "pair.safetensors"] {
      let tied = try Tool.run(["tie", "a=model.pt", "b=model.pt", "-o", name, "-q"], in: place)
      try #require(tied.status == 0)
    }
    let run = try Tool.run(words.split(separator: " ").map(String.init), in: place)
    #expect(run.status == status)
    #expect(run.output.contains(lines), "\(run.output)")
  }
}
