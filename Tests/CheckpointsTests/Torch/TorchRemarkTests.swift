internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Remarks on torch files` {
  private func read(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(Fixtures.path("torch/\(name)"))
  }

  @Test func `tell of parameters that have no shape yet`() throws {
    #expect(
      try read("wrapped/uninitialised.pt").source.notes == [
        "'lazy' is of a lazy module that has not run yet: without shape and values, and left out"
      ])
  }

  @Test func `name the model within a state, and not the state around it`() throws {
    let notes = try read("nested/mosaic.pt").source.notes
    #expect(notes.contains { $0.hasPrefix("the tensors are those of 'state.model'") })
    #expect(!notes.contains { $0.contains("'state'") })
  }

  @Test func `name the models among which nothing decides, and all are listed`() throws {
    let model = "}" + MadeTorchFile.text("w") + MadeTorchFile.tensor + "s"
    let file = try MadeTorchFile.dictionary(
      MadeTorchFile.text("netG") + model + MadeTorchFile.text("netD") + model
        + MadeTorchFile.text("epoch") + "K\u{1}")
    #expect(throws: FormatError.self) { try file.read(selection: nil) }
    let checkpoint = try file.read(selection: nil, takesAllIfUndecided: true)
    #expect(checkpoint.entries.map(\.name) == ["netG.w", "netD.w"])
    #expect(
      checkpoint.source.notes == [
        "several dictionaries may be the model: netG, netD; choose with --select PATH, or take all tensors "
          + "with --select ."
      ])
  }

  @Test(arguments: [("complex128", "safetensors", false), ("F8_E4M3", "npz", true)])
  func `name a conversion only where there is one`(
    dtype: String, format: String, isNamed: Bool
  ) throws {
    let path = try TemporaryDirectory().path("out.\(format)")
    let checkpoint = try read("dtypes/\(dtype).pt")
    #expect {
      try checkpoint.plan(writingTo: path)
    } throws: { error in
      "\(error)".contains("--keep") == isNamed && "\(error)".contains("--exclude")
    }
  }

  @Test func `name a way to the tensors only where there are some`() throws {
    let without = try MadeTorchFile.dictionary(MadeTorchFile.text("epoch") + "K\u{1}")
    #expect {
      try without.read(selection: nil)
    } throws: { error in
      "\(error)".hasSuffix("the file holds epoch (int 1), and none of it is a tensor")
    }
  }
}
