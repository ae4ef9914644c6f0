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

  @Test func `of hash are the same for every container and can be kept`() throws {
    let place = try workplace("models/model.pt", "models/model.safetensors")
    let listing = try Tool.run(["hash", "model.pt"], in: place).output
    try place.write(Array(listing.utf8), to: "kept.txt")
    #expect(try Tool.run(["hash", "model.safetensors"], in: place).output == listing)
    let check = try Tool.run(["hash", "model.safetensors", "--check", "kept.txt"], in: place)
    #expect(check.status == 0)
  }
}
