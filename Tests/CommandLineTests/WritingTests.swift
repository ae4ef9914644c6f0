internal import Foundation
internal import TestSupport
internal import Testing

@Suite struct `Writing` {
  @Test func `gives back the bytes that torch and safetensors write`() throws {
    let place = try workplace("models/model.pt", "models/model.safetensors")
    try FileManager.default.createDirectory(
      atPath: place.path("out"), withIntermediateDirectories: false)
    for name in ["model.pt", "model.safetensors"] {
      #expect(try Tool.run(["convert", name, "-o", "out/\(name)"], in: place).status == 0)
      #expect(try place.bytes(of: "out/\(name)") == place.bytes(of: name))
    }
  }

  @Test func `does not happen in a dry run`() throws {
    let place = try workplace("models/model.pt")
    let before = try place.names()
    let text = try Tool.run(["convert", "model.pt", "-o", "out/", "--to", "pt", "-n"], in: place)
    #expect(text.status == 0)
    #expect(text.output.contains("peak memory") && text.output.contains("free disk"))
    let words = ["convert", "model.pt", "-o", "new.npz", "--dry-run", "--json"]
    let document = try Tool.run(words, in: place).document()
    let keys = [
      "files", "tensors", "readBytes", "writtenBytes", "peakMemoryBytes", "freeDiskBytes",
    ]
    for key in keys { #expect(document[key] != nil) }
    #expect(try place.names() == before)
  }

  @Test func `overwrites with --force and nothing else`() throws {
    let place = try workplace("models/model.pt")
    try place.write([1, 2, 3], to: "out.safetensors")
    let words = ["convert", "model.pt", "-o", "out.safetensors"]
    #expect(try Tool.run(words, in: place).status == 3)
    #expect(try place.bytes(of: "out.safetensors") == [1, 2, 3])
    #expect(try Tool.run(words + ["--force"], in: place).status == 0)
    #expect(try place.bytes(of: "out.safetensors").count > 1000)
  }

  @Test(arguments: ["symbolic", "hard"])
  func `never goes over the source, whatever it is called`(kind: String) throws {
    let place = try workplace("models/model.pt")
    if kind == "symbolic" {
      try FileManager.default.createSymbolicLink(
        atPath: place.path("link.pt"), withDestinationPath: "model.pt")
    } else {
      try FileManager.default.linkItem(
        atPath: place.path("model.pt"), toPath: place.path("link.pt"))
    }
    let run = try Tool.run(["convert", "model.pt", "-o", "link.pt", "--force"], in: place)
    #expect(run.status == 3)
    #expect(try place.bytes(of: "model.pt") == Fixtures.bytes("models/model.pt"))
  }

  @Test(arguments: [["convert"], ["resize", "--tokens", "70"]])
  func `names the file that was to be written, not its configuration`(words: [String]) throws {
    let place = try workplace("models/model.pt", "models/model.ligature.json")
    let over = try Tool.run(words + ["model.pt", "-o", "model.pt", "--force"], in: place)
    #expect(over.error == "Error: model.pt: is also being read; write to another path\n")
    try #expect(Tool.run(words + ["model.pt", "-o", "out.pt"], in: place).status == 0)
    let again = try Tool.run(words + ["model.pt", "-o", "out.pt"], in: place)
    #expect(again.error == "Error: out.pt: exists already; --force overwrites it\n")
  }

  @Test func `does not take the source's index for the place of a file`() throws {
    let place = try workplace("models/model.pt")
    let shards = ["-o", "shards/", "--to", "safetensors", "--shard-size", "4kB"]
    try #expect(Tool.run(["convert", "model.pt"] + shards, in: place).status == 0)
    let index = "shards/model.safetensors.index.json"
    let bytes = try place.bytes(of: index)
    let over = ["convert", "shards", "-o", index, "--to", "safetensors", "--force"]
    let sentence = "Error: \(index): is also being read; write to another path\n"
    #expect(try Tool.run(over, in: place).error == sentence)
    // --force would not help, so it is not offered.
    let again = try Tool.run(["convert", "shards"] + shards, in: place)
    #expect(again.status == 3 && again.error.contains("is also being read"))
    #expect(try place.bytes(of: index) == bytes)
  }

  @Test(arguments: ["model.pt", "model.ligature.json", "tokens.npy"])
  func `of logits never goes over what they are computed from`(output: String) throws {
    let place = try workplace("models/model.pt", "models/model.ligature.json")
    try place.write(tokens, to: "tokens.npy")
    let bytes = try place.bytes(of: output)
    let words = ["logits", "model.pt", "--tokens", "tokens.npy", "-o", output, "--force"]
    let run = try Tool.run(words, in: place)
    #expect(run.status == 3)
    #expect(run.error == "Error: \(output): is also being read; write to another path\n")
    #expect(try place.bytes(of: output) == bytes)
  }

  /// `numpy.save` of `[[1, 2]]`.
  private var tokens: [UInt8] {
    var header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + header.utf8
      + [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
  }

  @Test func `goes through a symbolic link`() throws {
    let place = try workplace("models/model.pt")
    try FileManager.default.createSymbolicLink(
      atPath: place.path("link.npz"), withDestinationPath: "target.npz")
    #expect(try Tool.run(["convert", "model.pt", "-o", "link.npz"], in: place).status == 0)
    #expect(try place.names() == ["link.npz", "model.pt", "target.npz"])
  }

  @Test func `makes shards that are one checkpoint again`() throws {
    let place = try workplace("models/model.pt")
    let words = [
      "convert", "model.pt", "-o", "shards", "--to", "safetensors", "--shard-size", "4kB",
    ]
    #expect(try Tool.run(words, in: place).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path("shards"))
    #expect(names.contains("model.safetensors.index.json") && names.count > 3)
    #expect(try Tool.run(["diff", "model.pt", "shards"], in: place).status == 0)
    let merged = try Tool.run(["convert", "shards", "-o", "merged.pt", "--verify"], in: place)
    #expect(merged.status == 0)
    #expect(try Tool.run(["diff", "merged.pt", "model.pt"], in: place).status == 0)
  }

  @Test(arguments: [
    ("--rename s/nothing/x/", "--rename 's/nothing/x/' changes no name"),
    (
      "--strip-prefix attn_layers",
      "--strip-prefix 'attn_layers' leaves names that begin with a dot; --strip-prefix "
        + "attn_layers. takes it too"
    ),
  ])
  func `says which flag has hardly the effect that was meant`(
    flag: String, remark: String
  ) throws {
    let place = try workplace("models/model.pt")
    let words =
      ["convert", "model.pt", "-oout.pt", "-j2"] + flag.split(separator: " ").map(String.init)
    let run = try Tool.run(words + ["--json"], in: place)
    #expect(run.error == remark + "\n")
    #expect(try run.document()["remarks"] as? [String] == [remark])
  }

  @Test func `tells of each tensor what casting did, if all is to be told`() throws {
    let place = try workplace("models/model.pt")
    let words = ["convert", "model.pt", "-o", "half.pt", "--dtype", "bf16", "--force"]
    let brief = try Tool.run(words, in: place).output
    #expect(brief.hasPrefix("8,432 values cast, worst error "))
    let all = try Tool.run(words + ["--all"], in: place).output
    #expect(all.hasPrefix("cast\n"))
    #expect(
      all.contains("\n  token_emb.emb.weight ") && all.contains(" 1,024 values cast, worst error "))
  }

  @Test func `says which tensors get bytes of their own in npz`() throws {
    let place = try workplace("models/xtransformer.pt")
    let words = ["convert", "xtransformer.pt", "-o", "out.npz"]
    let names = "'encoder.token_emb.emb.weight', 'decoder.net.token_emb.emb.weight'"
    #expect(
      try Tool.run(words, in: place).error == "\(names) share bytes; in npz each gets its own\n")
    // Whoever asked for copies knows of them.
    let copies = try Tool.run(words + ["--aliases", "copy", "--force"], in: place)
    #expect(copies.status == 0 && copies.error.isEmpty)
  }

  @Test func `says which pattern matched nothing`() throws {
    let place = try workplace("models/model.pt")
    let words = ["convert", "model.pt", "-o", "out.pt", "--exclude", "nothing.*"]
    let run = try Tool.run(words, in: place)
    #expect(run.status == 0)
    #expect(run.error == "--exclude 'nothing.*' matches no tensor\n")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `leaves no partial file when it is interrupted`(signal: Int32) throws {
    let source = try TemporaryDirectory()
    let count = 192 << 20
    try source.write(
      header: #"{"w":{"dtype":"F32","shape":[\#(count)],"data_offsets":[0,\#(count * 4)]}}"#,
      dataByteCount: count * 4, to: "large.safetensors")
    let place = try TemporaryDirectory()
    let words = ["convert", source.path("large.safetensors"), "-o", "out.pt", "--dtype", "f64"]
    let started = try Tool.start(words, in: place)
    while started.process.isRunning, try place.names().isEmpty {
      Thread.sleep(forTimeInterval: 0.002)
    }
    kill(started.process.processIdentifier, signal)
    let run = try started.wait()
    #expect(run.status == 130)
    #expect(run.error == "Error: interrupted\n")
    #expect(try place.names() == [])
  }
}
