internal import Foundation
internal import TestSupport
internal import Testing

/// An answer for programs: the command, and the members of its document in their order.
struct Answered: Sendable, CustomStringConvertible {
  var words: String
  var members: [String]

  var description: String { words }
}

@Suite struct `Answers` {
  static let documents = [
    Answered(
      words: "inspect",
      members: [
        "schema", "format", "files", "metadata", "tensors", "aliases", "globals", "notes",
      ]),
    Answered(
      words: "count",
      members: [
        "schema", "parameters", "stored", "buffers", "bytes", "byDType", "byModule", "embedding",
      ]),
    Answered(
      words: "check",
      members: ["schema", "sound", "format", "files", "tensors", "bytes", "values", "findings"]),
    Answered(words: "hash", members: ["schema", "checkpoint", "tensors"]),
  ]

  @Test(arguments: documents, ["model.pt", "model.safetensors"])
  func `are documents with the members that programs rely on`(
    answered: Answered, file: String
  ) throws {
    let place = try workplace("models/\(file)")
    let run = try Tool.run([answered.words, file, "--json"], in: place)
    let document = try run.document()
    #expect(Set(document.keys).isSuperset(of: answered.members))
    let places = answered.members.compactMap { run.output.range(of: "\n  \"\($0)\":")?.lowerBound }
    #expect(places.count == answered.members.count)
    #expect(places == places.sorted())
  }

  @Test func `of count say how buffers were told from parameters`() throws {
    let place = try workplace("models/model.pt")
    let sentence =
      "Buffers are told from parameters by the modules of x-transformers that the names belong to."
    let run = try Tool.run(["count", "model.pt", "--quiet"], in: place)
    #expect(run.output.hasSuffix("\n\n\(sentence)\n"))
    let document = try Tool.run(["count", "model.pt", "--json"], in: place).document()
    #expect(document["notes"] as? [String] == [sentence])
  }

  @Test(arguments: [
    "inspect", "count", "check", "diff", "hash", "show", "fit", "logits", "convert", "tie", "untie",
    "transplant", "resize", "freeze", "apply", "migrate",
  ])
  func `of help have examples that can be copied`(verb: String) throws {
    let help = try Tool.run([verb, "--help"], in: try TemporaryDirectory()).output
    let examples = help.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { !$0.hasPrefix("  ligature \(verb) ") }.prefix { !$0.isEmpty }
    #expect(!examples.isEmpty)
    // What is too long for a line would go on at the margin.
    #expect(examples.allSatisfy { $0.hasPrefix("  ") })
  }

  @Test func `name files where a shell completes words`() throws {
    let place = try TemporaryDirectory()
    let script = try Tool.run(["--generate-completion-script", "bash"], in: place).output
    let inspect = try #require(script.range(of: "_ligature_inspect() {"))
    #expect(script[inspect.upperBound...].prefix(900).contains("__ligature_add_completions -f"))
  }

  @Test func `of inspect give each tensor's facts`() throws {
    let place = try workplace("models/tied.pt")
    let tensors = try Tool.run(["inspect", "tied.pt", "--json"], in: place).document()["tensors"]
    let first = try #require((tensors as? [[String: Any]])?.first)
    #expect(
      Set(first.keys) == ["name", "dtype", "shape", "elements", "bytes", "file", "aliasOf"])
  }

  @Test func `list layers in the order of their numbers and fold them`() throws {
    let place = try workplace("models/model.pt")
    let folded = try Tool.run(["inspect", "model.pt"], in: place).output
    #expect(folded.contains("layers.{0..") || folded.contains("layers.{0,"))
    let all = try Tool.run(["inspect", "model.pt", "--all"], in: place).output
    #expect(!all.contains("{"))
  }

  @Test func `have colours only where they are asked for`() throws {
    let place = try workplace("models/model.pt")
    let plain = try Tool.run(["inspect", "model.pt"], in: place)
    let coloured = try Tool.run(["inspect", "model.pt", "--color", "always"], in: place)
    #expect(!plain.output.contains("\u{1B}"))
    #expect(coloured.output.contains("\u{1B}["))
  }

  @Test func `show a slice as numpy has it`() throws {
    let place = try workplace("models/model.pt")
    let run = try Tool.run(
      ["show", "model.pt", "to_logits.weight", "--slice", "0:2,:3", "--npy", "part.npy"], in: place)
    #expect(run.status == 0)
    let bytes = try place.bytes(of: "part.npy")
    #expect(String(decoding: bytes, as: UTF8.self).contains("'shape': (2, 3)"))
    #expect(bytes.count == 128 + 2 * 3 * 4)
  }

  @Test func `of diff fold layers and tell the worst of them`() throws {
    let place = try workplace("models/model.pt")
    let words = ["convert", "model.pt", "-o", "half.pt", "--dtype", "bf16", "-q"]
    #expect(try Tool.run(words, in: place).status == 0)
    let diff = ["diff", "model.pt", "half.pt"]
    let folded = try Tool.run(diff, in: place).output
    #expect(
      folded.contains("  attn_layers.layers.{1,3}.1.ff.0.0.weight  ×2\n    dtype F32 and BF16\n"))
    #expect(
      folded.contains(" of 2,048 values, first in attn_layers.layers.1.1.ff.0.0.weight at [0, 0]\n")
    )
    let all = try Tool.run(diff + ["--all"], in: place).output
    #expect(all.contains("  attn_layers.layers.3.1.ff.0.0.weight\n") && !all.contains("×"))
  }

  @Test func `of a dry run fold layers that are renamed alike`() throws {
    let place = try workplace("models/model.pt")
    let words = [
      "convert", "model.pt", "-o", "out.pt", "-n", "--rename", "s/attn_layers.layers/blocks/",
    ]
    let run = try Tool.run(words, in: place)
    #expect(run.output.contains("as blocks.{0..3}.0.0.gamma "))
  }

  @Test(arguments: [["inspect"], ["convert", "-o", "out.pt", "-n"]])
  func `for programs list layers in the order of their numbers`(words: [String]) throws {
    let place = try TemporaryDirectory()
    let entries = [10, 2, 1].enumerated().map { position, number in
      #""l.\#(number).w":{"dtype":"U8","shape":[1],"data_offsets":[\#(position),\#(position + 1)]}"#
    }
    try place.write(
      header: "{\(entries.joined(separator: ","))}", dataByteCount: 3, to: "a.safetensors")
    let document = try Tool.run(words + ["a.safetensors", "--json"], in: place).document()
    let tensors = try #require(document["tensors"] as? [[String: Any]])
    #expect(tensors.map { $0["name"] as? String } == ["l.1.w", "l.2.w", "l.10.w"])
  }

  @Test func `of hash and diff read their lists from a pipe`() throws {
    let place = try workplace("models/model.pt", "models/model.safetensors")
    let script = """
      "$0" hash model.pt | "$0" hash model.safetensors --check - \
        && "$0" diff model.pt model.safetensors --map <(echo to_logits.weight to_logits.weight)
      """
    let run = try Tool.run(script: script, in: place)
    #expect(run.status == 0)
    #expect(run.output == "same: 24 tensors\nsame: 24 tensors equal\n")
  }

  @Test func `of fit name the file whose tensors are no model`() throws {
    let place = try TemporaryDirectory()
    try place.write(
      header: #"{"layers.0.0.g":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      dataByteCount: 8, to: "a.safetensors")
    let run = try Tool.run(["fit", "a.safetensors"], in: place)
    #expect(run.status == 4 && run.error.hasPrefix("Error: a.safetensors: "))
  }

  @Test func `of inspect name what the metadata notes as another name`() throws {
    let place = try TemporaryDirectory()
    try place.write(
      header: #"{"__metadata__":{"b":"a"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
      dataByteCount: 1, to: "a.safetensors")
    let run = try Tool.run(["inspect", "a.safetensors"], in: place)
    #expect(run.output.hasSuffix("notes\n  the metadata notes 'b' as another name of 'a'\n"))
  }

  @Test func `show the only tensor, and one whose name was printed with escapes`() throws {
    let place = try TemporaryDirectory()
    try place.write(
      header: #"{"a\u202eb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, dataByteCount: 1,
      to: "a.safetensors")
    for words in [[], [#"a\u{202E}b"#], ["a\u{202E}b"]] {
      let run = try Tool.run(["show", "a.safetensors"] + words, in: place)
      #expect(run.output.hasPrefix(#"a\u{202E}b  U8 [1]"#))
    }
    let several = try workplace("models/model.pt")
    let sentence =
      "model.pt: give the name of one of its 24 tensors; 'ligature inspect --all' lists them"
    #expect(try Tool.run(["show", "model.pt"], in: several).error == "Error: \(sentence)\n")
  }

  @Test func `show the last row as Python counts it`() throws {
    let place = try workplace("models/model.pt")
    let words = ["show", "model.pt", "to_logits.weight", "--slice"]
    let last = try Tool.run(words + ["-1"], in: place)
    #expect(last.status == 0)
    #expect(try last.output == Tool.run(words + ["63"], in: place).output)
  }

  @Test func `of hash are the same for every container and can be kept`() throws {
    let place = try workplace("models/model.pt", "models/model.safetensors")
    let listing = try Tool.run(["hash", "model.pt"], in: place).output
    try place.write(Array(listing.utf8), to: "kept.txt")
    #expect(try Tool.run(["hash", "model.safetensors"], in: place).output == listing)
    let check = try Tool.run(["hash", "model.safetensors", "--check", "kept.txt"], in: place)
    #expect(check.status == 0)
  }
}
