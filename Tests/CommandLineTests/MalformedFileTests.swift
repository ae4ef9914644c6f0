internal import TestSupport
internal import Testing

/// One file of each kind that is broken in the fixtures; the whole of them is read by the library's tests.
@Suite struct `Malformed files on the command line` {
  static let samples: [Fixture] = {
    var kinds: Set<String> = []
    return Fixtures.manifest("malformed").filter { fixture in
      let name = fixture.file.split(separator: "-").prefix(2).joined(separator: "-")
      return fixture.exit?.contains(0) == false && kinds.insert(String(name.prefix(5))).inserted
    }
  }()

  @Test func `are there`() { #expect(Self.samples.count > 30) }

  @Test(arguments: samples)
  func `end with their code, one sentence that names them, and nothing written`(
    fixture: Fixture
  ) throws {
    let place = try TemporaryDirectory()
    let source = Fixtures.path("malformed/\(fixture.file)")
    let run = try Tool.run(["convert", source, "-o", "out.safetensors"], in: place)
    #expect(!run.wasKilled)
    #expect(fixture.exit?.contains(Int(run.status)) == true)
    #expect(run.error.hasPrefix("Error: ") && run.error.contains(fixture.file))
    #expect(run.error.split(separator: "\n").count == 1)
    #expect(run.output.isEmpty)
    #expect(try place.names() == [])
  }
}
