"""Ties and unties, of models of the real library: what comes out is loaded strictly and run there."""

import json
import os

import torch

import releases
from harness import case, require
from models import graphs, models
from surgery_transplant import configuration, loaded, made, require_near, save, tokens

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "in_release.py")
XTRANSFORMER = {"class": "XTransformer", "dim": 16, "tie_token_emb": True, "enc_num_tokens": 13,
                "enc_max_seq_len": 12, "enc_depth": 1, "enc_heads": 2, "dec_num_tokens": 13,
                "dec_max_seq_len": 12, "dec_depth": 1, "dec_heads": 2}


def wide(dim, **arguments):
    return models.wrapper(models.layers(dim=dim), **arguments)


def run(model, call, given):
    with torch.no_grad():
        return models.forward(model, call, {"tokens": given, "source": given.flip(1)}
                              if call["class"] == "XTransformer" else {"tokens": given})


def require_bits(found, expected, where):
    require(torch.equal(found, expected), f"{where}: differs by {float((found - expected).abs().max())}")


@case
def untied_models_compute_the_same_and_tie_back_to_the_byte(tool, folder, generator):
    # The scale is dim ** -0.5, a power of two for 16 and 64: the logits are the same to the bit then.
    for call, bits in [(wide(16, tie_embedding=True), True), (wide(64, tie_embedding=True), True),
                       (wide(24, tie_embedding=True), False),
                       (wide(16, tie_embedding=True, tie_embedding_scale=0.7), False),
                       (wide(16, tie_embedding=True, tie_embedding_scale=2.0), True),
                       (wide(16, tie_embedding=True, l2norm_embed=True), True),
                       (wide(16, tie_embedding=True, mixture_of_softmax=True, mixture_of_softmax_k=2), True),
                       ({"class": "AutoregressiveWrapper", "net": wide(16, tie_embedding=True)}, True)]:
        where = json.dumps(call)
        model = made(call, generator)
        path = save(model, call, f"{folder}/tied")
        given = tokens(generator)
        expected = run(model, call, given)
        out, back = f"{folder}/untied.safetensors", f"{folder}/back.pt"
        tool.run("untie", path, "-o", out, "--force", "-q", "--verify")
        (require_bits if bits else require_near)(run(loaded(out), call, given), expected, where)
        tool.run("tie", out, "-o", back, "--force", "-q", "--verify")
        again = torch.load(back, weights_only=True)
        for name, tensor in model.state_dict().items():
            require(torch.equal(again.pop(name), tensor), f"{where}: tied again: {name} differs")
        require(not again, f"{where}: tied again: {list(again)} are left over")
        rebuilt = graphs.build(configuration(back)).eval()
        rebuilt.load_state_dict(torch.load(back, weights_only=True), strict=True)
        require_bits(run(rebuilt, call, given), expected, f"{where}: tied again")


@case
def untying_forgets_no_scale_of_either_era(tool, folder, generator):
    # Tied logits are scaled from 2.30.5 on; each release runs what comes out by itself.
    for version in ["1.27.16", "2.30.4", "2.30.5"]:
        call = wide(16, tie_embedding=True)
        files = {name: f"{folder}/{version}-{name}" for name in ["tied", "untied", "back", "scaled", "gain"]}
        logits = {}

        def computed(name):
            releases.run(version, RUNNER, files[name] + ".ligature.json", files[name] + ".pt", f"{folder}/logits.pt")
            logits[name] = torch.load(f"{folder}/logits.pt", weights_only=True)
            return logits[name]

        def described(name, **arguments):
            with open(files[name] + ".ligature.json", "w") as file:
                json.dump({"x_transformers": version, **call, **arguments}, file)

        described("tied")
        expected = computed("tied")
        tool.run("untie", files["tied"] + ".pt", "-o", files["untied"] + ".pt", "-q", "--verify")
        tool.run("tie", files["untied"] + ".pt", "-o", files["back"] + ".pt", "-q", "--verify")
        for name in ["untied", "back"]:
            require_bits(computed(name), expected, f"{version}: {name}")
        with open(files["back"] + ".ligature.json") as file:
            require("tie_embedding_scale" not in json.load(file), f"{version}: a scale that is not needed")
        # A head of half the table: a scale where there is one, else the gain of the last norm.
        state = torch.load(files["tied"] + ".pt", weights_only=True)
        state["to_logits.weight"] = state["token_emb.emb.weight"] / 2
        torch.save(state, files["scaled"] + ".pt")
        described("scaled", tie_embedding=False)
        half = computed("scaled")
        # The gain of 2.30.4 is 1 + gamma, whose rounding a factor would change.
        refused = 3 if version == "2.30.4" else 0
        tool.run("tie", files["scaled"] + ".pt", "-o", files["gain"] + ".pt", "-q", expect=refused)
        if not refused:
            require_bits(computed("gain"), half, f"{version}: half")


@case
def tables_of_an_encoder_decoder_part_and_meet(tool, folder, generator):
    model = made(XTRANSFORMER, generator)
    given = tokens(generator)
    expected = run(model, XTRANSFORMER, given)
    path = save(model, XTRANSFORMER, f"{folder}/tied")
    apart, again = f"{folder}/apart.pt", f"{folder}/again.pt"
    tool.run("untie", path, "-o", apart, "-q", "--verify")
    call = configuration(apart)
    require(not call.get("tie_token_emb"), "still tied")
    for file, shared in [(apart, False), (again, True)]:
        if shared:
            tool.run("tie", apart, "-o", again, "-q", "--verify")
            call = configuration(again)
        state = torch.load(file, weights_only=True)
        pointers = {state[f"{side}.token_emb.emb.weight"].data_ptr() for side in ["encoder", "decoder.net"]}
        require(len(pointers) == (1 if shared else 2), f"{file}: {len(pointers)} tables")
        result = graphs.build(call).eval()
        result.load_state_dict(state, strict=True)
        require((result.encoder.token_emb is result.decoder.net.token_emb) == shared, f"{file}: {call}")
        if not shared:
            require_bits(run(result, call, given), expected, file)


@case
def tables_shared_by_wrappers_part(tool, folder, generator):
    a, b = wide(16), wide(16, tie_embedding=True)
    first, second = made(a, generator), made(b, generator, 1)
    second.token_emb = first.token_emb
    pair = torch.nn.ModuleDict({"a": first, "b": second})
    torch.save(pair.state_dict(), f"{folder}/pair.pt")
    with open(f"{folder}/pair.ligature.json", "w") as file:
        json.dump({"x_transformers": models.xt_version(),
                   "models": {"a": a, "b": {**b, "token_emb": "a.token_emb"}}}, file)
    given = tokens(generator)
    for words, shared in [([], False), (["--names", "b.token_emb.*"], False), (["--names", "b.to_logits.*"], True)]:
        out = f"{folder}/out.pt"
        tool.run("untie", f"{folder}/pair.pt", "-o", out, "--force", "-q", "--verify", *words)
        calls = configuration(out)["models"]
        require(("token_emb" in calls["b"]) == shared, f"{words}: {calls['b']}")
        state = torch.load(out, weights_only=True)
        for name, expected in [("a", first), ("b", second)]:
            own = {key[2:]: tensor for key, tensor in state.items() if key.startswith(name + ".")}
            result = graphs.build({k: v for k, v in calls[name].items() if k != "token_emb"}).eval()
            result.load_state_dict(own, strict=True)
            require_bits(run(result, a, given), run(expected, a, given), f"{words}: {name}")


@case
def policies_give_what_the_library_computes(tool, folder, generator):
    import numpy
    call = wide(16)
    model = made(call, generator)
    path, given = save(model, call, f"{folder}/model"), tokens(generator)
    numpy.save(f"{folder}/t.npy", given.numpy())
    tool.run("tie", path, "-o", f"{folder}/no.safetensors", "-q", expect=3)
    for policy in ["input", "output", "mean", "weighted"]:
        out = f"{folder}/{policy}.safetensors"
        tool.run("tie", path, "-o", out, "-q", "--policy", policy, "--verify")
        result = loaded(out)
        require(result.state_dict().keys() == model.state_dict().keys() - {"to_logits.weight"}, policy)
        tool.run("logits", out, "--tokens", f"{folder}/t.npy", "-o", f"{folder}/l.npy", "--force", "-q")
        require_near(torch.from_numpy(numpy.load(f"{folder}/l.npy")), run(result, call, given), policy, 1e-4)
        if policy == "input":
            require_bits(result.token_emb.emb.weight, model.token_emb.emb.weight, "the table moved")
    tool.run("tie", save(made(wide(16, emb_dim=8), generator), wide(16, emb_dim=8), f"{folder}/narrow"),
             "-o", f"{folder}/no.pt", "-q", "--policy", "mean", expect=4)


@case
def heads_behind_a_layer_are_run_by_the_library(tool, folder, generator):
    import numpy
    call = wide(16, num_tokens=29)
    model = made(call, generator)
    path, given = save(model, call, f"{folder}/model"), tokens(generator)
    numpy.save(f"{folder}/t.npy", given.numpy())
    losses = []
    for words in [["procrustes"], ["lowrank"], ["lowrank", "--rank", 10], ["lowrank", "--rank", 32]]:
        out = f"{folder}/out.pt"
        tool.run("tie", path, "-o", out, "--force", "-q", "--verify", "--policy", *words)
        state = torch.load(out, weights_only=True)
        names = ["token_emb.emb.weight", "to_logits.up.weight"]
        require(len({state[name].data_ptr() for name in names}) == 1, f"{words}: two tables")
        result = graphs.build(configuration(out)).eval()
        result.load_state_dict(state, strict=True)
        found = run(result, call, given)
        tool.run("logits", out, "--tokens", f"{folder}/t.npy", "-o", f"{folder}/l.npy", "--force", "-q")
        require_near(torch.from_numpy(numpy.load(f"{folder}/l.npy")), found, f"{words}: our logits", 1e-4)
        table = state["token_emb.emb.weight"]
        head = table @ state["to_logits.down.weight"]
        losses.append(float((head - model.to_logits.weight).norm() / model.to_logits.weight.norm()))
        if words[-1] == 32:
            require_near(found, run(model, call, given), f"{words}", 1e-4)
    require(losses[0] > losses[1] > losses[3], f"losses {losses}")
