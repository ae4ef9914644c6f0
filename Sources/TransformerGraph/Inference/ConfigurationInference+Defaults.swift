extension ConfigurationInference {
  /// Notes what else of a stack could be given without leaving a trace, the most used first.
  mutating func assumeDefaults(of stack: ModuleConfiguration, path: String) {
    var names = ["residual_attn", "attn_max_attend_past", "attn_softclamp_logits"]
    if stack["rotary_pos_emb"] != nil {
      names += ["rotary_interpolation_factor", "rotate_num_heads"]
    }
    if stack["rotary_xpos"] != nil { names.append("rotary_xpos_scale_base") }
    if stack["cross_attend"] != nil { names.append("cross_residual_attn") }
    if stack["use_dynamic_tanh"] != nil { names.append("dynamic_tanh_init_alpha") }
    if stack["use_simple_rmsnorm"] == nil, stack["norm_add_unit_offset"] == nil {
      names.append("norm_add_unit_offset")
    }
    if stack["add_value_residual"] == nil { names.append("add_value_residual") }
    if stack["scale_residual"] != nil, stack["pre_norm"] == .bool(false) {
      names.append("deepnorm")
    }
    if stack["resi_dual"] != nil { names.append("resi_dual_scale") }
    names += ["scale_residual_constant", "softclamp_output", "attn_add_zero_kv"]
    if stack["ff_glu"] != nil {
      names.append("ff_glu_softclamp")
    } else {
      names.append("ff_softclamp_value")
    }
    names += ["layers_execute_order", "orthog_residual", "attn_sigmoid", "attn_sparse_topk"]
    names += [
      "attn_hard", "attn_l2_distance", "attn_selective", "attn_cog_signed", "attn_laser",
      "attn_orthog_projected_values",
    ]
    if stack["integrate_layers"] != nil { names.append("layer_integrate_use_softmax") }
    if stack["attn_gate_values_rank"] != nil || stack["attn_output_gate_rank"] != nil {
      names.append("attn_low_rank_silu_gates")
    }
    let values = [
      ("attn_softclamp_logits", "attn_logit_softclamp_value"),
      ("softclamp_output", "softclamp_output_value"), ("attn_laser", "attn_laser_softclamp_value"),
      ("ff_glu_softclamp", "ff_glu_gate_softclamp_value"),
      ("ff_glu_softclamp", "ff_glu_up_softclamp_value"),
    ]
    names += values.filter { answer(path + $0.0) == .bool(true) }.map(\.1)
    for name in names where dialect.knows(name, of: stack.className) { assume(path + name) }
  }
}
