@testable internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

/// The broken and hostile files that are told to be checkpoints of torch, each of them but for those that are only large:
/// `tools/make-fixtures/judge.py` measures what they cost a release build.
@Suite struct `Malformed torch files` {
  static let large = ["p-many-", "p-shared-", "p-doubling-", "p-depth-", "p-opcodes", "z-bomb-"]

  static let fixtures = Fixtures.manifest("malformed").filter { fixture in
    fixture.file.hasSuffix(".pt") && fixture.exit?.contains(0) == false
      && !large.contains(where: fixture.file.hasPrefix)
  }

  @Test func `are there`() { #expect(Self.fixtures.count > 350) }

  @Test(arguments: fixtures)
  func `are refused before anything is written`(fixture: Fixture) throws {
    let place = try TemporaryDirectory()
    #expect(throws: FormatError.self) {
      let file = try RandomAccessFile(path: Fixtures.path("malformed/\(fixture.file)"))
      let checkpoint = try FormatRegistry.readFile(file, options: ReadOptions())
      try checkpoint.plan(writingTo: place.path("out.safetensors")).execute()
    }
    #expect(try place.names() == [])
  }
}

@Suite struct `Sparse tensors` {
  static let names = ["sparse-coo", "sparse-csr", "sparse-csc", "sparse-bsr", "sparse-bsc"]

  private func checkpoint(_ name: String) throws -> Checkpoint {
    let file = try RandomAccessFile(path: Fixtures.path("torch/layouts/\(name).pt"))
    return try FormatRegistry.readFile(file, options: ReadOptions())
  }

  @Test(arguments: names + ["nested-tensor"], OutputFormat.allCases)
  func `are not written as if they were several`(name: String, format: OutputFormat) throws {
    let place = try TemporaryDirectory()
    let layout = name == "nested-tensor" ? "nested" : "sparse"
    #expect(
      throws: FormatError(
        file: Fixtures.path("torch/layouts/\(name).pt"), tensor: "odd",
        .plan(.notStrided(layout, format: format)))
    ) { try checkpoint(name).plan(writingTo: place.path("out.\(format.rawValue)")) }
  }

  @Test(arguments: names + ["nested-tensor"])
  func `are left out whole, by their name`(name: String) throws {
    let place = try TemporaryDirectory()
    var options = ConversionOptions()
    options.excludes = [try #require(NamePattern("odd"))]
    let checkpoint = try checkpoint(name)
    let plan = try checkpoint.plan(writingTo: place.path("out.safetensors"), options: options)
    #expect(plan.tensors.compactMap(\.name) == ["weight"])
    #expect(plan.remarks == checkpoint.source.notes)
  }

  @Test func `are written as indices, values and size where that is asked for`() throws {
    let place = try TemporaryDirectory()
    var options = ConversionOptions()
    options.splitsSparse = true
    let plan = try checkpoint("sparse-coo").plan(
      writingTo: place.path("out.safetensors"), options: options)
    #expect(
      plan.tensors.compactMap(\.name) == ["odd.indices", "odd.values", "odd.size", "weight"])
  }
}
