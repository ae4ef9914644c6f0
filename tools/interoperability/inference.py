"""Configurations read off names and shapes: models of the real library, saved without their constructor calls."""

import json
import os

import numpy
import torch

from harness import Mismatch, case, require
from models import flags, graphs, models, random_models

# Arguments without a key or shape of their own; those that are not asked for one by one are here too.
TRACELESS = set("""
    class heads alibi_pos_bias alibi_num_heads rel_pos_kwargs rel_pos_max_distance dynamic_pos_bias_log_distance
    rotary_interpolation_factor rotary_xpos_scale_base rotate_num_heads disable_abs_pos_emb residual_attn
    cross_residual_attn scale_residual scale_residual_constant depth_scale_residual orthog_residual shift_tokens
    softclamp_output softclamp_output_value layers_execute_order weight_tie_layers norm_add_unit_offset pre_norm
    pre_norm_has_final_norm sandwich_norm pre_and_post_norm dynamic_tanh_init_alpha use_adaptive_layernorm use_adaptive_rmsnorm add_value_residual learned_value_residual_mix
    layer_integrate_use_softmax cross_attend only_cross ff_swish ff_relu_squared ff_custom_activation
    ff_softclamp_value ff_glu_softclamp ff_glu_gate_softclamp_value ff_glu_up_softclamp_value attn_qk_norm
    attn_qk_norm_scale attn_qk_norm_groups attn_softclamp_logits attn_logit_softclamp_value attn_max_attend_past
    attn_add_zero_kv attn_swiglu_values attn_sigmoid attn_sparse_topk attn_hard attn_l2_distance attn_selective
    attn_cog_signed attn_laser attn_laser_softclamp_value attn_orthog_projected_values
    attn_orthog_projected_values_per_head attn_low_rank_silu_gates attn_cope_soft_onehot_pos
    attn_data_dependent_alibi_kwargs attn_data_dependent_alibi_per_row_dim_head cross_attn_inverted_attention
    token_emb tie_embedding tie_embedding_scale return_only_embed l2norm_embed average_pool_embed sigsoftmax_logits
    squeeze_out_last_dim memory_tokens_interspersed_every max_looped_steps probabilistic channels
    """.split())


def arguments(call, path=""):
    """The arguments of a call and of the modules in it, by their paths."""
    for name, value in call.items():
        if name in ("net", "attn_layers"):
            yield from arguments(value, f"{path}{name}.")
        else:
            yield path + name, value


def answers(call, questions):
    """The `--set`s that say what names and shapes do not."""
    real = dict(arguments(call))
    told = {path: value for path, value in real.items()
            if path.split(".")[-1].removeprefix("enc_").removeprefix("dec_") in TRACELESS}
    for question in questions:
        # What a call does not give is off, or none, but for the places of norms.
        is_place = question["argument"].endswith(("pre_norm", "pre_norm_has_final_norm"))
        if question["argument"] not in real and question["values"][0] in ("true", "1") and not is_place:
            told[question["argument"]] = False if question["values"][0] == "true" else 0
    if real.get(tied := next((path for path in real if path.endswith("weight_tie_layers")), None)):
        told[tied.replace("weight_tie_layers", "depth")] = real[tied.replace("weight_tie_layers", "depth")]
    words = ["--set", "x_transformers=" + models.xt_version()]
    for path, value in told.items():
        words += ["--set", f"{path}={value if isinstance(value, str) else json.dumps(value)}"]
    return words


def is_left_out(call):
    """Orders of self- and cross-attentions of one width that no answer but `custom_layers` tells, stacks of
    cross-attentions whose integrators alone tell them apart, and logits carried from attentions with a sink, which
    fit the next ones only where a single key broadcasts."""
    stack = call.get("net", call).get("attn_layers", call)
    if "attn_head_learned_sink" in stack and {"residual_attn", "cross_residual_attn"} & set(stack):
        return True
    if stack.get("class") == "CrossAttender" and "integrate_layers" in stack:
        return True
    attends_context = "cross_attend" in stack or stack.get("class") == "CrossAttender"
    return attends_context and {"sandwich_coef", "par_ratio", "custom_layers"} & set(stack)


def drawn(generator):
    for name, call in models.cases():
        own = torch.Generator().manual_seed(int(torch.randint(0, 1 << 30, (1,), generator=generator)))
        torch.manual_seed(own.initial_seed())
        model = graphs.build(call).eval()
        models.randomize(model, own)
        given = models.inputs(call, own)
        with torch.no_grad():
            yield name, call, model, given, models.forward(model, call, given)
    for index in range(40):
        seed = int(torch.randint(0, 1 << 24, (1,), generator=generator))
        call, model, given, expected = random_models.model(seed, rare=0.9 if index % 3 == 0 else 0.0)
        if not is_left_out(call):
            yield f"random_models.model({seed}): {json.dumps(call)}", call, model, given, expected


def difference(tool, folder, call, model, given, expected):
    """Of the logits with what was inferred and answered; every tensor has its place without an answer."""
    path = f"{folder}/model.pt"
    if os.path.exists(path):
        os.remove(path)
    torch.save(model.state_dict(), path)
    report = tool.json("fit", path)
    require(report["predicted"] == sum(p.numel() for p in model.parameters()), "other count")
    words = answers(call, report["questions"])
    tool.run("fit", path, *words, "-q")
    tool.run("logits", path, *flags(folder, given), *words, "-o", f"{folder}/out.npy", "--force", "-q")
    found, expected = numpy.load(f"{folder}/out.npy"), expected.numpy()
    require(found.shape == expected.shape, f"{found.shape}, expected {expected.shape}")
    scale = max(1.0, float(expected.std()) if expected.size > 1 else abs(float(expected.flat[0])))
    result = float(numpy.abs(found - expected).max()) / scale
    require(result <= 2e-4, f"differs by {result} with {' '.join(words)}")
    return result


@case
def configurations_are_inferred(tool, folder, generator):
    """Every tensor has a place without an answer, and with the answers the logits are the library's."""
    count, worst, unplaced = 0, 0.0, []
    for name, call, model, given, expected in drawn(generator):
        try:
            worst = max(worst, difference(tool, folder, call, model, given, expected))
        except Mismatch as problem:
            # `fit` says itself that something has no place, which the rarest combinations may come to.
            if name.startswith("random_models") and "fit" in str(problem) and "exit 1" in str(problem):
                unplaced.append(name)
                continue
            raise Mismatch(f"{name}: {problem}") from None
        count += 1
    require(len(unplaced) <= 2, f"{len(unplaced)} random models have tensors without a place: {unplaced}")
    print(f"        {count} models, largest difference {worst:.1e}; fit said of {len(unplaced)} that not all has a place")
