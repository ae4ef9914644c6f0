internal import Foundation
internal import TestSupport
internal import Testing

/// A command, the code with which it ends, and the one sentence that it says then.
struct Refusal: Sendable, CustomStringConvertible {
  var words: String
  var status: Int32
  /// The `code` of the error document.
  var code: String
  /// All of standard error; nil where a system's or a parser's words are in it.
  var sentence: String?

  var arguments: [String] { words.split(separator: " ").map(String.init) }
  var description: String { words }
}

@Suite struct `Exit codes` {
  static let done = [
    "inspect model.pt", "count model.pt", "check model.pt --values", "hash model.pt",
    "diff model.pt model.safetensors", "show model.pt to_logits.weight --slice 0",
    "convert model.pt -o out.safetensors", "convert model.pt -o out.npz --dry-run",
    "convert model.pt -o dir/ --to safetensors --verify", "--help", "--version", "help convert",
    "convert --help", "--generate-completion-script zsh", "--generate-completion-script bash",
    "--generate-completion-script fish",
  ]

  @Test(arguments: done) func `are 0 where it is done`(words: String) throws {
    let place = try workplace("models/model.pt", "models/model.safetensors")
    let run = try Tool.run(words.split(separator: " ").map(String.init), in: place)
    #expect(run.status == 0)
    #expect(!run.output.isEmpty)
  }

  static let no = [
    "diff model.pt tied.pt", "count model.pt --expect 1", "diff model.pt tied.pt --json",
    "count model.pt --expect 1 --json",
  ]

  @Test(arguments: no) func `are 1 where the answer is no`(words: String) throws {
    let place = try workplace("models/model.pt", "models/tied.pt")
    let run = try Tool.run(words.split(separator: " ").map(String.init), in: place)
    #expect(run.status == 1)
    #expect(!run.output.isEmpty)
  }

  static let refusals = [
    Refusal(
      words: "inspct model.pt", status: 2, code: "UnknownCommand",
      sentence: "unknown command 'inspct'; did you mean 'inspect'?"),
    Refusal(
      words: "show model.pt to_logit.weight", status: 2, code: "UnknownTensor",
      sentence: "model.pt: no tensor is named 'to_logit.weight'; "
        + "did you mean 'to_logits.weight'?"),
    Refusal(words: "inspect model.pt --nope", status: 2, code: "Usage", sentence: nil),
    Refusal(words: "convert model.pt", status: 2, code: "Usage", sentence: nil),
    Refusal(
      words: "convert model.pt -o out.xyz", status: 2, code: "UnknownFormat",
      sentence: "out.xyz: the suffix names no format; end the destination in .safetensors, .pt or "
        + ".npz, or use --to"),
    Refusal(
      words: "convert model.pt -o out.pt --aliases meta", status: 2, code: "UnsupportedAliasPolicy",
      sentence: "pt: --aliases meta is not possible in pt; keep, copy, error are"),
    Refusal(
      words: "convert model.pt -o there.pt", status: 3, code: "Exists",
      sentence: "there.pt: exists already; --force overwrites it"),
    Refusal(
      words: "convert model.pt -o model.pt --force", status: 3, code: "IsSource",
      sentence: "model.pt: is also being read; write to another path"),
    Refusal(
      words: "convert model.pt -o out.pt --rename s/.*/x/", status: 3, code: "NameCollision",
      sentence: nil),
    Refusal(
      words: "inspect pointer.safetensors", status: 4, code: "GitLFSPointer",
      sentence:
        "pointer.safetensors: this is a Git LFS pointer to 7 bytes (sha256 ab), not the file "
        + "itself; run 'git lfs pull' in the repository, or download the file"),
    Refusal(words: "check cut.pt", status: 4, code: "", sentence: nil),
    Refusal(
      words: "inspect cut.pt", status: 4, code: "ZipNoEndRecord",
      sentence: "cut.pt: 1000 bytes, no end record: the download was cut short; download it again"),
    Refusal(words: "inspect short.safetensors", status: 4, code: "HeaderTooSmall", sentence: nil),
    Refusal(words: "inspect missing.pt", status: 5, code: "CannotOpen", sentence: nil),
    Refusal(
      words: "convert model.pt -o missing/out.pt", status: 5, code: "NoDirectory",
      sentence: "missing/out.pt: the directory that it is to be in does not exist; make it first"),
    Refusal(
      words: "convert model.pt -o missing/out.pt --dry-run", status: 5, code: "NoDirectory",
      sentence: "missing/out.pt: the directory that it is to be in does not exist; make it first"),
    Refusal(
      words: "convert model.pt -o there.pt/ --force", status: 3, code: "CannotReplace",
      sentence: "there.pt: is a file, and the output is a directory; write to another path"),
    Refusal(
      words: "convert model.pt -o there.pt --shard-size 1kB --force", status: 3,
      code: "CannotReplace",
      sentence: "there.pt: is a file, and the output is a directory; write to another path"),
    Refusal(
      words: "convert model.pt -o /dev/null --to pt --force", status: 3, code: "CannotReplace",
      sentence: "/dev/null: is a directory or a device, and no file takes its place; write to "
        + "another path"),
    Refusal(
      words: "convert model.pt -o out.pt --to 2.31.10", status: 2, code: "Usage",
      sentence: "--to 2.31.10: safetensors, pt or npz is needed; migrate takes a release"),
    Refusal(
      words: "convert model.pt -o out.pt --include to_logit.*", status: 2, code: "NothingLeft",
      sentence: "model.pt: --include 'to_logit.*' matches no tensor, and nothing is left to write"),
    Refusal(
      words: "convert model.pt -o out.pt --exclude *", status: 2, code: "NothingLeft",
      sentence: "model.pt: --include and --exclude leave no tensor to write"),
    Refusal(
      words: "convert model.pt -o out.pt --include to_logits.weight --rename s/.*//", status: 3,
      code: "EmptyName",
      sentence: "model.pt: 'to_logits.weight' would have no name; change the --rename or "
        + "--strip-prefix, or leave it out with --exclude"),
    Refusal(
      words: "count whole.safetensors --select model", status: 2, code: "NothingToSelect",
      sentence:
        "whole.safetensors: there is no 'model' to select: safetensors holds tensors and no "
        + "dictionaries of them; --include 'model.*' takes some by their names"),
    Refusal(words: "count model.pt --select model", status: 2, code: "UnknownPath", sentence: nil),
    Refusal(
      words: "convert model.pt -o -", status: 2, code: "Usage",
      sentence: "output goes to a file, not to standard output; './-' is a file of that name; see "
        + "'ligature convert --help'"),
    Refusal(
      words: "show model.pt to_logits.weight --slice 64", status: 2, code: "InvalidSlice",
      sentence:
        "model.pt: tensor 'to_logits.weight': index 64 is outside of dimension 0, which has "
        + "64 elements"),
    Refusal(
      words: "help inspct", status: 2, code: "UnknownCommand",
      sentence: "unknown command 'inspct'; did you mean 'inspect'?"),
    Refusal(
      words: "inspect model.pt --coler never", status: 2, code: "Usage",
      sentence: "Unknown option '--coler'; did you mean '--color'?"),
    Refusal(
      words: "inspect model.pt --color blue", status: 2, code: "Usage",
      sentence: "The value 'blue' is invalid for '--color <when>'. Please provide one of 'auto', "
        + "'always' or 'never'; see 'ligature inspect --help'"),
  ]

  private func place() throws -> TemporaryDirectory {
    let place = try workplace("models/model.pt")
    try place.write([1], to: "there.pt")
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 7\n"
    try place.write(Array(pointer.utf8), to: "pointer.safetensors")
    try place.write(Array(try Fixtures.bytes("models/model.pt").prefix(1000)), to: "cut.pt")
    try place.write([8, 0, 0, 0, 0, 0, 0], to: "short.safetensors")
    try place.write(Fixtures.bytes("models/model.safetensors"), to: "whole.safetensors")
    return place
  }

  @Test(arguments: refusals) func `are told with one sentence`(refusal: Refusal) throws {
    let place = try place()
    let before = try place.names()
    let run = try Tool.run(refusal.arguments, in: place)
    #expect(run.status == refusal.status)
    #expect(run.error.hasPrefix("Error: ") && run.error.hasSuffix("\n"))
    #expect(run.error.split(separator: "\n").count == 1)
    if let sentence = refusal.sentence { #expect(run.error == "Error: \(sentence)\n") }
    #expect(try place.names() == before)
  }

  @Test(arguments: refusals) func `come with a document for programs`(refusal: Refusal) throws {
    let place = try place()
    let run = try Tool.run(refusal.arguments + ["--json"], in: place)
    #expect(run.status == refusal.status)
    #expect(run.output.hasPrefix("{\"schema\": 1") || run.output.hasPrefix("{\n  \"schema\": 1"))
    let facts = try run.errorFacts()
    #expect(Set(facts.keys) == ["code", "message", "file", "tensor", "offset"])
    if !refusal.code.isEmpty { #expect(facts["code"] as? String == refusal.code) }
    if refusal.words.hasPrefix("check") { return }
    #expect(run.error == "Error: \(facts["message"] as? String ?? "")\n")
  }
}
