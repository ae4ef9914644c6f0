// Read off the constructors of x-transformers 2.31.10 with Python's `inspect`.

/// What the wrappers take.
extension Signatures {
  static let tokenEmbedding: [ArgumentSpecification] = [
    .init("dim", .required(.int), .used),
    .init("num_tokens", .required(.int), .used),
    .init("l2norm_embed", .bool(false), .used),
  ]

  /// `torch.nn.Linear`.
  static let linear: [ArgumentSpecification] = [
    .init("in_features", .required(.int), .used),
    .init("out_features", .required(.int), .used),
    .init("bias", .bool(true), .used),
  ]

  /// `torch.nn.Sequential` of the layers of a factored head, by their names.
  static let sequential: [ArgumentSpecification] = [
    .init("down", .required(.module), .used), .init("up", .required(.module), .used),
  ]

  static let transformerWrapper: [ArgumentSpecification] = [
    .init("num_tokens", .required(.int), .used),
    .init("max_seq_len", .required(.int), .used),
    .init("attn_layers", .required(.module), .used),
    .init("embed_num_tokens", .absent(.any), .used),
    .init("emb_dim", .absent(.int), .used),
    .init("max_mem_len", .int(0), .training),
    .init("shift_mem_down", .int(0), .training),
    .init("emb_dropout", .double(0.0), .training),
    .init("post_emb_norm", .bool(false), .used),
    .init("num_memory_tokens", .absent(.int), .used),
    .init("memory_tokens_interspersed_every", .absent(.int), .used),
    .init("tie_embedding", .bool(false), .used),
    .init("tie_embedding_scale", .absent(.double), .used),
    .init("logits_dim", .absent(.int), .used),
    .init("return_only_embed", .bool(false), .used),
    .init("num_output_heads", .int(1), .used),
    .init("use_abs_pos_emb", .bool(true), .used),
    .init("scaled_sinu_pos_emb", .bool(false), .used),
    .init("l2norm_embed", .bool(false), .used),
    .init("recycling", .bool(false), .used),
    .init("train_max_recycle_steps", .int(4), .training),
    .init("looped", .bool(false), .used),
    .init("max_looped_steps", .int(4), .used),
    .init("emb_frac_gradient", .double(1.0), .training),
    .init("attn_z_loss_weight", .double(0.0001), .training),
    .init("average_pool_embed", .bool(false), .used),
    .init("use_cls_token", .bool(false), .used),
    .init("num_cls_tokens", .int(1), .used),
    .init("attn_pool", .bool(false), .used),
    .init("num_pooled_tokens", .int(1), .used),
    .init("attn_pool_depth", .int(1), .used),
    .init("dim_pooled_tokens", .absent(.int), .used),
    .init("squeeze_out_last_dim", .bool(false), .used),
    .init("token_emb", .absent(.module), .used),
    .init("mixture_of_softmax", .bool(false), .used),
    .init("mixture_of_softmax_k", .int(4), .used),
    .init("sigsoftmax_logits", .bool(false), .used),
    .init("ff_deep_embed", .bool(false), .used),
    .init("to_logits", .absent(.module), .used),
    .init("add_continuous_pred_head", .bool(false), .used),
    .init("input_not_include_cache", .bool(false), .training),
  ]

  static let viTransformerWrapper: [ArgumentSpecification] = [
    .init("image_size", .required(.int), .used),
    .init("patch_size", .required(.int), .used),
    .init("attn_layers", .required(.module), .used),
    .init("channels", .int(3), .used),
    .init("num_classes", .absent(.int), .used),
    .init("post_emb_norm", .bool(false), .used),
    .init("num_register_tokens", .int(0), .used),
    .init("emb_dropout", .double(0.0), .training),
  ]

  static let continuousTransformerWrapper: [ArgumentSpecification] = [
    .init("max_seq_len", .absent(.int), .used),
    .init("attn_layers", .required(.module), .used),
    .init("dim_in", .absent(.int), .used),
    .init("dim_out", .absent(.int), .used),
    .init("project_in", .absent(.module), .used),
    .init("project_out", .absent(.module), .used),
    .init("max_mem_len", .int(0), .training),
    .init("num_memory_tokens", .absent(.int), .used),
    .init("post_emb_norm", .bool(false), .used),
    .init("emb_dropout", .double(0.0), .training),
    .init("use_abs_pos_emb", .bool(true), .used),
    .init("scaled_sinu_pos_emb", .bool(false), .used),
    .init("average_pool_embed", .bool(false), .used),
    .init("probabilistic", .bool(false), .used),
    .init("use_identity_if_same_dim", .bool(false), .used),
  ]

  static let xTransformer: [ArgumentSpecification] = [
    .init("dim", .required(.int), .used),
    .init("tie_token_emb", .bool(false), .used),
    .init("ignore_index", .int(-100), .training),
    .init("pad_value", .int(0), .training),
    .init("cross_attn_tokens_dropout", .double(0.0), .training),
  ]

  static let autoregressiveWrapper: [ArgumentSpecification] = [
    .init("net", .required(.module), .used),
    .init("ignore_index", .int(-100), .training),
    .init("pad_value", .int(0), .training),
    .init("mask_prob", .double(0.0), .training),
    .init("add_attn_z_loss", .bool(false), .training),
    .init("next_embed_loss_weight", .double(0.1), .training),
    .init("looped_loss_threshold_exit", .double(0.05), .training),
    .init("looped_loss_slope", .int(50), .training),
    .init("looped_exit_loss_weight", .double(1.0), .training),
  ]

  static let xLAutoregressiveWrapper: [ArgumentSpecification] = [
    .init("net", .required(.module), .used),
    .init("ignore_index", .int(-100), .training),
    .init("pad_value", .int(0), .training),
    .init("tbptt_steps", .int(1), .training),
    .init("ttt_module_paths", .absent(.any), .training),
    .init("ttt_lr", .double(0.001), .training),
    .init("ttt_wd", .double(0.01), .training),
    .init("ttt_use_muon", .bool(false), .training),
    .init("ttt_muon_steps", .int(5), .training),
    .init("ttt_muon_lr", .double(0.01), .training),
    .init("ttt_low_rank_paths", .absent(.any), .training),
    .init("ttt_custom_loss_module", .absent(.any), .training),
    .init("ttt_next_latent_loss", .bool(false), .training),
    .init("episodic_mem_len", .int(0), .training),
  ]

  static let nonAutoregressiveWrapper: [ArgumentSpecification] = [
    .init("net", .required(.module), .used),
    .init("mask_id", .required(.int), .training),
    .init("steps", .int(18), .training),
    .init("self_cond", .bool(false), .used),
    .init("self_cond_train_prob", .double(0.75), .training),
    .init("no_replace_prob", .double(0.15), .training),
    .init("random_token_prob", .double(0.1), .training),
    .init("schedule", .text("linear"), .training),
    .init("can_mask_prev_unmasked", .bool(false), .training),
    .init("token_critic", .absent(.module), .used),
    .init("self_token_critic", .bool(false), .used),
    .init("critic_loss_weight", .double(1.0), .training),
    .init("use_simple_mdlm_loss_weight", .bool(true), .training),
  ]

  static let continuousAutoregressiveWrapper: [ArgumentSpecification] = [
    .init("net", .required(.module), .used),
    .init("loss_fn", .absent(.any), .training),
    .init("use_l1_loss", .bool(false), .training),
    .init("equal_loss_weight_batch", .bool(false), .training),
  ]
}
