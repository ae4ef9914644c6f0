internal import Foundation
internal import TestSupport
internal import Testing

@Suite struct `A bundle` {
  /// A bundle of two models with one table, in `bundle/`; `a` and `b` are its models.
  static func bundle(_ words: String = "") throws -> TemporaryDirectory {
    let place = try workplace("models/model.pt", "models/model.ligature.json")
    let run = try Tool.run(
      ("tie a=model.pt b=model.pt -o bundle/ -q " + words).split(separator: " ").map(String.init),
      in: place)
    try #require(run.status == 0, "\(run.error)")
    return place
  }

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
    let place = try Self.bundle("--link \(link)")
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
  func `that was edited behind its back is told in one sentence`(link: String) throws {
    let place = try Self.bundle("--link \(link)")
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
    let place = try Self.bundle("--link copy")
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
    let place = try Self.bundle()
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
