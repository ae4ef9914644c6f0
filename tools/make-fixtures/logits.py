"""Writes fixtures/logits/*.safetensors: real models with random weights, inputs, and their outputs.

Each file holds a state dict under `state.`, inputs under `input.` and the output under `output`, and the
configuration in its metadata. All parameters are random, gains and biases too.
"""

import json
import os
import sys
import zlib

import torch
from safetensors.torch import save_file
import x_transformers as xt
from x_transformers import x_transformers as m

import graphs

SEED = 20261124
SMALL = dict(dim=16, depth=2, heads=4, attn_dim_head=6)


def layers(kind="Decoder", **arguments):
    return {"class": kind, **SMALL, **arguments}


def wrapper(stack=None, **arguments):
    return {"class": "TransformerWrapper", "num_tokens": 13, "max_seq_len": 12, **arguments,
            "attn_layers": stack or layers()}


def randomize(model, generator):
    """Every parameter random; the output's standard deviation comes out near 1."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim >= 2 and "emb" not in name and "memory" not in name:
            noise *= parameter[0].numel() ** -0.5
        elif parameter.ndim < 2:
            noise *= 0.2
        parameter.data = (parameter.data if parameter.ndim < 2 else 0) + noise


STACKS = {
    "decoder": layers(),
    "encoder": layers("Encoder"),
    "only-attention": layers(only_attn=True),
    "macaron": layers(macaron=True),
    "custom-order": {"class": "Decoder", "dim": 16, "heads": 4, "attn_dim_head": 8,
                     "custom_layers": ["a", "f", "f", "a"]},
    "sandwich-order": layers(depth=3, sandwich_coef=1),
    "par": layers(depth=6, par_ratio=3),
    "tied-layers": layers(weight_tie_layers=True, depth=3),
    "execute-order": layers(layers_execute_order=[0, 1, 2, 3, 2, 3]),
    "scalenorm": layers(use_scalenorm=True),
    "rmsnorm": layers(use_rmsnorm=True),
    "simple-rmsnorm": layers(use_simple_rmsnorm=True),
    "dynamic-tanh": layers(use_dynamic_tanh=True, dynamic_tanh_init_alpha=0.7),
    "no-unit-offset": layers(norm_add_unit_offset=False, use_rmsnorm=True),
    "layernorm-no-unit-offset": layers(norm_add_unit_offset=False),
    "post-norm": layers(pre_norm=False),
    "pre-and-post-norm": layers(pre_and_post_norm=True),
    "sandwich-norm": layers(sandwich_norm=True),
    "no-final-norm": layers(pre_norm_has_final_norm=False),
    "rotary": layers(rotary_pos_emb=True),
    "rotary-full": layers(rotary_pos_emb=True, rotary_emb_dim=6, rotary_base_rescale_factor=2.0),
    "rotary-odd": layers(rotary_pos_emb=True, rotary_emb_dim=5),
    "rotary-interpolated": layers(rotary_pos_emb=True, rotary_interpolation_factor=2.0),
    "rotary-some-heads": layers(rotary_pos_emb=True, rotate_num_heads=2),
    "rotary-xpos": layers(rotary_xpos=True, rotary_xpos_scale_base=64),
    "alibi": layers(alibi_pos_bias=True),
    "alibi-some": layers(alibi_pos_bias=True, alibi_num_heads=3),
    "alibi-six": layers(heads=6, alibi_pos_bias=True),
    "t5-bias": layers(rel_pos_bias=True, rel_pos_num_buckets=8, rel_pos_max_distance=10),
    "t5-bias-encoder": layers("Encoder", rel_pos_bias=True, rel_pos_num_buckets=8,
                              rel_pos_max_distance=10),
    "dynamic-bias": layers(dynamic_pos_bias=True),
    "dynamic-bias-log": layers(dynamic_pos_bias=True, dynamic_pos_bias_log_distance=True,
                               dynamic_pos_bias_norm=True, dynamic_pos_bias_mlp_depth=3),
    "kv-heads": layers(attn_kv_heads=2),
    "one-kv-head": layers(attn_one_kv_head=True, rotary_pos_emb=True),
    "kv-heads-by-layer": layers(attn_kv_heads=[2, 4]),
    "value-dim-head": layers(attn_value_dim_head=6),
    "one-head": layers(heads=1, attn_dim_head=16),
    "qk-norm": layers(attn_qk_norm=True),
    "qk-norm-groups": layers(attn_qk_norm=True, attn_qk_norm_groups=2, attn_qk_norm_scale=6),
    "qk-norm-dim-scale": layers(attn_qk_norm=True, attn_qk_norm_dim_scale=True, attn_kv_heads=2),
    "qk-rmsnorm": layers(attn_qk_rmsnorm=True, attn_kv_heads=2),
    "k-rmsnorm": layers(attn_k_rmsnorm=True),
    "value-rmsnorm": layers(attn_value_rmsnorm=True),
    "memory-kv": layers(attn_num_mem_kv=3, attn_kv_heads=2),
    "memory-kv-qk-norm": layers(attn_num_mem_kv=3, attn_qk_norm=True, alibi_pos_bias=True),
    "zero-kv": layers(attn_add_zero_kv=True, alibi_pos_bias=True),
    "sink": layers(attn_head_learned_sink=True),
    "softclamp": layers(attn_softclamp_logits=True, attn_logit_softclamp_value=2.0),
    "window": layers(attn_max_attend_past=3),
    "talking-heads": layers(attn_pre_talking_heads=True, attn_post_talking_heads=True),
    "talking-heads-scale": layers(attn_pre_scale_post_talking_heads=True),
    "head-scale": layers(attn_head_scale=True),
    "on-attention": layers(attn_on_attn=True),
    "gate-values": layers(attn_gate_values=True),
    "swiglu-values": layers(attn_gate_values=True, attn_swiglu_values=True),
    "gate-value-heads": layers(attn_gate_value_heads=True),
    "residual-attention": layers(residual_attn=True),
    "value-residual": layers(add_value_residual=True),
    "value-residual-half": layers(add_value_residual=True, learned_value_residual_mix=False),
    "gate-residual": layers(gate_residual=True),
    "scale-residual": layers(scale_residual=True),
    "scale-residual-number": layers(scale_residual=0.5),
    "scale-residual-constant": layers(scale_residual_constant=0.8),
    "depth-scale": layers(depth_scale_residual=0.7),
    "layerscale": layers(use_layerscale=True),
    "shift": layers(shift_tokens=1),
    "shift-encoder": layers("Encoder", shift_tokens=1),
    "layerscale-shift-macaron": layers(use_layerscale=True, shift_tokens=1, macaron=True),
    "softclamp-output": layers(softclamp_output=True, softclamp_output_value=1.5),
    "glu": layers(ff_glu=True),
    "swiglu": layers(ff_glu=True, ff_swish=True, ff_no_bias=True, ff_glu_mult_bias=True),
    "relu-squared": layers(ff_relu_squared=True),
    "swish": layers(ff_swish=True, ff_no_bias=True),
    "gelu-tanh": layers(ff_custom_activation={"class": "GELU", "approximate": "tanh"}),
    "relu": layers(ff_custom_activation={"class": "ReLU"}),
    "post-activation-norm": layers(ff_post_act_ln=True),
    "ff-mult": layers(ff_mult=2.5),
    "ff-softclamp": layers(ff_softclamp_value=1.0),
}

WRAPPERS = {
    "tied": wrapper(tie_embedding=True),
    "tied-scale": wrapper(tie_embedding=True, tie_embedding_scale=0.5),
    "emb-dim": wrapper(emb_dim=10),
    "post-emb-norm": wrapper(post_emb_norm=True, emb_dim=10, logits_dim=7),
    "embeddings-only": wrapper(return_only_embed=True),
    "heads": wrapper(num_output_heads=3),
    "memory-tokens": wrapper(layers(rotary_pos_emb=True), num_memory_tokens=3),
    "memory-tokens-alibi": wrapper(layers(alibi_pos_bias=True), num_memory_tokens=3),
    "class-token": wrapper(layers("Encoder"), use_cls_token=True),
    "class-tokens": wrapper(layers("Encoder"), use_cls_token=True, num_cls_tokens=2,
                            num_memory_tokens=1),
    "average-pool": wrapper(layers("Encoder"), average_pool_embed=True),
    "sinusoids": wrapper(scaled_sinu_pos_emb=True),
    "no-positions": wrapper(use_abs_pos_emb=False),
    "l2norm-embed": wrapper(l2norm_embed=True),
    "l2norm-tied": wrapper(l2norm_embed=True, tie_embedding=True),
    "named-embeddings": wrapper(embed_num_tokens={"type": 3}),
    "autoregressive": {"class": "AutoregressiveWrapper", "net": wrapper(layers(rotary_pos_emb=True))},
}

CROSS = {
    "cross-attend": layers(cross_attend=True),
    "cross-attend-rotary": layers(cross_attend=True, rotary_pos_emb=True, attn_kv_heads=2),
    "only-cross": layers(cross_attend=True, only_cross=True),
    "cross-attender": layers("CrossAttender", cross_attn_dim_context=10),
    "cross-residual": layers(cross_attend=True, cross_residual_attn=True, residual_attn=True),
    "cross-value-residual": layers(cross_attend=True, add_value_residual=True),
    "cross-memory": layers(cross_attend=True, attn_num_mem_kv=2, attn_qk_norm=True),
}

CONTINUOUS = {
    "continuous": dict(max_seq_len=12, dim_in=5, dim_out=6),
    "continuous-bare": dict(),
    "continuous-probabilistic": dict(max_seq_len=12, dim_in=5, dim_out=3, probabilistic=True),
    "continuous-memory": dict(max_seq_len=12, num_memory_tokens=2, post_emb_norm=True,
                              scaled_sinu_pos_emb=True, average_pool_embed=True),
}


# Options that few use, in models as small as they can be.
TINY = dict(dim=12, depth=2, heads=2, attn_dim_head=4, ff_mult=1)


def tiny(kind="Decoder", **arguments):
    return {"class": kind, **TINY, **arguments}


RARE_STACKS = {
    "solu": tiny(ff_solu=True),
    "solu-glu": tiny(ff_solu=True, ff_glu=True, ff_post_act_ln=True),
    "prefix-decoder": tiny("PrefixDecoder", rotary_pos_emb=True, rotary_emb_dim=3),
    "prefix-decoder-shift": tiny("PrefixDecoder", shift_tokens=1, rel_pos_bias=True),
    "glu-softclamp": tiny(ff_glu=True, ff_glu_softclamp=True, ff_glu_gate_softclamp_value=1.0,
                          ff_glu_up_softclamp_value=2.0),
    "derf": tiny(use_derf=True),
    "adaptive-layernorm": tiny(use_adaptive_layernorm=True, dim_condition=5),
    "adaptive-rmsnorm": tiny(use_adaptive_rmsnorm=True, use_adaptive_layerscale=True,
                             adaptive_condition_mlp=True, adaptive_condition_mlp_expansion=2),
    "unet": tiny(depth=4, unet_skips=True),
    "orthogonal-residual": tiny(orthog_residual=True, scale_residual=True),
    "mean-variance-residual": tiny(mv_split_residual=True),
    "mean-variance-learned": tiny(mv_split_residual=True, residual_fn_kwargs={"learned": True}),
    "reinject": tiny(reinject_input=True, learned_reinject_input_gate=True),
    "integrate-layers": tiny(integrate_layers=True),
    "integrate-layers-relu": tiny(integrate_layers=True, layer_integrate_use_softmax=False),
    "streams": tiny(num_residual_streams=3),
    "streams-views": tiny(num_residual_streams=2, qkv_receive_diff_residuals=True),
    "gated-streams": tiny(gated_multi_residual=True, num_residual_streams=2,
                          qkv_receive_diff_residuals=True,
                          residual_fn_kwargs={"read_gate_rank": 3}),
    "attention-residuals": tiny(attn_aggregated_residuals=True,
                                attn_aggregated_residual_kwargs={"lora_rank": 4}),
    "polar": tiny(polar_pos_emb=True),
    "alibi-slopes": tiny(alibi_pos_bias=True, rel_pos_kwargs={"slopes": [0.7, 0.1]}),
    "gate-rank": tiny(attn_gate_values=True, attn_gate_values_rank=2),
    "gate-headwise": tiny(attn_gate_values=True, attn_gate_values_headwise=True),
    "output-gate": tiny(attn_gate_values=True, attn_output_gate=True, attn_output_gate_headwise=True),
    "output-gate-rank": tiny(attn_output_gate=True, attn_output_gate_rank=2,
                             attn_low_rank_silu_gates=False, attn_swiglu_values=True),
    "sigmoid": tiny(attn_sigmoid=True),
    "sparse": tiny(attn_sparse_topk=2),
    "hard": tiny(attn_hard=True),
    "distance": tiny(attn_l2_distance=True),
    "selective": tiny(attn_selective=True),
    "signed": tiny(attn_cog_signed=True, attn_head_learned_sink=True),
    "laser": tiny(attn_laser=True, attn_laser_softclamp_value=4.0),
    "contextual": tiny(attn_use_cope=True, attn_cope_max_pos=4),
    "contextual-mixed": tiny(attn_use_cope=True, attn_cope_max_pos=4, attn_cope_talking_heads=True),
    "forget-gates": tiny(attn_data_dependent_alibi=True, attn_num_mem_kv=1),
    "forget-gates-encoder": tiny("Encoder", attn_data_dependent_alibi=True),
    "forget-gates-row": tiny(attn_data_dependent_alibi=True,
                             attn_data_dependent_alibi_per_row=True),
    "relative-projection": tiny(attn_use_rel_proj_pos_bias=True, attn_rel_proj_num_distance_basis=3,
                                attn_rel_proj_max_dist=6),
    "orthogonal-values": tiny(attn_orthog_projected_values=True,
                              attn_orthog_projected_values_per_head=True),
    "latent": tiny(attn_use_latent_q=True, attn_dim_latent_q=5, attn_use_latent_kv=True,
                   attn_dim_latent_kv=4),
    "latent-rotary": tiny(attn_use_latent_kv=True, attn_dim_latent_kv=4, rotary_pos_emb=True,
                          rotary_emb_dim=3, attn_latent_rope_subheads=1),
    "inverted": tiny("Encoder", cross_attend=True, cross_attn_inverted_attention=True),
}

RARE_WRAPPERS = {
    "recycling": wrapper(tiny(), recycling=True),
    "looped": wrapper(tiny(pre_and_post_norm=True), looped=True, max_looped_steps=2),
    "softmax-mixture": wrapper(tiny(), mixture_of_softmax=True, mixture_of_softmax_k=2),
    "sigsoftmax": wrapper(tiny(), sigsoftmax_logits=True),
    "deep-embedding": wrapper(tiny(), ff_deep_embed=True),
    "interspersed-memory": wrapper(tiny(), num_memory_tokens=2, memory_tokens_interspersed_every=4),
    "attention-pool": wrapper(tiny("Encoder"), attn_pool=True, num_pooled_tokens=2),
    "attention-pool-deep": wrapper(tiny("Encoder"), attn_pool=True, attn_pool_depth=2,
                                   dim_pooled_tokens=10),
    "own-head": wrapper(tiny(), to_logits={"class": "Linear", "in_features": 12, "out_features": 5}),
    "squeezed": wrapper(tiny(), logits_dim=1, squeeze_out_last_dim=True),
    "vision": {"class": "ViTransformerWrapper", "image_size": 8, "patch_size": 4, "num_classes": 5,
               "num_register_tokens": 2, "post_emb_norm": True, "attn_layers": tiny("Encoder")},
    "self-critic": {"class": "NonAutoregressiveWrapper", "mask_id": 0, "self_token_critic": True,
                    "self_cond": True, "net": wrapper(tiny("Encoder"))},
}


def cases():
    for name, stack in STACKS.items():
        yield name, wrapper(stack)
    for name, stack in RARE_STACKS.items():
        yield name, wrapper(stack)
    yield from RARE_WRAPPERS.items()
    yield from WRAPPERS.items()
    for name, stack in CROSS.items():
        yield name, wrapper(stack)
    for name, arguments in CONTINUOUS.items():
        yield name, {"class": "ContinuousTransformerWrapper", **arguments, "attn_layers": layers()}
    x = {"class": "XTransformer", "dim": 16, "enc_num_tokens": 13, "enc_depth": 1, "enc_heads": 2,
         "enc_max_seq_len": 12, "enc_attn_dim_head": 8, "dec_num_tokens": 13, "dec_depth": 1,
         "dec_heads": 2, "dec_max_seq_len": 12, "dec_attn_dim_head": 8}
    yield "xtransformer", x
    yield "xtransformer-tied", {**x, "tie_token_emb": True, "dec_rotary_pos_emb": True}


def inputs(call, generator):
    """The inputs of a model as the command takes them."""
    def tokens(length):
        return torch.randint(0, 13, (2, length), generator=generator)

    def mask(length):
        return torch.arange(length)[None] < torch.tensor([[length], [length - 3]])

    inner = call.get("net", call)
    if call["class"] == "XTransformer":
        return {"tokens": tokens(7), "source": tokens(9), "source_mask": mask(9)}
    if call["class"] == "ContinuousTransformerWrapper":
        width = inner.get("dim_in", 16)
        return {"embeds": torch.randn(2, 9, width, generator=generator), "mask": mask(9)}
    if call["class"] == "ViTransformerWrapper":
        return {"embeds": torch.randn(2, 3, 8, 8, generator=generator)}
    result = {"tokens": tokens(9)}
    if inner["attn_layers"]["class"] == "PrefixDecoder":
        result["forward.prefix_attn_len"] = 4
    if inner.get("recycling"):
        result["forward.recycle_steps"] = 2
    if any(name.startswith("use_adaptive") for name in inner["attn_layers"]):
        width = inner["attn_layers"].get("dim_condition", 12)
        result["condition"] = torch.randn(2, 9, width, generator=generator)
    is_encoder = inner["attn_layers"]["class"] == "Encoder"
    # The library has no place for a mask between interspersed memory tokens.
    if is_encoder or (generator.initial_seed() % 3 == 0 and "memory_tokens_interspersed_every" not in inner):
        result["mask"] = mask(9)
    if inner["attn_layers"].get("cross_attend") or inner["attn_layers"]["class"] == "CrossAttender":
        width = inner["attn_layers"].get("cross_attn_dim_context", inner["attn_layers"]["dim"])
        result["context"] = torch.randn(2, 5, width, generator=generator)
        result["context_mask"] = mask(5)
    for name, count in inner.get("embed_num_tokens", {}).items():
        result[f"embed_ids.{name}"] = torch.randint(0, count, (2, 9), generator=generator)
    return result


def forward(model, call, given):
    """The real output, stacked where the library returns several."""
    given = dict(given)
    if call["class"] == "XTransformer":
        mask = given.get("source_mask")
        encoded = model.encoder(given["source"], mask=mask, return_embeddings=True)
        return model.decoder.net(given["tokens"], context=encoded, context_mask=mask)
    net = model.net if hasattr(model, "net") else model
    first = given.pop("tokens", None)
    first = given.pop("embeds") if first is None else first
    ids = {key.split(".")[1]: given.pop(key) for key in list(given) if key.startswith("embed_ids.")}
    if ids:
        given["embed_ids"] = ids
    output = net(first, **{key.removeprefix("forward."): value for key, value in given.items()})
    return torch.stack(output) if isinstance(output, tuple) else output


def main(folder, names):
    os.makedirs(folder, exist_ok=True)
    for name, call in cases():
        if names and name not in names:
            continue
        seed = SEED + zlib.crc32(name.encode())  # A case keeps its values when others are added.
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        model = graphs.build(call).eval()
        randomize(model, generator)
        given = inputs(call, generator)
        with torch.no_grad():
            output = forward(model, call, given)
        scalars = {key: value for key, value in given.items() if key.startswith("forward.")}
        tensors = {f"input.{key}": value for key, value in given.items() if key not in scalars}
        tensors["output"] = output.contiguous()
        # Tied modules share; a file of safetensors holds each name's own copy.
        tensors |= {f"state.{key}": value.clone() for key, value in model.state_dict().items()}
        save_file(tensors, os.path.join(folder, f"{name}.safetensors"),
                  metadata={"configuration": json.dumps({"x_transformers": xt_version(), **call}),
                            **{key: str(value) for key, value in scalars.items()}})
        print(f"{name}: std {output.std():.2f}")


def xt_version():
    from importlib.metadata import version
    return version("x-transformers")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "fixtures/logits", sys.argv[2:])
