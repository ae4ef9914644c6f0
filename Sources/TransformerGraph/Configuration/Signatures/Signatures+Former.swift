// Read off the constructors of 150 releases from 0.24.0 to 2.31.10 with Python's `ast`.

/// What older releases took and later ones do not, and what was another value by default.
extension Signatures {
  /// The newest rows of a class as they were in a release.
  static func rows(
    _ newest: [ArgumentSpecification], of group: String, in dialect: Dialect
  ) -> [ArgumentSpecification] {
    let former = (formerRows[group] ?? []).filter { dialect < $0.until }.map(\.row)
    var rows = newest + former
    for change in changedDefaults where change.group == group && dialect < change.until {
      guard let position = rows.firstIndex(where: { $0.name == change.row.name }) else { continue }
      rows[position] = change.row
    }
    return rows
  }

  private struct Former {
    /// The first release in which it is no more.
    let until: Dialect
    let row: ArgumentSpecification

    init(_ until: Dialect, _ row: ArgumentSpecification) {
      (self.until, self.row) = (until, row)
    }
  }

  private static let formerRows: [String: [Former]] = [
    "AttentionLayers": [
      .init(Dialect(0, 27, 0), .init("use_rezero", .bool(false), .used)),
      .init(Dialect(1, 6, 0), .init("position_infused_attn", .bool(false), .used)),
      .init(Dialect(1, 19, 0), .init("alibi_learned", .bool(false), .used)),
      .init(Dialect(0, 31, 1), .init("use_qk_norm_attn", .bool(false), .used)),
      .init(Dialect(0, 30, 0), .init("qk_norm_attn_seq_len", .absent(.int), .training)),
      .init(Dialect(1, 21, 0), .init("deepnorm", .bool(false), .used)),
      .init(Dialect(2, 0, 0), .init("resi_dual", .bool(false), .used)),
      .init(Dialect(2, 0, 0), .init("resi_dual_scale", .double(1), .used)),
      .init(Dialect(1, 15, 1), .init("pre_norm_has_last_main_norm", .bool(true), .training)),
      .init(
        Dialect(2, 26, 4), .init("attn_residuals_last_output_as_query", .bool(false), .carried)),
    ],
    "Attention": [
      .init(Dialect(1, 39, 0), .init("talking_heads", .bool(false), .used)),
      .init(Dialect(1, 0, 4), .init("use_entmax15", .bool(false), .carried)),
      .init(Dialect(0, 26, 0), .init("collab_heads", .bool(false), .carried)),
      .init(Dialect(0, 26, 0), .init("collab_compression", .double(0.3), .carried)),
      .init(Dialect(0, 30, 0), .init("scale_init_value", .absent(.double), .training)),
      .init(Dialect(0, 31, 0), .init("qk_norm_max_scale", .double(20), .used)),
      .init(Dialect(2, 0, 0), .init("shared_kv", .bool(false), .used)),
      .init(Dialect(2, 0, 0), .init("tensor_product", .bool(false), .used)),
      .init(Dialect(1, 23, 1), .init("cascading_heads", .bool(false), .carried)),
      .init(Dialect(2, 0, 0), .init("rotary_embed_values", .bool(false), .used)),
      .init(Dialect(2, 0, 0), .init("neutreno_value_residual", .bool(false), .carried)),
      .init(Dialect(2, 0, 0), .init("neutreno_alpha", .double(0.4), .carried)),
    ],
    "TransformerWrapper": [.init(Dialect(0, 25, 8), .init("use_pos_emb", .bool(true), .used))],
    "ContinuousTransformerWrapper": [
      .init(Dialect(0, 25, 8), .init("use_pos_emb", .bool(true), .used)),
      .init(Dialect(2, 13, 0), .init("emb_dim", .absent(.int), .training)),
    ],
    "XTransformer": [.init(Dialect(1, 21, 0), .init("deepnorm", .bool(false), .used))],
    "ViTransformerWrapper": [.init(Dialect(1, 17, 0), .init("dropout", .double(0), .training))],
  ]

  private struct ChangedDefault {
    let group: String
    /// The first release with the newer default.
    let until: Dialect
    let row: ArgumentSpecification

    init(_ group: String, _ until: Dialect, _ row: ArgumentSpecification) {
      (self.group, self.until, self.row) = (group, until, row)
    }
  }

  /// Newer changes first: of several that apply to a release the last, that is the oldest, holds.
  private static let changedDefaults: [ChangedDefault] = [
    .init(
      "AttentionLayers", Dialect(1, 42, 27),
      .init("learned_value_residual_mix", .bool(false), .used)),
    .init(
      "AttentionLayers", Dialect(1, 31, 10), .init("softclamp_output_value", .double(50), .used)),
    .init(
      "AttentionLayers", Dialect(1, 31, 6), .init("softclamp_output_value", .absent(.double), .used)
    ),
    .init("AttentionLayers", Dialect(1, 31, 2), .init("norm_add_unit_offset", .bool(false), .used)),
    .init("Attention", Dialect(1, 31, 10), .init("logit_softclamp_value", .double(30), .used)),
    .init("Attention", Dialect(1, 31, 5), .init("logit_softclamp_value", .absent(.double), .used)),
  ]
}
