"""Random constructor calls: many options of x-transformers at once, in every wrapper, with inputs.

`model(seed)` gives a call that the real library constructs and runs, the model with random weights, its inputs and
its output. Calls that the library refuses are drawn again; `draw` gives one without asking it.
"""

import random
import warnings

import torch

import graphs
import logits

VOCABULARY = 13

try:
    from loguru import logger
    logger.remove()  # The library warns of small rotary dimensions.
except ImportError:
    pass


class Draw:
    """Choices from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def of(self, *values):
        return self.random.choice(values)

    def maybe(self, arguments, probability, **more):
        if self.chance(probability):
            arguments.update(more)


def attention(draw, a, causal, dim_head, heads):
    """Options of attention, as `attn_…`."""
    divisors = [n for n in range(1, heads + 1) if heads % n == 0]
    if draw.chance(0.25):
        a["attn_kv_heads"] = draw.of(*divisors)
    elif draw.chance(0.08):
        a["attn_one_kv_head"] = True
    draw.maybe(a, 0.1, attn_value_dim_head=draw.of(3, 5, 8))
    norm = draw.of(*[None] * 8, "qk", "qk", "scale", "rms", "k", "value")
    if norm in ("qk", "scale"):
        a["attn_qk_norm"] = True
        draw.maybe(a, 0.3, attn_qk_norm_scale=draw.of(4, 8, 1))
        if dim_head % 2 == 0:
            draw.maybe(a, 0.2, attn_qk_norm_groups=2)
        if norm == "scale":
            a["attn_qk_norm_dim_scale"] = True
    elif norm:
        a[{"rms": "attn_qk_rmsnorm", "k": "attn_k_rmsnorm", "value": "attn_value_rmsnorm"}[norm]] = True
    draw.maybe(a, 0.12, attn_num_mem_kv=draw.of(1, 2, 3))
    draw.maybe(a, 0.07, attn_add_zero_kv=True)
    draw.maybe(a, 0.07, attn_head_learned_sink=True)
    draw.maybe(a, 0.07, attn_softclamp_logits=True, attn_logit_softclamp_value=draw.of(1.5, 5.0, 50.0))
    draw.maybe(a, 0.08, attn_max_attend_past=draw.of(0, 1, 3, 6))
    draw.maybe(a, 0.06, attn_pre_talking_heads=True)
    draw.maybe(a, 0.06, attn_post_talking_heads=True)
    draw.maybe(a, 0.05, attn_pre_scale_post_talking_heads=True)
    draw.maybe(a, 0.07, attn_head_scale=True)
    draw.maybe(a, 0.06, attn_on_attn=True)
    draw.maybe(a, 0.07, attn_gate_values=True)
    draw.maybe(a, 0.06, attn_swiglu_values=True)
    draw.maybe(a, 0.06, attn_gate_value_heads=True)
    draw.maybe(a, 0.08, attn_flash=True)
    draw.maybe(a, 0.08, attn_dropout=0.1)


def rare_attention(draw, a, causal, dim_head, heads):
    """Options of attention that few use."""
    kernel = draw.of("sigmoid", "sparse", "hard", "l2", "selective", "cog", "laser", "cope", "alibi", "row-alibi",
                     "proj", "orthog", "orthog-head", "latent", "rope-latent", "gate-rank", "gate-head",
                     "output-gate", "inverted", None)
    if kernel == "sigmoid":
        a["attn_sigmoid"] = True
    elif kernel == "sparse":
        a["attn_sparse_topk"] = draw.of(1, 2, 4)
        draw.maybe(a, 0.3, attn_sparse_topk_straight_through=True)
    elif kernel == "hard":
        a["attn_hard"] = True
    elif kernel == "l2":
        a["attn_l2_distance"] = True
    elif kernel == "selective":
        a["attn_selective"] = True
    elif kernel == "cog":
        a["attn_cog_signed"] = True
    elif kernel == "laser":
        a["attn_laser"] = True
        draw.maybe(a, 0.4, attn_laser_softclamp_value=draw.of(2.0, 8.0))
    elif kernel == "cope":
        a.update(attn_use_cope=True, attn_cope_max_pos=draw.of(3, 5, 16))
        draw.maybe(a, 0.3, attn_cope_talking_heads=True)
        draw.maybe(a, 0.3, attn_cope_soft_onehot_pos=True)
    elif kernel == "alibi":
        a["attn_data_dependent_alibi"] = True
        draw.maybe(a, 0.2, attn_data_dependent_alibi_kwargs={"post_log_scale": 0.5})
    elif kernel == "row-alibi":
        a.update(attn_data_dependent_alibi=True, attn_data_dependent_alibi_per_row=True)
        draw.maybe(a, 0.4, attn_data_dependent_alibi_per_row_dim_head=4)
    elif kernel == "proj":
        a.update(attn_use_rel_proj_pos_bias=True, attn_rel_proj_num_distance_basis=draw.of(2, 5),
                 attn_rel_proj_max_dist=draw.of(4, 20))
    elif kernel == "orthog":
        a["attn_orthog_projected_values"] = True
    elif kernel == "orthog-head":
        a["attn_orthog_projected_values_per_head"] = True
        draw.maybe(a, 0.5, attn_orthog_projected_values=True)
    elif kernel == "latent":
        draw.maybe(a, 0.7, attn_use_latent_q=True, attn_dim_latent_q=draw.of(5, 9))
        draw.maybe(a, 0.7, attn_use_latent_kv=True, attn_dim_latent_kv=draw.of(4, 10))
    elif kernel == "rope-latent":
        a.pop("attn_kv_heads", None)
        a.update(attn_use_latent_kv=True, attn_dim_latent_kv=draw.of(4, 10), attn_latent_rope_subheads=1)
    elif kernel == "gate-rank":
        a.update(attn_gate_values=True, attn_gate_values_rank=draw.of(2, 3))
        draw.maybe(a, 0.4, attn_low_rank_silu_gates=False)
    elif kernel == "gate-head":
        a.update(attn_gate_values=True, attn_gate_values_headwise=True)
    elif kernel == "output-gate":
        a["attn_output_gate"] = True
        draw.maybe(a, 0.4, attn_output_gate_headwise=True)
        draw.maybe(a, 0.3, attn_output_gate_rank=2)
        draw.maybe(a, 0.4, attn_gate_values=True)
    elif kernel == "inverted":
        a["cross_attn_inverted_attention"] = True


def positions(draw, a, causal, dim_head):
    kind = draw.of(*[None] * 5, *["rotary"] * 6, "xpos", "alibi", "alibi", "t5", "t5", "dynamic")
    if kind in ("rotary", "xpos"):
        a["rotary_pos_emb" if kind == "rotary" or not causal else "rotary_xpos"] = True
        if kind == "xpos":
            draw.maybe(a, 0.5, rotary_xpos_scale_base=draw.of(16, 64))
        draw.maybe(a, 0.3, rotary_emb_dim=draw.of(*range(3, dim_head + 1), dim_head))
        draw.maybe(a, 0.2, rotary_interpolation_factor=draw.of(1.5, 4.0))
        draw.maybe(a, 0.2, rotary_base_rescale_factor=draw.of(1.5, 3.0))
        draw.maybe(a, 0.1, rotate_num_heads=1)
    elif kind == "alibi":
        a["alibi_pos_bias"] = True
        draw.maybe(a, 0.3, alibi_num_heads=1)
        draw.maybe(a, 0.1, rel_pos_kwargs={"slopes": [0.7] * a["heads"]})
    elif kind == "t5":
        a.update(rel_pos_bias=True)
        draw.maybe(a, 0.7, rel_pos_num_buckets=draw.of(4, 8, 12), rel_pos_max_distance=draw.of(12, 20))
    elif kind == "dynamic":
        a.update(dynamic_pos_bias=True)
        draw.maybe(a, 0.5, dynamic_pos_bias_log_distance=True)
        draw.maybe(a, 0.5, dynamic_pos_bias_norm=True)
        draw.maybe(a, 0.5, dynamic_pos_bias_mlp_depth=draw.of(1, 3))
    draw.maybe(a, 0.08, disable_abs_pos_emb=draw.of(True, False))


def feed_forward(draw, a):
    draw.maybe(a, 0.35, ff_glu=True)
    if "ff_glu" in a:
        draw.maybe(a, 0.2, ff_glu_mult_bias=True)
    kind = draw.of(*[None] * 4, "swish", "swish", "squared", "solu", "custom")
    if kind == "custom":
        a["ff_custom_activation"] = draw.of(
            {"class": "GELU", "approximate": "tanh"}, {"class": "ReLU"}, {"class": "SiLU"},
            {"class": "GELU"}, {"class": "Tanh"}, {"class": "Sigmoid"})
    elif kind:
        a[{"swish": "ff_swish", "squared": "ff_relu_squared", "solu": "ff_solu"}[kind]] = True
    draw.maybe(a, 0.15, ff_post_act_ln=True)
    draw.maybe(a, 0.2, ff_no_bias=True)
    draw.maybe(a, 0.3, ff_mult=draw.of(1, 2, 2.5, 1.37, 0.5, 3))
    draw.maybe(a, 0.06, ff_softclamp_value=draw.of(1.0, 3.0))
    draw.maybe(a, 0.06, ff_dropout=0.1)


def residuals(draw, a):
    draw.maybe(a, 0.08, gate_residual=True)
    draw.maybe(a, 0.08, scale_residual=draw.of(True, 0.5, 0.9))
    draw.maybe(a, 0.06, scale_residual_constant=draw.of(0.7, 1.2))
    draw.maybe(a, 0.05, depth_scale_residual=draw.of(True, 0.7))
    draw.maybe(a, 0.08, use_layerscale=True)
    draw.maybe(a, 0.1, shift_tokens=draw.of(1, 1, 2))
    draw.maybe(a, 0.08, residual_attn=True)
    draw.maybe(a, 0.1, add_value_residual=True)
    if "add_value_residual" in a:
        draw.maybe(a, 0.3, learned_value_residual_mix=False)
    draw.maybe(a, 0.06, softclamp_output=True, softclamp_output_value=draw.of(1.5, 30.0))


def rare_layers(draw, a):
    """Options of the layers that few use."""
    kind = draw.of("derf", "adaptive-ln", "adaptive-rms", "layerscale", "unet", "orthog", "mv", "mv-learned",
                   "reinject", "reinject-gate", "lime", "hyper", "hyper-views", "aggregate", "gated", "polar",
                   "glu-clamp", None, None)
    if kind == "derf":
        a["use_derf"] = True
    elif kind in ("adaptive-ln", "adaptive-rms", "layerscale"):
        a[{"adaptive-ln": "use_adaptive_layernorm", "adaptive-rms": "use_adaptive_rmsnorm",
           "layerscale": "use_adaptive_layerscale"}[kind]] = True
        draw.maybe(a, 0.4, use_adaptive_layerscale=True)
        draw.maybe(a, 0.5, dim_condition=draw.of(5, 12))
        draw.maybe(a, 0.4, adaptive_condition_mlp=True)
        if "adaptive_condition_mlp" in a:
            draw.maybe(a, 0.4, adaptive_condition_mlp_expansion=2)
    elif kind == "unet":
        a["unet_skips"] = True
        a["depth"] = draw.of(2, 3, 4, 5)
    elif kind == "orthog":
        a["orthog_residual"] = True
    elif kind in ("mv", "mv-learned"):
        a["mv_split_residual"] = True
        if kind == "mv-learned":
            a["residual_fn_kwargs"] = {"learned": True}
    elif kind in ("reinject", "reinject-gate"):
        a["reinject_input"] = True
        if kind == "reinject-gate":
            a["learned_reinject_input_gate"] = True
    elif kind == "lime":
        a["integrate_layers"] = True
        draw.maybe(a, 0.4, layer_integrate_use_softmax=False)
    elif kind in ("hyper", "hyper-views"):
        a["num_residual_streams"] = draw.of(2, 3, 4)
        if kind == "hyper-views":
            a["qkv_receive_diff_residuals"] = True
        draw.maybe(a, 0.3, hyper_conn_sinkhorn_iters=draw.of(1, 10))
    elif kind == "aggregate":
        a.update(attn_aggregated_residuals=True, attn_aggregated_residual_kwargs={"lora_rank": draw.of(3, 5)})
    elif kind == "gated":
        a.update(gated_multi_residual=True, num_residual_streams=draw.of(1, 2, 3),
                 residual_fn_kwargs={"read_gate_rank": draw.of(3, 5)})
        draw.maybe(a, 0.3, qkv_receive_diff_residuals=True)
    elif kind == "polar":
        for name in [name for name in a if name.startswith("rot")]:
            del a[name]
        a["polar_pos_emb"] = True
    elif kind == "glu-clamp":
        a.update(ff_glu=True, ff_glu_softclamp=True)
        draw.maybe(a, 0.5, ff_glu_gate_softclamp_value=1.0, ff_glu_up_softclamp_value=2.0)


def order(draw, a):
    kind = draw.of(*[None] * 12, "macaron", "macaron", "attn", "custom", "sandwich", "par", "tied", "execute")
    if kind == "macaron":
        a["macaron"] = True
    elif kind == "attn":
        a["only_attn"] = True
    elif kind == "custom":
        letters = "aff" + ("c" if "cross_attend" in a else "a")
        a["custom_layers"] = [draw.of(*letters) for _ in range(draw.of(1, 3, 4, 5))]
        del a["depth"]
    elif kind == "sandwich":
        a.update(depth=3, sandwich_coef=draw.of(1, 2))
    elif kind == "par":
        a.update(depth=draw.of(4, 5, 6), par_ratio=draw.of(3, 4, 5))
    elif kind == "tied":
        a["weight_tie_layers"] = True
    elif kind == "execute":
        count = a["depth"] * (3 if "cross_attend" in a else 2)
        a["layers_execute_order"] = [draw.random.randrange(count) for _ in range(draw.of(2, 4, 6))]


def layers(draw, kind, rare=0.0, prefix="", side=False):
    """A stack; `rare` is the chance of options that few use."""
    causal = kind == "Decoder"
    a = {"class": kind, "dim": draw.of(8, 12, 16, 18, 20, 24, 15, 32), "depth": draw.of(1, 2, 2, 3)}
    a["heads"] = heads = draw.of(1, 2, 2, 3, 4, 4, 5, 6, 8)
    dim_head = draw.of(3, 5, 6, 7, 8, 8, 9, 10, 12)
    if heads == 1:
        dim_head = a["dim"]
    a["attn_dim_head"] = dim_head
    cross = kind == "CrossAttender" or side
    if kind in ("Decoder", "Encoder", "PrefixDecoder") and not side and draw.chance(0.22):
        a["cross_attend"] = cross = True
        draw.maybe(a, 0.2, only_cross=True)
    if cross:
        draw.maybe(a, 0.3, cross_residual_attn=True)
        if not side:
            draw.maybe(a, 0.3, cross_attn_dim_context=draw.of(6, 11, 24))
        draw.maybe(a, 0.2, cross_attn_num_mem_kv=2)
        draw.maybe(a, 0.1, cross_attn_gate_values=True)
    if not side:
        order(draw, a)
    norm = draw.of(*[None] * 5, *["use_rmsnorm"] * 4, "use_scalenorm", "use_simple_rmsnorm", "use_dynamic_tanh")
    if norm:
        a[norm] = True
        if norm == "use_dynamic_tanh":
            draw.maybe(a, 0.5, dynamic_tanh_init_alpha=0.6)
    draw.maybe(a, 0.12, norm_add_unit_offset=False)
    place = draw.of(*[None] * 9, {"pre_norm": False}, {"pre_and_post_norm": True}, {"sandwich_norm": True},
                    {"pre_norm_has_final_norm": False})
    a.update(place or {})
    positions(draw, a, causal, dim_head)
    attention(draw, a, causal, dim_head, heads)
    feed_forward(draw, a)
    residuals(draw, a)
    if draw.chance(rare):
        if draw.chance(0.6):
            rare_attention(draw, a, causal, dim_head, heads)
        if draw.chance(0.6):
            norms = [n for n in a if n.startswith("use_") and "norm" in n or n == "use_dynamic_tanh"]
            for name in norms:
                del a[name]
            rare_layers(draw, a)
    if draw.chance(0.06) and "depth" in a and a["depth"] == 2:
        draw.maybe(a, 0.5, attn_kv_heads=[1, heads])
        draw.maybe(a, 0.5, ff_mult=[1, 2])
        draw.maybe(a, 0.5, attn_gate_values=[True, False])
    return {prefix + name if name not in ("class",) else name: value for name, value in a.items()}


def transformer(draw, stack, rare):
    w = {"class": "TransformerWrapper", "num_tokens": VOCABULARY,
         "max_seq_len": draw.of(12, 12, 12, 16, 0)}
    dim = stack["dim"]
    head = draw.of(*[None] * 6, "tied", "tied-scale", "none", "heads", "logits")
    if head == "tied":
        w["tie_embedding"] = True
    elif head == "tied-scale":
        w.update(tie_embedding=True, tie_embedding_scale=draw.of(1.0, 0.3))
    elif head == "none":
        w["return_only_embed"] = True
    elif head == "heads":
        w["num_output_heads"] = draw.of(2, 3)
    elif head == "logits":
        w["logits_dim"] = draw.of(1, 5, 20)
    if "tied" not in (head or ""):
        draw.maybe(w, 0.2, emb_dim=draw.of(6, 10, 24))
    place = draw.of(*[None] * 5, "sinusoids", "off", "l2")
    if place == "sinusoids" and w.get("emb_dim", dim) % 2 == 0:
        w["scaled_sinu_pos_emb"] = True
    elif place == "off":
        w["use_abs_pos_emb"] = False
    elif place == "l2":
        w["l2norm_embed"] = True
    draw.maybe(w, 0.15, post_emb_norm=True)
    draw.maybe(w, 0.15, num_memory_tokens=draw.of(1, 2, 4))
    draw.maybe(w, 0.08, embed_num_tokens=draw.of({"type": 3}, {"type": 3, "lang": 5}))
    pool = draw.of(*[None] * 9, {"average_pool_embed": True}, {"use_cls_token": True},
                   {"use_cls_token": True, "num_cls_tokens": 2})
    if stack["class"] == "Encoder" or draw.chance(0.2):
        w.update(pool or {})
    draw.maybe(w, 0.04, squeeze_out_last_dim=True)
    draw.maybe(w, 0.05, emb_frac_gradient=0.1)
    draw.maybe(w, 0.05, add_continuous_pred_head=True)
    draw.maybe(w, 0.1, token_emb={"class": "TokenEmbedding", "dim": w.get("emb_dim", dim),
                                  "num_tokens": VOCABULARY, "l2norm_embed": draw.of(True, False)})
    if draw.chance(rare):
        rare_wrapper(draw, w, stack)
    return {**w, "attn_layers": stack}


def rare_wrapper(draw, w, stack):
    kind = draw.of("recycling", "looped", "mos", "sigsoftmax", "deep", "interspersed", "pool", "pool", "linear", None)
    if kind == "recycling":
        w["recycling"] = True
    elif kind == "looped":
        w.update(looped=True, max_looped_steps=draw.of(1, 3))
        stack.pop("sandwich_norm", None)
        stack["pre_and_post_norm"] = True
    elif kind == "mos":
        w.update(mixture_of_softmax=True, mixture_of_softmax_k=draw.of(2, 3))
    elif kind == "sigsoftmax":
        w["sigsoftmax_logits"] = True
    elif kind == "deep":
        w["ff_deep_embed"] = True
    elif kind == "interspersed":
        w.update(num_memory_tokens=draw.of(1, 2), memory_tokens_interspersed_every=draw.of(2, 4, 5))
    elif kind == "pool":
        w.update(attn_pool=True, num_pooled_tokens=draw.of(1, 3))
        draw.maybe(w, 0.4, attn_pool_depth=2)
        draw.maybe(w, 0.4, dim_pooled_tokens=10)
    elif kind == "linear":
        w["to_logits"] = {"class": "Linear", "in_features": stack["dim"], "out_features": 7}


def continuous(draw, stack):
    w = {"class": "ContinuousTransformerWrapper"}
    draw.maybe(w, 0.8, max_seq_len=draw.of(12, 16))
    draw.maybe(w, 0.6, dim_in=draw.of(3, 7, stack["dim"]))
    draw.maybe(w, 0.6, dim_out=draw.of(2, 5, stack["dim"]))
    draw.maybe(w, 0.3, use_identity_if_same_dim=True)
    if "dim_out" in w:
        draw.maybe(w, 0.3, probabilistic=True)
    draw.maybe(w, 0.2, num_memory_tokens=draw.of(1, 3))
    draw.maybe(w, 0.2, post_emb_norm=True)
    draw.maybe(w, 0.15, average_pool_embed=True)
    if stack["dim"] % 2 == 0:
        draw.maybe(w, 0.2, scaled_sinu_pos_emb=True)
    draw.maybe(w, 0.1, use_abs_pos_emb=False)
    return {**w, "attn_layers": stack}


def encoder_decoder(draw, rare):
    call = {"class": "XTransformer", "dim": draw.of(8, 16, 20)}
    for prefix, kind in (("enc_", "Encoder"), ("dec_", "Decoder")):
        side = layers(draw, kind, rare, prefix, side=True)
        side.pop("class")
        side.pop(prefix + "dim")
        if side[prefix + "heads"] == 1:
            side[prefix + "attn_dim_head"] = call["dim"]
        side = {k: v for k, v in side.items() if not (prefix == "enc_" and "cross" in k)}
        side.update({prefix + "num_tokens": VOCABULARY, prefix + "max_seq_len": draw.of(12, 14)})
        draw.maybe(side, 0.2, **{prefix + "scaled_sinu_pos_emb": True})
        draw.maybe(side, 0.1, **{prefix + "use_abs_pos_emb": False})
        call.update(side)
    draw.maybe(call, 0.2, enc_num_memory_tokens=2)
    draw.maybe(call, 0.5, tie_token_emb=True)
    return call


def draw(seed, rare=0.0):
    """A call; the library may refuse it."""
    d = Draw(seed)
    kind = d.of("Decoder", "Decoder", "Decoder", "Encoder", "Encoder", "PrefixDecoder", "CrossAttender")
    shape = d.of(*["transformer"] * 10, "x", "x", "continuous", "continuous", "bare", "vision")
    if shape == "x":
        return encoder_decoder(d, rare)
    if shape == "vision":
        stack = layers(d, "Encoder", rare)
        call = {"class": "ViTransformerWrapper", "image_size": 8, "patch_size": d.of(2, 4),
                "channels": d.of(1, 3), "attn_layers": stack}
        d.maybe(call, 0.7, num_classes=5)
        d.maybe(call, 0.4, num_register_tokens=2)
        d.maybe(call, 0.3, post_emb_norm=True)
        return call
    stack = layers(d, kind, rare)
    if shape == "bare":
        return stack
    call = transformer(d, stack, rare) if shape == "transformer" else continuous(d, stack)
    if shape == "continuous":
        return {"class": "ContinuousAutoregressiveWrapper", "net": call} if d.chance(0.3) else call
    if kind == "Decoder" and d.chance(0.4):
        return {"class": d.of("AutoregressiveWrapper", "AutoregressiveWrapper", "XLAutoregressiveWrapper"),
                "net": call}
    if kind == "Encoder" and d.chance(0.2):
        return {"class": "NonAutoregressiveWrapper", "mask_id": 0, "net": call}
    return call


def inputs(call, seed):
    """Inputs under the command's names; scalars of the forward call under `forward.`."""
    d, generator = Draw(seed), torch.Generator().manual_seed(seed)
    batch, length = d.of(1, 2, 3), d.of(1, 4, 7, 9, 9, 11)

    def tokens(n, count=VOCABULARY):
        return torch.randint(0, count, (batch, n), generator=generator)

    def mask(n):
        kind = d.of("right", "right", "left", "holes")
        lengths = torch.randint(1, n + 1, (batch, 1), generator=generator)
        right = torch.arange(n)[None] < lengths
        if kind == "left":
            return right.flip(1)
        if kind == "holes":
            return (torch.rand(batch, n, generator=generator) < 0.7) | (torch.arange(n)[None] == 0)
        return right

    inner = call.get("net", call)
    if inner["class"] == "XTransformer":
        result = {"tokens": tokens(length), "source": tokens(8)}
        if d.chance(0.7):
            result["source_mask"] = mask(8)
        return result
    stack = inner.get("attn_layers", inner)
    result = {}
    if inner["class"] == "TransformerWrapper":
        result["tokens"] = tokens(length)
    elif inner["class"] == "ViTransformerWrapper":
        side = inner["image_size"]
        result["embeds"] = torch.randn(batch, inner["channels"], side, side, generator=generator)
        return result
    else:
        result["embeds"] = torch.randn(batch, length, inner.get("dim_in", stack["dim"]), generator=generator)
    if d.chance(0.35):
        result["mask"] = mask(length)
    if stack.get("cross_attend") or stack["class"] == "CrossAttender":
        count = d.of(1, 5, length)
        width = stack.get("cross_attn_dim_context", stack["dim"])
        result["context"] = torch.randn(batch, count, width, generator=generator)
        if d.chance(0.5):
            result["context_mask"] = mask(count)
    for name, count in inner.get("embed_num_tokens", {}).items():
        result[f"embed_ids.{name}"] = tokens(length, count)
    if any(name.startswith("use_adaptive") and value for name, value in stack.items()):
        width = stack.get("dim_condition", stack["dim"])
        shape = d.of((batch, width), (batch, length, width))
        result["condition"] = torch.randn(shape, generator=generator)
    if stack["class"] == "PrefixDecoder" and d.chance(0.7):
        result["forward.prefix_attn_len"] = d.of(0, 2, 5)
    if inner.get("recycling"):
        result["forward.recycle_steps"] = d.of(1, 2, 3)
    if inner.get("looped") and d.chance(0.5):
        result["forward.looped_steps"] = d.of(1, 2)
    if inner["class"] in ("TransformerWrapper", "ContinuousTransformerWrapper") and d.chance(0.05):
        result["forward.return_embeddings"] = True
    return result


def model(seed, rare=0.0):
    """(call, model, inputs, output) of the first seed from `seed` on that the library runs."""
    attempt = seed * 1000
    while True:
        attempt += 1
        call = draw(attempt, rare)
        given = inputs(call, attempt)
        torch.manual_seed(attempt)
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                built = graphs.build(call).eval()
                logits.randomize(built, torch.Generator().manual_seed(attempt))
                output = logits.forward(built, call, given)
        except Exception:
            continue
        if output.isfinite().all() and output.abs().max() < 1e3:
            return call, built, given, output
