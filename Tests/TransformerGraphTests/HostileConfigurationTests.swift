internal import Checkpoints
internal import Testing
internal import TransformerGraph

@Suite struct `A configuration that asks for too much` {
  private func graph(_ layers: String) throws(GraphError) -> ModelGraph {
    let call = """
      {"x_transformers": "2.31.10", "class": "TransformerWrapper", "num_tokens": 4, "max_seq_len": 4,
       "attn_layers": {"class": "Decoder", \(layers)}}
      """
    return try ModelGraph(ModelConfiguration(json: Array(call.utf8), file: "call"), seed: 1)
  }

  /// `fit` ended in a trap: 2^28 features and 2^24 heads in 40 layers are more parameters than an integer counts.
  @Test func `is counted to the end of what can be counted`() throws {
    let graph = try graph(#""dim": \#(1 << 28), "depth": 40, "heads": \#(1 << 24)"#)
    #expect(graph.report(on: Checkpoint()).predictedCount == .max)
    #expect(graph.parameterCount.all == .max)
  }

  /// 300,000 sub-layers kept `fit` busy for minutes.
  @Test(arguments: ["custom_layers", "layers_execute_order"])
  func `is refused when it has more sub-layers than a machine can hold`(argument: String) {
    let item = argument == "custom_layers" ? #""a""# : "0"
    let list = Array(repeating: item, count: 16_385).joined(separator: ",")
    let depth = argument == "custom_layers" ? "" : #", "depth": 1"#
    #expect(
      throws: GraphError.impossible(
        path: "attn_layers", reason: "the stack has more than 16384 sub-layers")
    ) { try graph(#""dim": 8\#(depth), "\#(argument)": [\#(list)]"#) }
  }
}
