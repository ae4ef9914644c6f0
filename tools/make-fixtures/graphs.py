"""Writes fixtures/graphs/state-dicts.json: constructor calls and the names and shapes they make.

Each line of truth is the real library's `state_dict()`. Every argument that shapes the weights occurs.
"""

import json
import os
import sys
from collections import OrderedDict

import torch
import x_transformers as xt
from x_transformers import x_transformers as m

LAYERS = {"Encoder": m.Encoder, "Decoder": m.Decoder, "PrefixDecoder": m.PrefixDecoder,
          "CrossAttender": m.CrossAttender}
PLAIN = dict(dim=32, depth=2, heads=4, attn_dim_head=8)


def layers(kind="Decoder", **arguments):
    return {"class": kind, **PLAIN, **arguments}


def wrapper(stack=None, **arguments):
    return {"class": "TransformerWrapper", "num_tokens": 24, "max_seq_len": 16, **arguments,
            "attn_layers": stack or layers()}


def build(call):
    """Constructs what a configuration describes."""
    if not isinstance(call, dict) or "class" not in call:
        return tuple(map(build, call)) if isinstance(call, list) else call
    arguments = {name: build(value) for name, value in call.items() if name != "class"}
    name = call["class"]
    if name == "Sequential":
        return torch.nn.Sequential(OrderedDict(arguments))
    if name in LAYERS:
        return LAYERS[name](**{"verbose": False, **arguments})
    return (getattr(xt, name, None) or getattr(m, name, None) or getattr(torch.nn, name))(**arguments)


def stacks():
    """Calls of the layers, each with something of its own."""
    for kind in ("Encoder", "Decoder", "PrefixDecoder"):
        yield layers(kind)
    yield layers("CrossAttender", cross_attn_dim_context=20)
    yield layers(cross_attend=True)
    yield layers(cross_attend=True, only_cross=True)
    yield layers(cross_attend=True, cross_attn_dim_context=48, attn_qk_norm=True)
    yield layers(only_attn=True)
    yield layers(macaron=True)
    yield {"class": "Decoder", "dim": 32, "heads": 4, "attn_dim_head": 8,
           "custom_layers": ["a", "f", "f", "a", "c", "f"], "cross_attend": True}
    yield layers(depth=4, sandwich_coef=2)
    yield layers(depth=6, par_ratio=3)
    yield layers(weight_tie_layers=True, depth=3)
    yield layers(depth=2, layers_execute_order=[0, 1, 2, 3, 2, 3])
    for norm in ("use_scalenorm", "use_rmsnorm", "use_simple_rmsnorm", "use_dynamic_tanh", "use_derf",
                 "use_adaptive_layernorm", "use_adaptive_rmsnorm"):
        yield layers(**{norm: True})
    yield layers(use_adaptive_rmsnorm=True, dim_condition=12, adaptive_condition_mlp=True,
                 use_adaptive_layerscale=True)
    yield layers(norm_add_unit_offset=False)
    yield layers(pre_norm=False)
    yield layers(pre_and_post_norm=True)
    yield layers(sandwich_norm=True)
    yield layers(pre_norm_has_final_norm=False)
    yield layers(rotary_pos_emb=True)
    yield layers(rotary_pos_emb=True, rotary_emb_dim=6, rotary_base_rescale_factor=2.0)
    yield layers(rotary_xpos=True)
    yield layers("Encoder", rel_pos_bias=True, rel_pos_num_buckets=8, rel_pos_max_distance=20)
    yield layers(dynamic_pos_bias=True, dynamic_pos_bias_norm=True, dynamic_pos_bias_mlp_depth=3)
    yield layers(alibi_pos_bias=True, alibi_num_heads=2)
    yield layers(polar_pos_emb=True)
    yield layers(residual_attn=True)
    yield layers(gate_residual=True)
    yield layers(gate_residual=True, scale_residual=True)
    yield layers(scale_residual=True)
    yield layers(scale_residual=0.5)
    yield layers(depth_scale_residual=0.7)
    yield layers(orthog_residual=True, scale_residual=True)
    yield layers(mv_split_residual=True)
    yield layers(num_residual_streams=3)
    yield layers(num_residual_streams=2, qkv_receive_diff_residuals=True)
    yield layers(gated_multi_residual=True, num_residual_streams=2,
                 residual_fn_kwargs={"read_gate_rank": 5})
    yield layers(attn_aggregated_residuals=True, attn_aggregated_residual_kwargs={"lora_rank": 7})
    yield layers(integrate_layers=True)
    yield layers(depth=4, unet_skips=True)
    yield layers(reinject_input=True, learned_reinject_input_gate=True)
    yield layers(shift_tokens=1)
    yield layers(use_layerscale=True)
    yield layers(use_layerscale=True, shift_tokens=1, macaron=True, scale_residual=0.5)
    yield layers(add_value_residual=True)
    yield layers(add_value_residual=True, learned_value_residual_mix=False)
    for name, value in [
            ("qk_norm", True), ("kv_heads", 2), ("one_kv_head", True), ("value_dim_head", 6),
            ("num_mem_kv", 3), ("head_scale", True), ("on_attn", True), ("gate_values", True),
            ("gate_value_heads", True), ("qk_rmsnorm", True), ("k_rmsnorm", True),
            ("value_rmsnorm", True), ("pre_talking_heads", True), ("post_talking_heads", True),
            ("pre_scale_post_talking_heads", True), ("head_learned_sink", True), ("use_cope", True),
            ("data_dependent_alibi", True), ("use_rel_proj_pos_bias", True), ("output_gate", True),
            ("orthog_projected_values", True), ("add_zero_kv", True), ("softclamp_logits", True)]:
        yield layers(**{f"attn_{name}": value})
    yield layers(attn_qk_norm=True, attn_qk_norm_dim_scale=True, attn_kv_heads=2)
    yield layers(attn_kv_heads=[2, 4])
    yield layers(attn_data_dependent_alibi=True, attn_data_dependent_alibi_per_row=True)
    yield layers("Encoder", attn_data_dependent_alibi=True)
    yield layers(attn_gate_values=True, attn_gate_values_rank=3)
    yield layers(attn_gate_values=True, attn_gate_values_headwise=True)
    yield layers(attn_output_gate=True, attn_output_gate_headwise=True)
    yield layers(attn_use_cope=True, attn_cope_talking_heads=True, attn_cope_soft_onehot_pos=True)
    yield layers(attn_use_latent_q=True, attn_dim_latent_q=10, attn_use_latent_kv=True,
                 attn_dim_latent_kv=9)
    yield layers(attn_use_latent_kv=True, attn_dim_latent_kv=9, attn_latent_rope_subheads=1,
                 rotary_pos_emb=True)
    yield layers(heads=1)
    yield layers(heads=1, attn_on_attn=True)
    for name, value in [("glu", True), ("swish", True), ("relu_squared", True), ("solu", True),
                        ("post_act_ln", True), ("no_bias", True), ("mult", 2.5),
                        ("softclamp_value", 3.0),
                        ("custom_activation", {"class": "GELU", "approximate": "tanh"})]:
        yield layers(**{f"ff_{name}": value})
    yield layers(ff_glu=True, ff_glu_mult_bias=True, ff_no_bias=True, ff_swish=True)
    yield layers(ff_glu=True, ff_solu=True, ff_post_act_ln=True)
    yield layers(ff_solu=True, ff_softclamp_value=2.0)
    yield layers(ff_mult=[2, 3])


def calls():
    """Whole models."""
    for stack in stacks():
        yield wrapper(stack)
    yield wrapper(emb_dim=20)
    yield wrapper(emb_dim=20, post_emb_norm=True, logits_dim=7)
    yield wrapper(tie_embedding=True)
    yield wrapper(return_only_embed=True)
    yield wrapper(num_output_heads=3)
    yield wrapper(num_memory_tokens=4)
    yield wrapper(layers("Encoder"), use_cls_token=True, num_cls_tokens=2)
    yield wrapper(layers("Encoder"), average_pool_embed=True)
    yield wrapper(scaled_sinu_pos_emb=True)
    yield wrapper(use_abs_pos_emb=False)
    yield wrapper(max_seq_len=0)
    yield wrapper(l2norm_embed=True)
    yield wrapper(embed_num_tokens={"type": 3, "lang": 5}, emb_dim=12)
    yield wrapper(recycling=True)
    yield wrapper(layers(pre_and_post_norm=True), looped=True)
    yield wrapper(mixture_of_softmax=True, mixture_of_softmax_k=3)
    yield wrapper(ff_deep_embed=True)
    yield wrapper(add_continuous_pred_head=True)
    yield wrapper(layers("Encoder"), attn_pool=True, num_pooled_tokens=2, dim_pooled_tokens=24)
    yield wrapper(layers("Encoder"), attn_pool=True, attn_pool_depth=2)
    yield wrapper(layers(disable_abs_pos_emb=True))
    yield {"class": "AutoregressiveWrapper", "net": wrapper()}
    yield {"class": "XLAutoregressiveWrapper", "net": wrapper()}
    yield {"class": "NonAutoregressiveWrapper", "mask_id": 0, "net": wrapper(layers("Encoder"))}
    yield {"class": "NonAutoregressiveWrapper", "mask_id": 0, "self_cond": True,
           "net": wrapper(layers("Encoder"), emb_dim=20)}
    x = {"class": "XTransformer", "dim": 32, "enc_num_tokens": 20, "enc_depth": 1, "enc_heads": 2,
         "enc_max_seq_len": 12, "dec_num_tokens": 20, "dec_depth": 2, "dec_heads": 2,
         "dec_max_seq_len": 14}
    yield x
    yield {**x, "tie_token_emb": True}
    yield {**x, "enc_num_memory_tokens": 3, "enc_attn_dim_head": 8, "dec_rotary_pos_emb": True}
    for more in [{}, {"dim_in": 6, "dim_out": 9}, {"dim_in": 32, "use_identity_if_same_dim": True},
                 {"dim_out": 5, "probabilistic": True}, {"num_memory_tokens": 2, "post_emb_norm": True},
                 {"scaled_sinu_pos_emb": True}]:
        yield {"class": "ContinuousTransformerWrapper", "max_seq_len": 16, **more,
               "attn_layers": layers()}
    yield {"class": "ContinuousTransformerWrapper", "attn_layers": layers("Encoder")}
    yield {"class": "ContinuousAutoregressiveWrapper", "net": {
        "class": "ContinuousTransformerWrapper", "max_seq_len": 16, "dim_in": 3, "dim_out": 3,
        "attn_layers": layers()}}
    yield {"class": "ViTransformerWrapper", "image_size": 16, "patch_size": 4, "num_classes": 7,
           "num_register_tokens": 2, "post_emb_norm": True, "attn_layers": layers("Encoder")}
    yield layers()


def main(folder):
    rows = []
    for call in calls():
        model = build(call)
        parameters = sum(p.numel() for p in model.parameters())
        state = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
        rows.append({"call": call, "parameters": parameters, "state": state})
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "state-dicts.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    print(f"{len(rows)} models")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "fixtures/graphs")
