import Checkpoints
import TestSupport
import Testing
import TransformerGraph

@testable import CheckpointSurgery

@Suite struct `The tensors of a vocabulary` {
  /// A graph with its own initial values; only names, shapes and sharing matter here.
  private func listed(_ json: String, of wrapper: Int = 0) throws -> [[String]] {
    let graph = try ModelGraph(
      ModelConfiguration(json: Array(json.utf8), file: "test.json"), seed: 0)
    return graph.vocabularyTensors(of: graph.wrappers[wrapper]).map(\.paths)
  }

  private static let layers = #"{"class": "Decoder", "dim": 8, "depth": 1, "heads": 2}"#

  @Test(
    arguments: [
      (#""tie_embedding": true"#, [["token_emb.emb.weight"]]),
      (#""emb_dim": 4"#, [["token_emb.emb.weight"], ["to_logits.weight"]]),
      (#""logits_dim": 11"#, [["token_emb.emb.weight"], ["to_logits.weight"]]),
      (#""logits_dim": 5"#, [["token_emb.emb.weight"]]),
      (#""return_only_embed": true"#, [["token_emb.emb.weight"]]),
      (
        #""num_output_heads": 2"#,
        [["token_emb.emb.weight"], ["to_logits.0.weight"], ["to_logits.1.weight"]]
      ),
      (
        #""ff_deep_embed": true"#,
        [["token_emb.emb.weight"], ["to_logits.weight"], ["ff_deep_embed"]]
      ),
      (#""embed_num_tokens": {"kind": 11}"#, [["token_emb.emb.weight"], ["to_logits.weight"]]),
    ])
  func `are those with a row for each token`(arguments: String, expected: [[String]]) throws {
    let json = """
      {"class": "TransformerWrapper", "num_tokens": 11, "max_seq_len": 4, \(arguments), \
      "attn_layers": \(Self.layers)}
      """
    #expect(try listed(json) == expected)
  }

  @Test func `are listed once with all names where they are shared`() throws {
    let json = """
      {"class": "XTransformer", "dim": 8, "tie_token_emb": true, "enc_num_tokens": 11, \
      "enc_max_seq_len": 4, "enc_depth": 1, "enc_heads": 2, "dec_num_tokens": 11, \
      "dec_max_seq_len": 4, "dec_depth": 1, "dec_heads": 2}
      """
    let names = ["encoder.token_emb.emb.weight", "decoder.net.token_emb.emb.weight"]
    #expect(try listed(json, of: 0) == [names])
    #expect(try listed(json, of: 1) == [names, ["decoder.net.to_logits.weight"]])
  }

  @Test func `have two roles where a head is the table itself`() throws {
    let path = Fixtures.path("models/model.pt")
    let configured = try ConfiguredCheckpoint(Checkpoint.open(path), path: path)
    var model = SurgeryModel(configured, path: path)
    let table = try #require(model.checkpoint["token_emb.emb.weight"])
    model.replace("to_logits.weight", with: table)
    let graph = try model.graph()
    let tensors = graph.vocabularyTensors(of: graph.wrappers[0])
    #expect(tensors.map(\.roles) == [[.table, .head(0)]])
    #expect(tensors.map(\.paths) == [["token_emb.emb.weight", "to_logits.weight"]])
  }
}
