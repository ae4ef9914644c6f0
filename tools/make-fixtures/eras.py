"""Writes random models of whatever release of x-transformers is on the path.

`eras.py FOLDER --seed S --count N` writes N files: a state dict under `state.`, inputs under `input.` and
the output under `output`, and the configuration with its release in the metadata. Options are drawn from those
that the release's constructors know; all parameters are random, gains and biases too. With `--cases` the models
are those of era_cases.py; `all_cases.py` makes them for every release there.
"""

import argparse
import inspect
import json
import os
import random
import sys
import types
import zlib
from importlib.metadata import version

import torch

import era_cases

# Releases up to 1.0 import entmax, and use it only where an option asks for it.
sys.modules["entmax"] = types.ModuleType("entmax")
sys.modules["entmax"].entmax15 = sys.modules["entmax"].entmax_bisect = None

import x_transformers as xt  # noqa: E402
from x_transformers import x_transformers as m  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

RELEASE = version("x-transformers")
TOKENS, LENGTH = 13, 12


def names_of(kind):
    return set(inspect.signature(kind.__init__).parameters)


KNOWN = {"": names_of(m.AttentionLayers), "attn_": names_of(m.Attention), "ff_": names_of(m.FeedForward),
         "w": names_of(m.TransformerWrapper), "c": names_of(xt.ContinuousTransformerWrapper)}

# What may be drawn, each a set of arguments that belong together. A callable is called with the generator.
POSITIONS = [
    dict(rotary_pos_emb=True), dict(rotary_pos_emb=True), dict(rotary_pos_emb=True, rotary_emb_dim=32),
    dict(rotary_pos_emb=True, rotary_base_rescale_factor=2.0),
    dict(rotary_pos_emb=True, rotary_interpolation_factor=2.0), dict(rotary_xpos=True),
    dict(rotary_xpos=True, rotary_xpos_scale_base=64), dict(alibi_pos_bias=True),
    dict(alibi_pos_bias=True, alibi_num_heads=1), dict(alibi_pos_bias=True, alibi_learned=True),
    dict(rel_pos_bias=True), dict(rel_pos_bias=True, rel_pos_num_buckets=8, rel_pos_max_distance=10),
    dict(dynamic_pos_bias=True), dict(dynamic_pos_bias=True, dynamic_pos_bias_norm=True),
    dict(dynamic_pos_bias=True, dynamic_pos_bias_log_distance=True, dynamic_pos_bias_mlp_depth=3),
    dict(position_infused_attn=True),
]
NORMS = [
    dict(use_scalenorm=True), dict(use_rmsnorm=True), dict(use_simple_rmsnorm=True),
    dict(use_dynamic_tanh=True), dict(use_rezero=True), dict(norm_add_unit_offset=False),
    dict(norm_add_unit_offset=False, use_rmsnorm=True),
]
PLACES = [
    dict(pre_norm=False), dict(pre_and_post_norm=True), dict(sandwich_norm=True),
    dict(pre_norm_has_final_norm=False), dict(resi_dual=True), dict(deepnorm=True),
    dict(resi_dual=True, resi_dual_scale=0.5),
]
ORDERS = [
    dict(macaron=True), dict(only_attn=True), dict(custom_layers=["a", "f", "f", "a"]),
    dict(sandwich_coef=1), dict(weight_tie_layers=True), dict(layers_execute_order=[0, 1, 0, 1]),
]
RESIDUALS = [
    dict(gate_residual=True), dict(scale_residual=True), dict(scale_residual_constant=0.8),
    dict(gate_residual=True, scale_residual=True), dict(residual_attn=True), dict(shift_tokens=1),
    dict(use_layerscale=True), dict(softclamp_output=True, softclamp_output_value=1.5),
    dict(add_value_residual=True), dict(residual_attn=True),
    dict(add_value_residual=True, learned_value_residual_mix=False), dict(scale_residual=0.5),
]
ATTENTION = [
    dict(attn_talking_heads=True), dict(attn_pre_talking_heads=True), dict(attn_post_talking_heads=True),
    dict(attn_pre_scale_post_talking_heads=True), dict(attn_head_scale=True), dict(attn_on_attn=True),
    dict(attn_gate_values=True), dict(attn_gate_values=True, attn_swiglu_values=True),
    dict(attn_gate_value_heads=True), dict(attn_num_mem_kv=2), dict(attn_num_mem_kv=3),
    dict(attn_add_zero_kv=True), dict(attn_one_kv_head=True), dict(attn_kv_heads=2),
    dict(attn_value_dim_head=6), dict(attn_shared_kv=True), dict(attn_max_attend_past=3),
    dict(attn_qk_norm=True), dict(attn_qk_norm=True, attn_qk_norm_groups=2),
    dict(attn_qk_norm=True, attn_qk_norm_scale=5), dict(attn_qk_norm=True, attn_qk_norm_dim_scale=True),
    dict(use_qk_norm_attn=True), dict(attn_qk_rmsnorm=True), dict(attn_k_rmsnorm=True),
    dict(attn_value_rmsnorm=True), dict(attn_softclamp_logits=True, attn_logit_softclamp_value=2.0),
    dict(attn_tensor_product=True), dict(attn_rotary_embed_values=True), dict(attn_head_learned_sink=True),
    dict(attn_flash=True), dict(attn_qk_norm=True, attn_num_mem_kv=2), dict(rotate_num_heads=1),
]
FEEDFORWARD = [
    dict(ff_glu=True), dict(ff_glu=True, ff_swish=True), dict(ff_glu=True, ff_no_bias=True),
    dict(ff_swish=True), dict(ff_relu_squared=True), dict(ff_no_bias=True), dict(ff_mult=2),
    dict(ff_post_act_ln=True), dict(ff_glu=True, ff_glu_mult_bias=True), dict(ff_softclamp_value=1.0),
]
WRAPPERS = [
    dict(emb_dim=10), dict(emb_dim=10, post_emb_norm=True), dict(post_emb_norm=True),
    dict(tie_embedding=True), dict(tie_embedding=True, tie_embedding_scale=0.5), dict(logits_dim=7),
    dict(num_memory_tokens=2), dict(use_abs_pos_emb=False), dict(use_pos_emb=False),
    dict(scaled_sinu_pos_emb=True), dict(l2norm_embed=True), dict(return_only_embed=True),
    dict(num_output_heads=2), dict(embed_num_tokens={"type": 3}), dict(average_pool_embed=True),
    dict(use_cls_token=True), dict(max_seq_len=0),
]
CONTINUOUS = [
    dict(dim_in=5, dim_out=6), dict(dim_in=5), dict(post_emb_norm=True), dict(scaled_sinu_pos_emb=True),
    dict(use_abs_pos_emb=False), dict(num_memory_tokens=2), dict(average_pool_embed=True),
    dict(dim_out=4, probabilistic=True),
]


def is_known(arguments, groups=("", "attn_", "ff_")):
    def place(name):
        if "w" in groups or "c" in groups:
            return groups[0], name
        if name in KNOWN[""]:
            return "", name
        prefix = next((p for p in ("attn_", "ff_") if name.startswith(p)), "")
        return prefix, name[len(prefix):]
    return all(name in KNOWN[group] for group, name in map(place, arguments))


def draw(rng, choices, chance, groups=("", "attn_", "ff_")):
    """One of the choices that the release knows, or none."""
    known = [choice for choice in choices if is_known(choice, groups)]
    return dict(rng.choice(known)) if known and rng.random() < chance else {}


def stack(rng, kind=None, cross=None):
    kind = kind or rng.choice(["Decoder", "Decoder", "Encoder"])
    heads = rng.choice([1, 2, 2, 3, 4, 4])
    result = {"class": kind, "dim": rng.choice([16, 24, 32]), "depth": rng.choice([1, 2, 3]), "heads": heads}
    for choices, chance in [(POSITIONS, 0.6), (NORMS, 0.5), (PLACES, 0.35), (ORDERS, 0.2), (RESIDUALS, 0.4),
                            (ATTENTION, 0.6), (ATTENTION, 0.3), (FEEDFORWARD, 0.6)]:
        result.update(draw(rng, choices, chance))
    # Before 1.42.18 at least 32 features of a head were turned.
    turns = result.get("rotary_pos_emb") or result.get("rotary_xpos")
    result["attn_dim_head"] = rng.choice([32, 40, 64] if turns else [4, 6, 8, 16])
    if "layers_execute_order" in result and "macaron" in result:
        del result["layers_execute_order"]
    if cross if cross is not None else rng.random() < 0.2:
        result["cross_attend"] = True
        if rng.random() < 0.2 and "custom_layers" not in result:
            result["only_cross"] = True
    return result


def call(rng):
    """A random constructor call."""
    roll = rng.random()
    if roll < 0.08:
        return encoder_decoder(rng)
    if roll < 0.18:
        return {"class": "ContinuousTransformerWrapper", "max_seq_len": LENGTH,
                **draw(rng, CONTINUOUS, 0.8, ["c"]), "attn_layers": stack(rng, cross=False)}
    result = {"class": "TransformerWrapper", "num_tokens": TOKENS, "max_seq_len": LENGTH}
    result.update(draw(rng, WRAPPERS, 0.5, ["w"]))
    result.update(draw(rng, WRAPPERS, 0.2, ["w"]))
    result["attn_layers"] = stack(rng)
    if roll < 0.28 and result["attn_layers"]["class"] == "Decoder":
        return {"class": "AutoregressiveWrapper", "net": result}
    return result


def encoder_decoder(rng):
    result = {"class": "XTransformer", "dim": 16}
    for prefix, kind in [("enc_", "Encoder"), ("dec_", "Decoder")]:
        side = {"num_tokens": TOKENS, "max_seq_len": LENGTH, **stack(rng, kind, cross=False)}
        for name in ("class", "dim", "custom_layers", "sandwich_coef"):
            side.pop(name, None)
        result.update({prefix + name: value for name, value in side.items()})
    if rng.random() < 0.5:
        result["tie_token_emb"] = True
    return result


def build(value):
    if isinstance(value, list):
        return tuple(map(build, value))
    if not isinstance(value, dict) or "class" not in value:
        return value
    arguments = {name: build(inner) for name, inner in value.items() if name != "class"}
    name = value["class"]
    if name in ("Encoder", "Decoder", "CrossAttender") and "verbose" in KNOWN[""]:
        arguments["verbose"] = False
    return getattr(xt, name)(**arguments)


def randomize(model, generator):
    """Every parameter random; the output's standard deviation comes out near 1."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim >= 2 and not any(part in name for part in ("emb", "mem", "qk_norm", "rmsnorm")):
            noise *= parameter[0].numel() ** -0.5
        elif parameter.ndim < 2 or "rmsnorm" in name or "qk_norm" in name:
            noise *= 0.2
        keeps = parameter.ndim < 2 or any(part in name for part in ("slopes", "rmsnorm", "qk_norm", "scale"))
        parameter.data = (parameter.data if keeps else 0) + noise


def inputs(rng, call, generator):
    def tokens(length):
        return torch.randint(0, TOKENS, (2, length), generator=generator)

    def mask(length):
        if rng.random() < 0.3:
            # Any positions, but never none.
            random_mask = torch.rand(2, length, generator=generator) < 0.7
            random_mask[:, 0] = True
            return random_mask
        return torch.arange(length)[None] < torch.tensor([[length], [length - 3]])

    if call["class"] == "XTransformer":
        result = {"tokens": tokens(7), "source": tokens(9)}
        if rng.random() < 0.6:
            result["source_mask"] = mask(9)
        return result
    inner = call.get("net", call)
    layers = inner["attn_layers"]
    if call["class"] == "ContinuousTransformerWrapper":
        result = {"embeds": torch.randn(2, 9, inner.get("dim_in", layers["dim"]), generator=generator)}
    else:
        result = {"tokens": tokens(9)}
    if rng.random() < 0.4:
        result["mask"] = mask(9)
    if layers.get("cross_attend"):
        result["context"] = torch.randn(2, 5, layers["dim"], generator=generator)
        if "mask" in result or rng.random() < 0.5:
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
    output = net(first, **given)
    if isinstance(output, tuple) and len(output) == 1:
        output = output[0]
    return torch.stack(tuple(output)) if isinstance(output, (tuple, list)) else output


def make(call, rng, seed):
    """A random model of the call as tensors, or why the release cannot make or run it."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = build(call).eval()
    randomize(model, generator)
    given = inputs(rng, call, generator)
    with torch.no_grad():
        output = forward(model, call, given)
    if not torch.isfinite(output).all():
        raise ValueError("the output is not finite")
    tensors = {f"input.{key}": value for key, value in given.items()}
    tensors["output"] = output.contiguous()
    # Tied modules share; a file of safetensors holds each name's own copy.
    return tensors | {f"state.{key}": value.clone().contiguous() for key, value in model.state_dict().items()}


def write(path, call, tensors):
    save_file(tensors, path, metadata={"configuration": json.dumps({"x_transformers": RELEASE, **call})})


def write_cases(folder):
    for name, drawn in era_cases.CASES[RELEASE].items():
        # A change in one case must not change the others.
        seed = zlib.crc32(f"{RELEASE} {name}".encode())
        write(os.path.join(folder, f"{RELEASE}-{name}.safetensors"), drawn,
              make(drawn, random.Random(seed), seed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--cases", action="store_true")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    if arguments.cases:
        return write_cases(arguments.folder)
    made, tries = 0, 0
    while made < arguments.count and tries < 8 * arguments.count:
        seed = arguments.seed * 1000 + tries
        tries += 1
        rng = random.Random(seed)
        drawn = call(rng)
        try:
            tensors = make(drawn, rng, seed)
        except Exception as problem:  # An old release refuses some combinations, in many ways.
            print(f"{RELEASE} {seed}: {type(problem).__name__}: {problem}"[:160], file=sys.stderr)
            continue
        write(os.path.join(arguments.folder, f"{RELEASE}-{seed}.safetensors"), drawn, tensors)
        made += 1
    print(f"{RELEASE}: {made} models of {tries} drawn")


if __name__ == "__main__":
    main()
