"""Bundles, in every layout: loaded by torch, by safetensors' load_model, by the hub's library and by transformers."""

import json
import os

import torch
from safetensors.torch import load_file, load_model

from harness import case, require
from models import graphs, models
from surgery_tie import require_bits, run, wide
from surgery_transplant import configuration, made, save, tokens

LINKS = ["hard", "relative", "symlink", "copy"]


def pair(folder, generator):
    """A tied and an untied model with one table, saved, and their logits."""
    calls = {"en": wide(16, tie_embedding=True), "de": wide(16)}
    made_models = {name: made(call, generator, seed) for seed, (name, call) in enumerate(calls.items())}
    made_models["de"].token_emb.emb.weight.data = made_models["en"].token_emb.emb.weight.data.clone()
    given = tokens(generator)
    for name, model in made_models.items():
        save(model, calls[name], f"{folder}/{name}")
    return calls, given, {name: run(model, calls[name], given) for name, model in made_models.items()}


def modules(calls, shared):
    """The models as one module, in which the second has the first one's table, or one of its own."""
    both = torch.nn.ModuleDict({name: graphs.build(call).eval() for name, call in calls.items()})
    if shared:
        both["de"].token_emb = both["en"].token_emb
    return both


@case
def bundles_in_one_file_are_loaded_by_torch_and_safetensors(tool, folder, generator):
    calls, given, expected = pair(folder, generator)
    sources = [f"{folder}/en.pt", f"{folder}/de.pt"]
    names = ["en.token_emb.emb.weight", "de.token_emb.emb.weight"]
    tool.run("tie", *sources, "-o", f"{folder}/pair.pt", "-q")
    tool.run("tie", *sources, "-o", f"{folder}/pair.safetensors", "-q")
    require(configuration(f"{folder}/pair.pt")["models"]["de"]["token_emb"] == "en.token_emb", "not shared")
    for mapped in [False, True]:
        state = torch.load(f"{folder}/pair.pt", weights_only=True, mmap=mapped)
        require(len({state[name].data_ptr() for name in names}) == 1, "the .pt has two tables")
        for shared in [True, False]:
            both = modules(calls, shared)
            both.load_state_dict(state, strict=True)
            for name in calls:
                require_bits(run(both[name], calls[name], given), expected[name], f".pt, shared {shared}: {name}")
    both = modules(calls, True)
    found = load_model(both, f"{folder}/pair.safetensors")
    require(found == (set(), []), f"load_model: {found}")
    for name in calls:
        require_bits(run(both[name], calls[name], given), expected[name], f"load_model: {name}")
    # The same file as save_model of that module writes.
    from safetensors.torch import save_model
    save_model(both, f"{folder}/theirs.safetensors", metadata={"format": "pt"})
    with open(f"{folder}/theirs.safetensors", "rb") as a, open(f"{folder}/pair.safetensors", "rb") as b:
        theirs, ours = a.read(), b.read()
    # Their metadata are in the order of a hash table; all else is the same.
    size = int.from_bytes(ours[:8], "little")
    require(json.loads(theirs[8:8 + size]) == json.loads(ours[8:8 + size]), "other headers than save_model's")
    require(theirs[8 + size:] == ours[8 + size:], "other bytes than save_model's")


@case
def bundles_in_directories_are_loaded_by_the_hub(tool, folder, generator):
    from huggingface_hub import load_torch_model
    calls, given, expected = pair(folder, generator)
    for link in LINKS:
        root = f"{folder}/{link}"
        tool.run("tie", f"{folder}/en.pt", f"{folder}/de.pt", "-o", root + "/", "--link", link, "-q", "--verify")
        tool.run("check", root)
        for name, call in calls.items():
            model = graphs.build(call).eval()
            if link == "relative":
                # The hub's library refuses names that lead out of a directory.
                try:
                    load_torch_model(model, f"{root}/{name}", strict=True)
                    require(False, "a path that leads out of the directory was followed")
                except ValueError:
                    continue
            load_torch_model(model, f"{root}/{name}", strict=True)
            require_bits(run(model, call, given), expected[name], f"{link}: {name}")


def hugging_face(generator):
    """Tiny models of the two families, tied and untied, with one table."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
    makers = {
        "llama": lambda tied: LlamaForCausalLM(LlamaConfig(
            vocab_size=13, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
            num_key_value_heads=1, max_position_embeddings=32, tie_word_embeddings=tied, bos_token_id=0,
            eos_token_id=1)),
        "gpt2": lambda tied: GPT2LMHeadModel(GPT2Config(
            vocab_size=13, n_embd=16, n_layer=1, n_head=2, n_positions=32, tie_word_embeddings=tied,
            bos_token_id=0, eos_token_id=1)),
    }
    table = torch.randn(13, 16, generator=generator)
    result = {}
    for name, maker in makers.items():
        for tied in [True, False]:
            torch.manual_seed(int(torch.randint(0, 1 << 30, (1,), generator=generator)))
            model = maker(tied).eval()
            model.get_input_embeddings().weight.data = table.clone()
            model.tie_weights()
            result[f"{name}-{'tied' if tied else 'untied'}"] = model
    return result


@case
def bundles_of_hugging_face_models_are_loaded_by_transformers(tool, folder, generator):
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar
    disable_progress_bar()
    originals, given, expected = hugging_face(generator), tokens(generator), {}
    for name, model in originals.items():
        model.save_pretrained(f"{folder}/{name}")
        with torch.no_grad():
            expected[name] = model(given).logits
    groups = [["llama-tied", "llama-untied"], ["gpt2-tied", "gpt2-untied"],
              ["llama-untied", "gpt2-tied", "gpt2-untied"], list(originals)]
    for number, names in enumerate(groups):
        for link in LINKS:
            root = f"{folder}/{link}-{number}"
            tool.run("tie", *[f"{folder}/{name}" for name in names], "-o", root + "/", "--link", link, "-q")
            tool.run("check", root)
            require(len(os.listdir(f"{root}/shared")) == 1, f"{root}: several files in the pool")
            for name in names:
                model, found = AutoModelForCausalLM.from_pretrained(f"{root}/{name}", output_loading_info=True)
                for kind in ["missing_keys", "unexpected_keys", "mismatched_keys"]:
                    require(not found[kind], f"{root}/{name}: {kind} {found[kind]}")
                with torch.no_grad():
                    require_bits(model.eval()(given).logits, expected[name], f"{root}/{name}")


@case
def joint_bundles_keep_the_logits_of_models_of_any_width(tool, folder, generator):
    calls = {"en": wide(16, tie_embedding=True), "de": wide(24), "fr": wide(16, emb_dim=6, use_abs_pos_emb=False),
             "it": {"class": "AutoregressiveWrapper", "net": wide(8, num_memory_tokens=2)}}
    given, expected = tokens(generator), {}
    for seed, (name, call) in enumerate(calls.items()):
        model = made(call, generator, seed)
        save(model, call, f"{folder}/{name}")
        expected[name] = run(model, call, given)
    sources = [f"{folder}/{name}.pt" for name in calls]
    tool.run("tie", *sources, "-o", f"{folder}/no/", "-q", expect=3)
    tool.run("tie", *sources, "-o", f"{folder}/bundle/", "-q", "--policy", "joint", "--verify")
    tool.run("tie", *sources, "-o", f"{folder}/all.pt", "-q", "--policy", "joint")
    tool.run("tie", *sources, "-o", f"{folder}/narrow/", "-q", "--policy", "joint", "--rank", 20)
    tool.run("check", f"{folder}/bundle")
    whole = torch.load(f"{folder}/all.pt", weights_only=True)
    for name in calls:
        state = {}
        for file in os.listdir(f"{folder}/bundle/{name}"):
            if file.endswith(".safetensors"):
                state.update(load_file(f"{folder}/bundle/{name}/{file}"))
        with open(f"{folder}/bundle/{name}/ligature.json") as file:
            call = json.load(file)
        call.pop("x_transformers")
        inner = call.get("net", call)
        require(inner["emb_dim"] == 16 + 24 + 6 + 8, f"{name}: {inner}")
        for where, own in [("directory", state), (".pt", {key[len(name) + 1:]: tensor for key, tensor in whole.items()
                                                          if key.startswith(name + ".")})]:
            model = graphs.build(call).eval()
            model.load_state_dict(own, strict=True)
            difference = float((run(model, call, given) - expected[name]).abs().max())
            require(difference <= 1e-5, f"{name}, {where}: differs by {difference}")
        with open(f"{folder}/narrow/{name}/ligature.json") as file:
            require(json.load(file).get("net", {}).get("emb_dim", 20) == 20, f"{name}: another rank")
