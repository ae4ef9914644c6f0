import CheckpointSurgery
import Checkpoints
import Foundation
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

/// A model that an older release of x-transformers made, from fixtures/eras.
struct EraModel: Sendable, CustomTestStringConvertible {
  var name: String
  var testDescription: String { name }

  static let all: [EraModel] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("eras"))) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.sorted().map { EraModel(name: $0) }
  }()

  /// The model, its configuration written into `directory`.
  func open(in directory: TemporaryDirectory) throws -> SurgeryModel {
    let path = Fixtures.path("eras/\(name)")
    let golden = try Checkpoint.open(path)
    let configuration = directory.path("model.ligature.json")
    let text = try #require(golden.metadata["configuration"])
    try Data(text.utf8).write(to: URL(filePath: configuration))
    let state = golden.entries.filter { $0.name.text.hasPrefix("state.") }.map { entry in
      Checkpoint.Entry(name: TensorName(String(entry.name.text.dropFirst(6))), tensor: entry.tensor)
    }
    let checkpoint = try #require(golden.replacingEntries(state))
    return SurgeryModel(
      try ConfiguredCheckpoint(checkpoint, path: path, configurationPath: configuration),
      path: name)
  }
}

@Suite struct `Migrating` {
  /// What the newest release cannot hold, by the start of what is said.
  static let refused: [String: String] = [:]

  @Test func `has models of the eras to work on`() {
    #expect(EraModel.all.count > 35)
  }

  @Test(arguments: EraModel.all)
  func `keeps the function or says what the newest release cannot hold`(era: EraModel) throws {
    let directory = try TemporaryDirectory()
    let model = try era.open(in: directory)
    let plan: SurgeryPlan
    do {
      plan = try Migrate(to: .newest).plan(for: [model])
    } catch let SurgeryError.notRepresentable(_, release, reasons, _) {
      #expect(release == "\(Dialect.newest)")
      #expect(Self.refused[era.name] == reasons.first, "\(reasons)")
      return
    }
    #expect(Self.refused[era.name] == nil)
    #expect(plan.after[0].configuration.dialect == .newest)
    let comparison = try FunctionComparison(
      before: (plan.before[0].graph(), nil), after: (plan.after[0].graph(), nil))
    // Both passes are float32; the order of sums differs where rotary pairs move.
    #expect(comparison.maximumDifference <= 1e-4 * max(1, comparison.spread))
    #expect(comparison.spread > 0.01)
  }
}
