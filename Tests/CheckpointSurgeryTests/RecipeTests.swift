import Checkpoints
import Foundation
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@testable import CheckpointSurgery

@Suite struct `A recipe` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for name in ["tied.pt", "tied.ligature.json", "encoder.pt", "encoder.ligature.json"] {
      let bytes = try Data(contentsOf: URL(filePath: Fixtures.path("models/\(name)")))
      try folder.write(Array(bytes), to: name)
    }
  }

  private func recipe(_ text: String) throws -> Recipe {
    try Recipe(
      Array(text.replacing("DIR", with: folder.path).utf8), file: "recipe.yaml")
  }

  private static let story = """
    surgery: 1
    models:
      mt: {path: DIR/tied.pt, set: [x_transformers=2.30.4]}
    steps:
      - untie:
      - resize: {pad-to-multiple: 48, new-rows: "normal:0.5", seed: 3}  # 96 tokens
      - freeze: {names: ["token_emb.*"]}
      - cast: {dtype: bf16}
    output: {mt: DIR/out.safetensors}
    expect: {max-logit-difference: 1.0e-4, parameters: {mt: 9456}}
    """

  @Test func `is several steps in one plan`() throws {
    let plan = try RecipePlan(recipe(Self.story))
    #expect(plan.surgery.steps.map(\.verb) == ["untie", "resize", "freeze"])
    #expect(try plan.surgery.after[0].parameterCount == 9456)
    #expect(plan.surgery.promises[0].closeness == .exact)
    #expect(plan.recipe.expectations.parameters == ["mt": 9456])
    let written = try plan.files(tool: "test", with: []).whole
    #expect(
      written.tensors.allSatisfy { $0.dtype == .bf16 || $0.sourceName.text.contains("inv_freq") }
    )
    #expect(try plan.surgery.comparison().maximumDifference < 1e-4)
  }

  @Test func `gives the same bytes for the same inputs`() throws {
    func written() throws -> [[UInt8]] {
      let plan = try RecipePlan(recipe(Self.story))
      let lock = try plan.lock(
        tool: "ligature test", proofs: .array([]),
        limits: WorkLimits(threadCount: 2, memoryByteCount: 16_000_000), observer: .none)
      try plan.files(tool: "test", with: [lock]).whole.execute()
      let names = ["out.safetensors", "out.ligature.json", "out.surgery.lock.json"]
      return try names.map { name in
        let bytes = try Data(contentsOf: URL(filePath: folder.path(name)))
        try FileManager.default.removeItem(atPath: folder.path(name))
        return Array(bytes)
      }
    }
    let first = try written()
    #expect(try written() == first)
    let lock = try JSONText(first[2]).value
    let model = try #require(lock["models"]?["mt"])
    let listing = try DigestListing(
      of: Checkpoint.open(folder.path("tied.pt")),
      limits: WorkLimits(threadCount: 2, memoryByteCount: 16_000_000), observer: .none)
    #expect(model["sha256"]?.string == listing.checkpoint.hexadecimal)
    #expect(lock["tool"]?.string == "ligature test")
    #expect(lock["steps"]?.elements?.count == 3)
  }

  @Test(arguments: ["2.31.10", "2.31", "'2.30.5'"])
  func `migrates to the release that it names`(release: String) throws {
    let plan = try RecipePlan(
      recipe(
        """
        surgery: 1
        models: {mt: {path: DIR/tied.pt, set: [x_transformers=2.30.4]}}
        steps: [{migrate: {to: \(release)}}, {untie: }]
        output: {mt: DIR/new.pt}
        """))
    #expect(plan.surgery.steps.map(\.verb) == ["migrate", "untie"])
    let text = release.replacing("'", with: "")
    #expect(try plan.surgery.after[0].configuration.dialect == Dialect(version: text))
    #expect(try plan.surgery.comparison().maximumDifference < 1e-5)
    let step = JSONValue.object(plan.recipe.members)["steps"]?.elements?[0]["migrate"]
    #expect(try step?["to"]?.string == Dialect(version: text).description)
  }

  @Test func `refuses a release that is none`() throws {
    #expect(throws: SurgeryError.self) {
      try recipe(
        """
        surgery: 1
        models: {mt: DIR/tied.pt}
        steps: [{migrate: {to: newest}}]
        output: {mt: DIR/new.pt}
        """)
    }
  }

  @Test func `transplants from a model that an earlier step has changed`() throws {
    let plan = try RecipePlan(
      recipe(
        """
        surgery: 1
        models: {mt: DIR/tied.pt, lm: DIR/encoder.pt}
        steps:
          - resize: {model: lm, tokens: 64}
          - untie: {model: mt}
          - transplant: {into: mt, from: lm, rows: ["0:8=8:16"]}
        output: {mt: DIR/moved.pt}
        expect: {scores: {held-out-cosine: 0.5}}
        """))
    let rows = try plan.surgery.after.map { try $0.rows("token_emb.emb.weight") }
    #expect(rows[0][..<8] == rows[1][8..<16])
    #expect(rows[1].count == 64)
    #expect(plan.surgery.steps.map(\.verb) == ["resize", "untie", "transplant"])
    #expect(
      JSONValue.object(plan.recipe.members)["steps"]?.elements?[2]["transplant"]?["into"]?.string
        == "mt")
    #expect(try plan.files(tool: "test", with: []).parts.count == 1)
  }

  @Test func `writes several models and a bundle of them together`() throws {
    for name in ["tied.pt", "tied.ligature.json"] {
      let bytes = try Data(contentsOf: URL(filePath: folder.path(name)))
      try folder.write(Array(bytes), to: "other" + name.dropFirst(4))
    }
    let plan = try RecipePlan(
      recipe(
        """
        surgery: 1
        models: {a: DIR/tied.pt, b: DIR/other.pt, c: DIR/encoder.pt}
        steps:
          - resize: {models: [a, b], pad-to-multiple: 48}
          - tie: {models: [a, b], weights: {a: 3}}
        output: {c: {path: DIR/copy.pt, dtype: f16}}
        bundle: {path: DIR/both, models: [a, b], freeze: [b]}
        expect: {parameters: {c: 6000}}
        """))
    let lock = try plan.lock(
      tool: "test", proofs: .array([]),
      limits: WorkLimits(threadCount: 2, memoryByteCount: 16_000_000), observer: .none)
    let files = try plan.files(tool: "test", with: [lock])
    #expect(
      files.parts.map(\.path) == [
        folder.path("copy.pt"), folder.path("both/a/"), folder.path("both/b/"),
      ])
    try files.whole.execute()
    for part in files.parts { try part.plan.verify(try Checkpoint.open(part.path)) }
    let names = try folder.names()
    #expect(names.contains("copy.surgery.lock.json") && names.contains("both"))
    let manifest = try Data(contentsOf: URL(filePath: folder.path("both/bundle.json")))
    let models = try JSONText(Array(manifest)).value["models"]
    #expect(
      models?["a"]?["embedding_weight"]?.double == 3 && models?["a"]?["freeze"]?.bool == false)
    #expect(models?["b"]?["embedding_weight"]?.double == 1 && models?["b"]?["freeze"]?.bool == true)
    #expect(throws: Never.self) {
      try Data(contentsOf: URL(filePath: folder.path("both/surgery.lock.json")))
    }
  }

  @Test(arguments: ["saved.yaml", "saved.json"])
  func `is written as it was read`(name: String) throws {
    try folder.write(Array("1\n0\n".utf8), to: "ids.txt")
    var recipe = try recipe(
      """
      surgery: 1
      models:
        a: {path: "DIR/a b.pt", config: c.json, set: [attn_layers.heads=8], select: state, lenient: true}
        b: true.pt
      steps:
        - untie: {model: a, names: ["*", "x: y"]}
        - tie: {model: a, policy: mean, weights: {input: 2.5}, tolerance: 0.125}
        - resize: {models: [a, b], tokens: 7, permute: DIR/ids.txt, max-seq-len: 5, new-rows: "copy:3", seed: 9, at: encoder}
        - freeze: {model: b, names: [a], unfreeze: ["123"]}
        - transplant: {into: b, from: a, from-at: encoder, tokens: map.tsv, project: emb-dim, untie: true}
        - transplant: {into: a, from: c.npy, match: byte, match-norm: true, from-set: [a=b]}
      bundle: {path: both/, models: [b], link: symlink, freeze: [b]}
      output:
        a: {path: out/, to: safetensors, dtype: f16, keep: ["*=keep", "a=f32"], allow-overflow: true, shard-size: 5000, \
      include: ["*"], exclude: [b], rename: ["s/a/b/"], strip-prefix: [module.], aliases: copy, metadata: {k: "no"}}
      """)
    let bytes = try recipe.bytes(for: name)
    let again = try Recipe(bytes, file: name)
    #expect(JSONValue.object(again.members) == .object(recipe.members))
    recipe.steps.removeLast()
    #expect(JSONValue.object(again.members) != .object(recipe.members))
  }

  static let faults: [(text: String, line: Int, reason: String)] = [
    ("", 1, "the file is empty; a recipe was expected"),
    ("[1]", 1, "a recipe is a map of keys and values, not a list"),
    ("surgery: 2", 1, "a recipe begins with surgery: 1"),
    ("surgery: 1\nmodel: {}", 2, "a recipe has no key 'model'; did you mean 'models'?"),
    (
      "surgery: 1\nmodels: {a: a.pt}\nsteps:\n  - resise: {}", 4,
      "there is no operation 'resise'; did you mean 'resize'?"
    ),
    (
      "surgery: 1\nmodels: {a: a.pt}\nsteps:\n  - resize:\n      token: 3", 5,
      "resize has no key 'token'; did you mean 'tokens'?"
    ),
    (
      "surgery: 1\nmodels: {a: a.pt}\nsteps:\n  - resize:\n      tokens: many", 5,
      "'tokens' takes a whole number, not 'many'"
    ),
    (
      "surgery: 1\nmodels: {a: a.pt, b: b.pt}\nsteps:\n  - untie:", 4,
      "model: NAME says which of the models is meant"
    ),
    (
      "surgery: 1\nmodels: {a: a.pt, b: b.pt}\nsteps:\n  - transplant: {into: a, from: a}", 4,
      "the model 'a' cannot be its own donor"
    ),
    (
      "surgery: 1\nmodels: {mt: a.pt}\nsteps:\n  - untie: {model: mr}", 4,
      "no model is named 'mr'; did you mean 'mt'?"
    ),
    (
      "surgery: 1\nmodels: {a: a.pt}\nsteps:\n  - cast: {dtype: f16}\n  - untie:\noutput: o.pt", 5,
      "cast and rename are done as 'a' is written, and so are its last steps"
    ),
    ("surgery: 1\nmodels: {a: a.pt, a: b.pt}", 2, "the key 'a' stands there twice"),
    ("surgery: [1\nmodels: b", 2, "did not find expected ',' or ']'"),
  ]

  @Test(arguments: faults)
  func `with a typing error is refused with its line`(
    fault: (text: String, line: Int, reason: String)
  ) {
    #expect(
      throws: SurgeryError.recipe(file: "r.yaml", line: fault.line, reason: fault.reason)
    ) { try Recipe(Array(fault.text.utf8), file: "r.yaml") }
  }

  /// What a few bytes of aliases, brackets or text can stand for.
  static let bombs: [String] = [
    "a: &a [1, 2]\nb: [*a, *a]", "a: &x\n  b: *x", #"k: ["x", &a 1]"#, "? &a x\n: 1",
    #"{"k":"v",&a "x":1}"#, "a: !!binary x", "k: \"a\n  b\"", "- - - &a x",
    String(repeating: "[", count: 500_000), String(repeating: "{a: ", count: 100_000),
    String(repeating: "- ", count: 100_000),
    String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
    "a: [" + String(repeating: "1,", count: 200_000) + "1]",
  ]

  @Test(arguments: bombs)
  func `that would cost more than its size is refused`(text: String) {
    #expect(throws: SurgeryError.self) { try Recipe(Array(text.utf8), file: "bomb.yaml") }
  }

  @Test func `larger than a recipe is not read`() throws {
    let path = try folder.write([UInt8](repeating: 0x20, count: (1 << 20) + 1), to: "large.yaml")
    #expect(
      throws: SurgeryError.recipe(
        file: path, line: 1,
        reason: "the file has 1048577 bytes; a recipe has 1048576 at most")
    ) { try Recipe(contentsOf: path) }
  }

  @Test func `takes stars and ampersands in quotes`() throws {
    let recipe = try recipe(
      """
      surgery: 1
      models: {"a":"DIR/tied.pt"}  # it's a comment
      steps:
        - freeze: {names: ["*.weight", '&x', 'it''s']}
      """)
    let freeze = try #require(recipe.steps[0].operation as? Freeze)
    #expect(freeze.names.map(\.text) == ["*.weight", "&x", "it's"])
  }

  @Test func `never writes over what it reads`() throws {
    var recipe = try recipe(
      """
      surgery: 1
      models: {a: DIR/tied.pt, b: DIR/encoder.pt}
      steps:
        - untie: {model: a}
      output: {a: DIR/encoder.pt}
      """)
    recipe.outputs[0].options.overwrites = true
    let path = folder.path("encoder.pt")
    let plan = try RecipePlan(recipe)
    let error = #expect(throws: SurgeryError.self) {
      try plan.files(tool: "test", with: [])
    }
    #expect(error?.code == "IsSource")
    #expect(error?.description == FileError.isSource(file: path).description)
  }
}
