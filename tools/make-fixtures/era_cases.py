"""The models of fixtures/eras: for each thing that changed between releases one before or after the change."""


def layers(kind="Decoder", **arguments):
    return {"class": kind, "dim": 8, "depth": 2, "heads": 2, "attn_dim_head": 4, "ff_mult": 2, **arguments}


def wrapper(stack, **arguments):
    return {"class": "TransformerWrapper", "num_tokens": 13, "max_seq_len": 12, **arguments,
            "attn_layers": stack}


def rotary(kind="Decoder", **arguments):
    """Before 1.42.18 at least 32 features of a head were turned."""
    return layers(kind, depth=1, attn_dim_head=36, rotary_pos_emb=True, **arguments)


CASES = {
    "0.24.0": {
        "positions": wrapper(layers(only_cross=True, cross_attend=True)),
        "memories-and-buckets": wrapper(layers(attn_num_mem_kv=2, rel_pos_bias=True)),
        "alibi-encoder": wrapper(layers("Encoder", alibi_pos_bias=True)),
        "query-key-norm": wrapper(layers(use_qk_norm_attn=True)),
        "rezero": wrapper(layers(use_rezero=True, shift_tokens=1)),
    },
    "0.25.0": {"dynamic-bias": wrapper(layers(dynamic_pos_bias=True, dynamic_pos_bias_norm=True))},
    "0.30.0": {"temperature": wrapper(layers(attn_qk_norm=True, attn_one_kv_head=True))},
    "0.33.1": {"deepnorm": wrapper(layers(deepnorm=True, use_scalenorm=True))},
    "1.0.0": {"talking-heads": wrapper(layers("Encoder", attn_talking_heads=True, heads=3))},
    "1.0.2": {"memories-and-alibi": wrapper(layers(attn_num_mem_kv=2, alibi_pos_bias=True))},
    "1.2.0": {
        "residual-attention": wrapper(layers("Encoder", residual_attn=True, rel_pos_bias=True)),
        "rotary": wrapper(rotary(attn_qk_norm=True, attn_qk_norm_groups=2)),
    },
    "1.5.3": {"infused": wrapper(layers(position_infused_attn=True))},
    "1.9.0": {"dimension-scale": wrapper(layers(
        attn_qk_norm=True, attn_qk_norm_dim_scale=True, attn_num_mem_kv=2))},
    "1.10.0": {"carried-biases": wrapper(layers(residual_attn=True, rel_pos_bias=True))},
    "1.14.0": {"resi-dual": wrapper(layers(resi_dual=True)),
               "post-norm": wrapper(layers("Encoder", pre_norm=False, use_rmsnorm=True))},
    "1.15.2": {"resi-dual": wrapper(layers(resi_dual=True, gate_residual=True))},
    "1.16.5": {"resi-dual": wrapper(layers(resi_dual=True, resi_dual_scale=0.5))},
    "1.19.1": {"rotary": wrapper(rotary(rotary_xpos=True, attn_kv_heads=1))},
    "1.20.0": {"shared-values": wrapper(layers(attn_shared_kv=True, attn_tensor_product=True)),
               "rotary": wrapper(rotary(attn_rotary_embed_values=True))},
    "1.26.6": {"biases": wrapper(layers(attn_gate_values=True, ff_glu=True, ff_post_act_ln=True), emb_dim=6)},
    "1.27.0": {"scalenorm": wrapper(layers(use_scalenorm=True), post_emb_norm=True)},
    "1.27.16": {"rotary": {"class": "AutoregressiveWrapper", "net": wrapper(rotary(ff_post_act_ln=True))}},
    "1.30.0": {"layerscale": wrapper(rotary(use_layerscale=True))},
    "1.30.1": {"rotary": wrapper(rotary(attn_num_mem_kv=2))},
    "1.30.3": {"softclamp": wrapper(layers(attn_logit_softclamp_value=2.0))},
    "1.31.0": {"output-softclamp": wrapper(layers(softclamp_output_value=1.5, norm_add_unit_offset=True))},
    "1.31.2": {"rmsnorm": wrapper(layers(use_rmsnorm=True, use_layerscale=True))},
    "1.31.4": {"layerscale": wrapper(layers(use_layerscale=True))},
    "1.32.10": {"class-token": wrapper(layers("Encoder"), use_cls_token=True)},
    "1.35.1": {"encoder-decoder": {
        "class": "XTransformer", "dim": 8, "enc_num_tokens": 13, "enc_depth": 1, "enc_heads": 2,
        "enc_attn_dim_head": 4, "enc_max_seq_len": 12, "dec_num_tokens": 13, "dec_depth": 1,
        "dec_heads": 2, "dec_attn_dim_head": 4, "dec_max_seq_len": 12, "tie_token_emb": True}},
    "1.40.9": {"value-residual": wrapper(layers(add_value_residual=True, attn_qk_norm=True,
                                                attn_qk_norm_dim_scale=True, attn_one_kv_head=True))},
    "1.42.14": {"value-mix": wrapper(layers(
        add_value_residual=True, learned_value_residual_mix=True))},
    "2.5.5": {"single-head": wrapper(layers(heads=1, pre_norm_has_final_norm=False))},
    "2.20.0": {"thrice": wrapper(layers(attn_qk_norm=True, attn_qk_norm_dim_scale=True, attn_num_mem_kv=2))},
    "2.25.4": {"gate": wrapper(layers(attn_gate_values=True), tie_embedding=True)},
    "2.29.2": {"residual-number": wrapper(layers(scale_residual=0.5))},
    "2.30.5": {"tied": wrapper(layers(scale_residual=0.5), tie_embedding=True)},
}
