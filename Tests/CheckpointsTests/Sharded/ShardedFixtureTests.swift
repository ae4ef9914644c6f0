internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Checkpoints in directories` {
  static let fixtures = Fixtures.manifest("safetensors").filter {
    !$0.file.hasSuffix(".safetensors") && $0.tensors != nil
  }

  @Test(arguments: fixtures)
  func `are read as the real library reads them`(fixture: Fixture) throws {
    let checkpoint = try Checkpoint.open(Fixtures.path("safetensors/\(fixture.file)"))
    #expect(Set(try checkpoint.described()) == Set(fixture.tensors ?? []))
    #expect(checkpoint.entries.count == fixture.tensors?.count)
    #expect(checkpoint.source.notes.isEmpty)
    #expect(checkpoint.metadata["DCP_SHARDING_INFO"] == nil)
  }

  @Test func `of the manifest are there`() { #expect(Self.fixtures.count >= 7) }

  static let malformed = Fixtures.manifest("malformed").filter {
    ($0.file.hasPrefix("i-") || $0.file.hasPrefix("s-"))
  }

  @Test(arguments: malformed)
  func `that are broken are refused as the corpus says`(fixture: Fixture) throws {
    let allowed = fixture.exit ?? [0]
    do {
      let checkpoint = try Checkpoint.open(Fixtures.path("malformed/\(fixture.file)"))
      #expect(allowed.contains(0), "was read")
      if let tensors = fixture.tensors { #expect(Set(try checkpoint.described()) == Set(tensors)) }
    } catch let error as FormatError {
      #expect(allowed.contains(error.isSafetyRefusal ? 3 : 4), "\(error)")
      if let code = fixture.error { #expect(error.code == code, "\(error)") }
      #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
  }

  @Test func `of the corpus are there`() { #expect(Self.malformed.count > 150) }
}
