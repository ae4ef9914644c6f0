@testable internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

/// The truth is what torch reads from the same files, as the manifest has it.
@Suite struct `Torch fixtures` {
  static let formats: Set = ["pt", "pt-legacy", "torchscript"]
  static let fixtures = Fixtures.manifest("torch").filter { formats.contains($0.format ?? "") }
  static let strict = fixtures.filter { $0.match == nil && $0.exit == nil && $0.tensors != nil }

  static func read(_ fixture: Fixture, selection: String? = nil) throws -> Checkpoint {
    var options = ReadOptions()
    options.selection = selection
    let file = try RandomAccessFile(path: Fixtures.path("torch/\(fixture.file)"))
    return try FormatRegistry.readFile(file, options: options)
  }

  /// The tensors, without those that the manifest leaves open.
  static func described(_ checkpoint: Checkpoint, _ fixture: Fixture) throws -> [Fixture.Tensor] {
    let unsupported = fixture.unsupported ?? []
    let open = (fixture.optional ?? []) + (fixture.mayAdd ?? [])
    let kept = checkpoint.entries.filter { entry in
      let name = entry.name.text
      let isPart = unsupported.contains { name == $0 || name.hasPrefix($0 + ".") }
      return !isPart && !open.contains(name)
    }
    return try #require(checkpoint.replacingEntries(kept)).described()
  }

  @Test func `of the manifest are there`() { #expect(Self.strict.count > 180) }

  @Test(arguments: strict)
  func `are read as torch reads them`(fixture: Fixture) throws {
    let checkpoint = try Self.read(fixture)
    let open = (fixture.optional ?? []) + (fixture.mayAdd ?? [])
    #expect(
      try Self.described(checkpoint, fixture)
        == fixture.tensors?.filter { !open.contains($0.name) })
    #expect(checkpoint.source.format == fixture.format)
    let selections = fixture.selectAny ?? [fixture.select ?? ""]
    #expect(selections.contains(checkpoint.source.selection ?? ""))
  }

  @Test(arguments: strict.filter { $0.all != nil })
  func `are read whole when everything is asked for`(fixture: Fixture) throws {
    let checkpoint = try Self.read(fixture, selection: ".")
    #expect(try Set(Self.described(checkpoint, fixture)) == Set(fixture.all?.tensors ?? []))
  }

  @Test(arguments: fixtures.filter { $0.match == "content" })
  func `give all tensors, whatever their names`(fixture: Fixture) throws {
    let checkpoint = try Self.read(fixture, selection: ".")
    #expect(
      try Set(checkpoint.described().map(\.sha256)) == Set(fixture.tensors?.map(\.sha256) ?? []))
  }

  @Test(arguments: fixtures.filter { $0.exit?.contains(0) == true && $0.match == nil })
  func `that may be refused are either read rightly or refused`(fixture: Fixture) throws {
    let checkpoint: Checkpoint
    do { checkpoint = try Self.read(fixture) } catch is FormatError { return }
    #expect(try Self.described(checkpoint, fixture) == fixture.tensors ?? [])
  }

  /// Those of which torch says what is shared: it knows nothing of numpy's arrays and of bare storages.
  static let sharing = strict.filter {
    !$0.file.contains("numpy-") && !$0.file.contains("bare-storages")
  }

  @Test(arguments: sharing)
  func `share storages as in torch`(fixture: Fixture) throws {
    let checkpoint = try Self.read(fixture)
    var names: [ObjectIdentifier: [String]] = [:]
    for entry in checkpoint.entries where entry.tensor.elementCount > 0 {
      names[ObjectIdentifier(entry.tensor.storage), default: []].append(entry.name.text)
    }
    let shared = names.values.filter { $0.count > 1 }
    #expect(Set(shared) == Set(fixture.sharedStorage ?? []))
    var views: [Int: [String]] = [:]
    for (position, first) in checkpoint.duplicateOf() {
      views[first, default: []].append(checkpoint.entries[position].name.text)
    }
    let aliases = views.map { first, others in
      Set(others + [checkpoint.entries[first].name.text])
    }
    #expect(Set(aliases) == Set((fixture.aliases ?? []).map { Set($0) }))
  }
}
