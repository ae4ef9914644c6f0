import Checkpoints
import Foundation
import TensorStorage
import Testing

@testable import TransformerGraph

/// One row of fixtures/graphs/state-dicts.json: a constructor call and what x-transformers 2.31.10 makes of it.
struct GoldenModel: Sendable, CustomTestStringConvertible {
  var call: String
  var parameterCount: Int
  var state: [String: [Int]]

  var testDescription: String { call }

  static let all: [GoldenModel] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../fixtures/graphs/state-dicts.json")
    guard let data = try? Data(contentsOf: url),
      let rows = try? JSONText([UInt8](data)).value.elements
    else { return [] }
    return rows.map { row in
      GoldenModel(
        call: (row["call"] ?? .null).rendered(.compact),
        parameterCount: row["parameters"]?.int ?? -1,
        state: Dictionary(
          uniqueKeysWithValues: (row["state"]?.members ?? []).map { member in
            (member.key, (member.value.elements ?? []).compactMap(\.int))
          }))
    }
  }()
}

@Suite struct `Graph of a constructor call` {
  @Test func `is compared with over a hundred real models`() {
    #expect(GoldenModel.all.count > 100)
  }

  @Test(arguments: GoldenModel.all)
  func `has the names and shapes of the real state dict`(golden: GoldenModel) throws {
    let configuration = try ModelConfiguration(json: Array(golden.call.utf8), file: "call")
    let graph = try ModelGraph(configuration, seed: 1)
    let found = Dictionary(graph.slots.map { ($0.path, $0.shape) }) { first, _ in first }
    let missing = golden.state.filter { found[$0.key] != $0.value }
    let extra = found.filter { golden.state[$0.key] != $0.value }
    #expect(missing.isEmpty && extra.isEmpty, "lacks \(missing), has \(extra)")
    let count = graph.slots.reduce(0) { count, slot in
      slot.sharesEarlier || slot.parameter.isBuffer ? count : count + slot.parameter.elementCount
    }
    #expect(count == golden.parameterCount)
  }
}
