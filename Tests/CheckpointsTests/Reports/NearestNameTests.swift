import Testing

@testable import Checkpoints

@Suite struct `The nearest name` {
  static let names = [
    "token_emb.emb.weight", "to_logits.weight", "attn_layers.layers.0.1.to_q.weight",
    "attn_layers.layers.0.1.to_k.weight",
  ]

  @Test(arguments: [
    ("token_emb.emb.wieght", "token_emb.emb.weight"),
    ("emb.weight", "token_emb.emb.weight"),
    ("TO_LOGITS.WEIGHT", "to_logits.weight"),
    ("model.to_logits.weight", "to_logits.weight"),
    ("attn_layers.layers.0.1.to_k.wight", "attn_layers.layers.0.1.to_k.weight"),
    ("to_logit.weights", "to_logits.weight"),
  ])
  func `is the one that was meant`(written: String, meant: String) {
    #expect(NearestName.of(written, among: Self.names) == meant)
  }

  @Test(arguments: ["", "bias", "zzzzzzzzzzzzzzzz", "decoder.block.7.conv"])
  func `is none if nothing is near`(written: String) {
    #expect(NearestName.of(written, among: Self.names) == nil)
  }

  @Test(arguments: [
    ("inspct", "inspect", 1), ("ipnspetc", "inspect", 2), ("conevrt", "convert", 1), ("", "ab", 2),
    ("kitten", "sitting", 3),
  ])
  func `lies at the distance counted by hand`(a: String, b: String, distance: Int) {
    #expect(NearestName.distance(Array(a.utf8), Array(b.utf8), limit: 9) == distance)
    #expect(NearestName.distance(Array(b.utf8), Array(a.utf8), limit: distance) == distance)
    #expect(NearestName.distance(Array(a.utf8), Array(b.utf8), limit: distance - 1) == nil)
  }
}
