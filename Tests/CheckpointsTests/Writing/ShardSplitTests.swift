internal import TestSupport
internal import Testing

@testable internal import Checkpoints

/// The truth is `huggingface_hub.split_torch_state_dict_into_shards` of 2.4.0.
@Suite struct `Division into shards` {
  static let divisions: [([Int], Int, [[Int]])] = [
    ([3, 20, 3, 5], 10, [[1], [0, 2], [3]]),
    ([4, 4, 4], 8, [[0, 1], [2]]), ([8], 8, [[0]]), ([], 8, [[]]),
    // torch has one address for all tensors without bytes: they count as one.
    ([4, 0, 4, 4, 0, 4, 0], 8, [[0, 1, 2, 4, 6], [3, 5]]),
    ([0, 0], 8, [[0, 1]]), ([9, 0, 9, 0], 8, [[0], [2], [1, 3]]),
  ]

  @Test(arguments: divisions)
  func `is the hub's`(byteCounts: [Int], limit: Int, files: [[Int]]) {
    #expect(ShardSplit.files(of: byteCounts, limit: limit) == files)
  }
}

@Suite struct `Names that safetensors cannot hold` {
  @Test(arguments: ["__metadata__", "a\u{0}b"])
  func `are told with the file that has them`(name: String) throws {
    let checkpoint = try Made.checkpoint([(name, try Made.floats([1], [1]))])
    #expect {
      try checkpoint.plan(writingTo: "out.safetensors")
    } throws: { error in
      guard let error = error as? FormatError else { return false }
      return error.file != "out.safetensors" && error.tensor == name && error.isSafetyRefusal
    }
  }
}
