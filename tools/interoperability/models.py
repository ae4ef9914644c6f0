"""Fresh random models of the real library: `fit` binds them, `logits` computes what it computes."""

import json
import os
import sys

import numpy
import torch

from harness import case, require

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "make-fixtures"))
sys.dont_write_bytecode = True
import graphs  # noqa: E402
import logits as models  # noqa: E402
import random_models  # noqa: E402


def flags(folder, given):
    """The inputs as files, and the words that name them."""
    words = []
    for key, value in given.items():
        if key.startswith("forward."):
            words += ["--forward", f"{key.removeprefix('forward.')}={str(value).lower()}"]
            continue
        path = f"{folder}/{key}.npy"
        numpy.save(path, value.numpy())
        if key.startswith("embed_ids."):
            words += ["--embed-ids", f"{key.split('.', 1)[1]}={path}"]
        else:
            words += [f"--{key.replace('_', '-')}", path]
    return words


@case
def logits_are_those_of_x_transformers(tool, folder, generator):
    worst = 0.0
    for name, call in models.cases():
        seed = int(torch.randint(0, 1 << 30, (1,), generator=generator))
        own = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        model = graphs.build(call).eval()
        models.randomize(model, own)
        given = models.inputs(call, own)
        with torch.no_grad():
            expected = models.forward(model, call, given).numpy()
        torch.save(model.state_dict(), f"{folder}/model.pt")
        with open(f"{folder}/model.ligature.json", "w") as file:
            json.dump({"x_transformers": models.xt_version(), **call}, file)
        count = sum(p.numel() for p in model.parameters())
        require(tool.json("fit", f"{folder}/model.pt")["predicted"] == count, f"{name}: other count")
        tool.run("logits", f"{folder}/model.pt", *flags(folder, given), "-o", f"{folder}/out.npy",
                 "--force", "-q")
        found = numpy.load(f"{folder}/out.npy")
        require(found.shape == expected.shape, f"{name}: {found.shape}, expected {expected.shape}")
        difference = float(numpy.abs(found - expected).max())
        require(difference <= 1e-4, f"{name} (seed {seed}): differs by {difference}")
        worst = max(worst, difference)
    print(f"        largest difference {worst:.1e}")


@case
def generation_is_that_of_the_uncached_pass(tool, folder, generator):
    for stack in [models.layers(rotary_pos_emb=True), models.layers(attn_kv_heads=2, alibi_pos_bias=True)]:
        call = models.wrapper(stack, max_seq_len=24)
        model = graphs.build(call).eval()
        models.randomize(model, generator)
        tokens = torch.randint(0, 13, (2, 5), generator=generator)
        numpy.save(f"{folder}/t.npy", tokens.numpy())
        torch.save(model.state_dict(), f"{folder}/g.pt")
        with open(f"{folder}/g.ligature.json", "w") as file:
            json.dump({"x_transformers": models.xt_version(), **call}, file)
        tool.run("logits", f"{folder}/g.pt", "--tokens", f"{folder}/t.npy", "--generate", 12,
                 "-o", f"{folder}/out.npy", "--force", "-q")
        for _ in range(12):
            with torch.no_grad():
                tokens = torch.cat([tokens, model(tokens)[:, -1:].argmax(-1)], dim=1)
        require((numpy.load(f"{folder}/out.npy") == tokens.numpy()).all(), "other tokens")


DTYPES = [torch.float32, torch.float32, torch.float16, torch.bfloat16]


@case
def random_models_give_the_logits_of_x_transformers(tool, folder, generator):
    """Options combined at random, in every wrapper and dtype; half of the models have ones that few use."""
    worst = 0.0
    for index in range(44):
        seed = int(torch.randint(0, 1 << 24, (1,), generator=generator))
        call, model, given, expected = random_models.model(seed, rare=0.9 if index % 2 else 0.0)
        where = f"random_models.model({seed}, {0.9 if index % 2 else 0.0}): {json.dumps(call)}"
        dtype = DTYPES[index % len(DTYPES)]
        state = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor
                 for name, tensor in model.state_dict().items()}
        model.load_state_dict(state)
        with torch.no_grad():
            expected = models.forward(model, call, given).numpy()
        torch.save(state, f"{folder}/r.pt")
        with open(f"{folder}/r.ligature.json", "w") as file:
            json.dump({"x_transformers": models.xt_version(), **call}, file)
        count = sum(p.numel() for p in model.parameters())
        require(tool.json("fit", f"{folder}/r.pt")["predicted"] == count, f"{where}: other count")
        tool.run("logits", f"{folder}/r.pt", *flags(folder, given), "-o", f"{folder}/r.npy", "--force", "-q")
        found = numpy.load(f"{folder}/r.npy")
        require(found.shape == expected.shape, f"{where}: {found.shape}, expected {expected.shape}")
        # Noise of float32 grows with the logits.
        scale = max(1.0, float(numpy.abs(expected).std()) if expected.size > 1 else abs(float(expected.flat[0])))
        difference = float(numpy.abs(found - expected).max()) / scale
        require(difference <= 2e-4, f"{where}: differs by {difference}")
        worst = max(worst, difference)
    print(f"        largest difference {worst:.1e}")


NOT_ONE_ROW_PER_TOKEN = {
    "return_only_embed", "average_pool_embed", "use_cls_token", "attn_pool", "num_output_heads"}


@case
def random_decoders_generate_what_the_uncached_pass_does(tool, folder, generator):
    done = 0
    while done < 6:
        seed = int(torch.randint(0, 1 << 24, (1,), generator=generator))
        call, model, given, expected = random_models.model(seed, rare=0.3)
        inner = call.get("net", call)
        stack = inner.get("attn_layers", {})
        if inner["class"] != "TransformerWrapper" or stack.get("class") != "Decoder" or expected.ndim != 3:
            continue
        if expected.shape[-1] != 13 or {"mask", "forward.return_embeddings", "condition"} & set(given):
            continue
        if any(key.startswith("embed_ids") for key in given) or {*inner} & NOT_ONE_ROW_PER_TOKEN:
            continue
        done += 1
        tokens = given.pop("tokens")[:, :4]
        torch.save(model.state_dict(), f"{folder}/g.pt")
        with open(f"{folder}/g.ligature.json", "w") as file:
            json.dump({"x_transformers": models.xt_version(), **call}, file)
        arguments = flags(folder, {"tokens": tokens, **given})
        tool.run("logits", f"{folder}/g.pt", *arguments, "--generate", 6, "-o", f"{folder}/g.npy", "--force", "-q")
        found = torch.from_numpy(numpy.load(f"{folder}/g.npy"))
        for position in range(tokens.shape[1], found.shape[1]):
            with torch.no_grad():
                rows = models.forward(model, call, {"tokens": found[:, :position], **given})[:, -1]
            # Of logits that are equal but for rounding either may be taken.
            gap = rows.max(-1).values - rows.gather(-1, found[:, position:position + 1])[:, 0]
            require(float(gap.max()) <= 1e-4, f"random_models.model({seed}, 0.3): other tokens: {json.dumps(call)}")
