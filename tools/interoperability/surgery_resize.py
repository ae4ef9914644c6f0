"""Vocabularies and positions resized here, loaded strictly and run by the real library; recipes and flags."""

import hashlib
import json

import torch

from harness import case, require
from models import graphs, models

VOCABULARY = 23

KINDS = {
    "plain": dict(),
    "tied": dict(tie_embedding=True),
    "factored": dict(emb_dim=8),
    "normalised": dict(l2norm_embed=True),
    "several-heads": dict(num_output_heads=2),
    "own-logits": dict(logits_dim=VOCABULARY),
    "deep": dict(ff_deep_embed=True),
}


def call_of(kind):
    return models.wrapper(models.layers(), **{**KINDS[kind], "num_tokens": VOCABULARY})


def save(folder, name, call, generator):
    """A random model of the call, its file and its configuration."""
    model = graphs.build(call).eval()
    models.randomize(model, generator)
    torch.save(model.state_dict(), f"{folder}/{name}.pt")
    with open(f"{folder}/{name}.ligature.json", "w") as file:
        json.dump({"x_transformers": models.xt_version(), **call}, file)
    return model


def load(path):
    """The model that a configuration describes, with the weights beside it, strictly."""
    with open(path.rsplit(".", 1)[0] + ".ligature.json") as file:
        call = json.load(file)
    call.pop("x_transformers")
    call.pop("frozen", None)
    model = graphs.build(call).eval()
    model.load_state_dict(torch.load(path, weights_only=True), strict=True)
    return model, call


def logits(model, tokens):
    with torch.no_grad():
        output = model(tokens)
    return torch.stack(output) if isinstance(output, tuple) else output


def write_ids(folder, ids):
    path = f"{folder}/ids.txt"
    with open(path, "w") as file:
        file.write("".join(f"{i}\n" for i in ids))
    return path


def require_close(expected, found, where):
    difference = float((expected - found).abs().max())
    require(difference <= 1e-6, f"{where}: logits differ by {difference}")


@case
def permuted_vocabularies_permute_the_logits(tool, folder, generator):
    for kind in KINDS:
        model = save(folder, "m", call_of(kind), generator)
        order = torch.randperm(VOCABULARY, generator=generator)
        tool.run("resize", f"{folder}/m.pt", "-o", f"{folder}/p.pt", "--permute",
                 write_ids(folder, order.tolist()), "--verify", "--force", "-q")
        after, _ = load(f"{folder}/p.pt")
        tokens = torch.randint(0, VOCABULARY, (2, 9), generator=generator)
        require_close(logits(model, order[tokens])[..., order], logits(after, tokens), kind)


@case
def trimmed_vocabularies_slice_the_logits(tool, folder, generator):
    for kind in KINDS:
        model = save(folder, "m", call_of(kind), generator)
        kept = torch.randperm(VOCABULARY, generator=generator)[:11]
        tool.run("resize", f"{folder}/m.pt", "-o", f"{folder}/t.pt", "--keep-tokens",
                 write_ids(folder, kept.tolist()), "--verify", "--force", "-q")
        after, call = load(f"{folder}/t.pt")
        require(call["num_tokens"] == 11, f"{kind}: num_tokens {call['num_tokens']}")
        tokens = torch.randint(0, 11, (2, 9), generator=generator)
        require_close(logits(model, kept[tokens])[..., kept], logits(after, tokens), kind)


@case
def padded_vocabularies_keep_the_first_logits(tool, folder, generator):
    for kind in KINDS:
        model = save(folder, "m", call_of(kind), generator)
        for rows in ["mean", "zero", "normal", "copy:3"]:
            tool.run("resize", f"{folder}/m.pt", "-o", f"{folder}/p.pt", "--pad-to-multiple", 16,
                     "--new-rows", rows, "--seed", 5, "--verify", "--force", "-q")
            after, _ = load(f"{folder}/p.pt")
            tokens = torch.randint(0, VOCABULARY, (2, 9), generator=generator)
            found = logits(after, tokens)
            require(found.shape[-1] == 32, f"{kind}: {found.shape}")
            require_close(logits(model, tokens), found[..., :VOCABULARY], f"{kind}, {rows}")
            if rows == "copy:3" and kind != "several-heads":
                require_close(found[..., 3:4].expand_as(found[..., VOCABULARY:]),
                              found[..., VOCABULARY:], f"{kind}: copies")
            if rows == "mean":
                table = after.token_emb.emb.weight
                require(torch.allclose(table[VOCABULARY:], table[:VOCABULARY].mean(0), atol=1e-6),
                        f"{kind}: not the mean")


@case
def a_shared_vocabulary_is_trimmed_on_both_sides(tool, folder, generator):
    x = {"class": "XTransformer", "dim": 16, "tie_token_emb": True, "enc_num_tokens": VOCABULARY,
         "enc_depth": 1, "enc_heads": 2, "enc_max_seq_len": 12, "dec_num_tokens": VOCABULARY,
         "dec_depth": 1, "dec_heads": 2, "dec_max_seq_len": 12}
    model = save(folder, "x", x, generator)
    kept = torch.randperm(VOCABULARY, generator=generator)[:9]
    tool.run("resize", f"{folder}/x.pt", "-o", f"{folder}/y.pt", "--keep-tokens",
             write_ids(folder, kept.tolist()), "--verify", "-q")
    after, call = load(f"{folder}/y.pt")
    require(call["enc_num_tokens"] == call["dec_num_tokens"] == 9, f"{call}")
    given = {"tokens": torch.randint(0, 9, (2, 7), generator=generator),
             "source": torch.randint(0, 9, (2, 8), generator=generator)}
    with torch.no_grad():
        expected = models.forward(model, x, {key: kept[value] for key, value in given.items()})
        require_close(expected[..., kept], models.forward(after, call, given), "xtransformer")


@case
def longer_tables_of_positions_keep_what_was_there(tool, folder, generator):
    model = save(folder, "m", call_of("plain"), generator)
    tokens = torch.randint(0, VOCABULARY, (2, 12), generator=generator)
    for length in [20, 6]:
        tool.run("resize", f"{folder}/m.pt", "-o", f"{folder}/l.pt", "--max-seq-len", length,
                 "--verify", "--force", "-q")
        after, call = load(f"{folder}/l.pt")
        require(call["max_seq_len"] == length, f"{call['max_seq_len']}")
        cut = tokens[:, :length]
        require_close(logits(model, cut), logits(after, cut), f"{length} positions")


@case
def frozen_parameters_ask_for_no_gradient(tool, folder, generator):
    model = save(folder, "m", call_of("plain"), generator)
    tool.run("freeze", f"{folder}/m.pt", "token_emb.*", "*.gamma", "-o", f"{folder}/f.pt", "--verify", "-q")
    state = torch.load(f"{folder}/f.pt", weights_only=True)
    for name, parameter in model.named_parameters():
        frozen = name.startswith("token_emb.") or name.endswith(".gamma")
        require(state[name].requires_grad != frozen, f"{name}: {state[name].requires_grad}")
    tool.convert(f"{folder}/f.pt", f"{folder}/f.safetensors")
    count = tool.json("count", f"{folder}/f.safetensors")
    frozen = sum(p.numel() for n, p in model.named_parameters()
                 if n.startswith("token_emb.") or n.endswith(".gamma"))
    require(count["frozen"] == frozen, f"{count['frozen']} frozen, expected {frozen}")


@case
def recipes_do_what_the_flags_do(tool, folder, generator):
    save(folder, "m", call_of("tied"), generator)
    words = ["--pad-to-multiple", 16, "--new-rows", "normal:0.1", "--seed", 7, "--dtype", "bf16"]
    tool.run("resize", f"{folder}/m.pt", "-o", f"{folder}/p.pt", *words, "--save-recipe",
             f"{folder}/r.yaml", "-q")
    with open(f"{folder}/p.pt", "rb") as file:
        expected = file.read()
    for path in [f"{folder}/r.yaml"]:
        tool.run("apply", path, "--force", "-q")
        with open(f"{folder}/p.pt", "rb") as file:
            require(file.read() == expected, "the recipe writes other bytes")
    with open(f"{folder}/p.surgery.lock.json") as file:
        lock = json.load(file)
    listing = tool.run("hash", f"{folder}/m.pt").splitlines()
    require(lock["models"]["model"]["sha256"] == listing[-1].split()[0], "another digest")
    lines = "".join(line + "\n" for line in listing[:-1])
    require(hashlib.sha256(lines.encode()).hexdigest() == listing[-1].split()[0], "not sha256")
    recipe = {"surgery": 1, "models": {"a": f"{folder}/m.pt"},
              "steps": [{"untie": {}}, {"resize": {"tokens": 30}}],
              "output": f"{folder}/u.pt", "expect": {"max-logit-difference": 1e-4}}
    with open(f"{folder}/r.json", "w") as file:
        json.dump(recipe, file)
    tool.run("apply", f"{folder}/r.json", "-q")
    after, _ = load(f"{folder}/u.pt")
    require(after.to_logits.weight.shape[0] == 30, "another head")
    recipe["expect"] = {"parameters": 1}
    with open(f"{folder}/r.json", "w") as file:
        json.dump(recipe, file)
    tool.run("apply", f"{folder}/r.json", "-o", f"{folder}/not.pt", "-q", expect=1)
    try:
        open(f"{folder}/not.pt").close()
        require(False, "something was written though an expectation is not met")
    except FileNotFoundError:
        pass
