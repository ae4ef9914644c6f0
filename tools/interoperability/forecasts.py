"""What `check --as` says that libraries do, held against what they do."""

import os
import shutil

import torch
from safetensors.torch import load_file, load_model, save_file

import samples
from bundles import hugging_face
from harness import case, require


def happens(call):
    try:
        call()
        return True
    except Exception:
        return False


def told(tool, path, reader):
    """{call: loads} of each path of the answer."""
    result = tool.json_of("check", path, "--as", reader)
    return {forecast["path"].rstrip("/"): {call["call"]: call["loads"] for call in forecast["calls"]}
            for forecast in result["readers"]}


class Own:
    """A class that no unpickler of `weights_only` knows."""


def torch_files(folder, generator):
    state = samples.state(generator, count=6, dtypes=(torch.float32, torch.bfloat16, torch.int64))
    tied = {"a": torch.randn(4, 4, generator=generator)}
    tied["b"] = tied["a"]
    torch.save(state, f"{folder}/plain.pt")
    torch.save(tied, f"{folder}/tied.pt")
    torch.save({"state_dict": state, "step": 7}, f"{folder}/training.pt")
    torch.save(state, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
    for protocol in [3, 4, 5]:
        torch.save(state, f"{folder}/protocol-{protocol}.pt", pickle_protocol=protocol)
    torch.save({"state_dict": state, "own": Own()}, f"{folder}/class.pt")
    torch.save({**tied, "n": torch.randn(3).numpy()}, f"{folder}/numpy.pt")
    torch.save(torch.nn.Linear(3, 4), f"{folder}/module.pt")
    torch.jit.script(torch.nn.Linear(3, 4)).save(f"{folder}/script.pt")
    torch.save({k: torch.nn.Parameter(v) for k, v in tied.items()}, f"{folder}/parameters.pt")
    torch.save(torch.nn.Linear(3, 4).state_dict(), f"{folder}/ordered.pt")
    save_file({k: v for k, v in state.items()}, f"{folder}/plain.safetensors")
    shutil.copy(f"{folder}/plain.safetensors", f"{folder}/by-another-name.pt")
    shutil.copy(f"{folder}/plain.pt", f"{folder}/by-another-name.safetensors")
    save_file({"a": tied["a"]}, f"{folder}/noted.safetensors", metadata={"format": "pt", "b": "a"})
    save_file({"a.emb.weight": tied["a"], "b.emb.weight": tied["a"].clone()}, f"{folder}/twice.safetensors")
    for name in ["plain.pt", "plain.safetensors"]:
        with open(f"{folder}/{name}", "rb") as file:
            content = file.read()
        with open(f"{folder}/cut-{name}", "wb") as file:
            file.write(content[:-9])


@case
def forecasts_of_torch_and_safetensors_come_true(tool, folder, generator):
    torch_files(folder, generator)
    count = 0
    for name in sorted(os.listdir(folder)):
        path = f"{folder}/{name}"
        found = told(tool, path, "torch")[path]
        require(found["torch.load"] == happens(lambda: torch.load(path)), f"{name}: torch.load: {found}")
        mapped = happens(lambda: torch.load(path, mmap=True))
        require(found.get("torch.load(mmap=True)", False) == mapped, f"{name}: mmap: {found}")
        found = told(tool, path, "safetensors")[path]
        require(found["load_file"] == happens(lambda: load_file(path)), f"{name}: load_file: {found}")
        count += 3
    print(f"        {count} calls")


@case
def forecasts_of_load_model_name_the_modules(tool, folder, generator):
    torch_files(folder, generator)

    class Two(torch.nn.Module):
        def __init__(self, tied, prefix=""):
            super().__init__()
            self.a = torch.nn.Module()
            self.b = torch.nn.Module()
            for part in [self.a, self.b]:
                part.emb = torch.nn.Linear(4, 4, bias=False)
            if tied:
                self.b.emb = self.a.emb

    tensor = torch.randn(4, 4, generator=generator)
    names = ["a.emb.weight", "b.emb.weight"]
    save_file({names[0]: tensor}, f"{folder}/one.safetensors", metadata={"format": "pt", names[1]: names[0]})
    save_file({name: tensor.clone() for name in names}, f"{folder}/both.safetensors")
    save_file({name: torch.randn(4, 4, generator=generator) for name in names}, f"{folder}/other.safetensors")
    for file, words, tied in [("one", "are one parameter", True), ("both", "are two parameters", False)]:
        path = f"{folder}/{file}.safetensors"
        reason = tool.json_of("check", path, "--as", "safetensors")["readers"][0]["calls"][1]["reason"]
        require(words in reason and all(name in reason for name in names), f"{file}: {reason}")
        require(happens(lambda: load_model(Two(tied), path)), f"{file}: refused")
        require(not happens(lambda: load_model(Two(not tied), path)), f"{file}: loaded")
    path = f"{folder}/other.safetensors"
    reason = tool.json_of("check", path, "--as", "safetensors")["readers"][0]["calls"][1]["reason"]
    require(reason == "into modules of these names" and happens(lambda: load_model(Two(False), path)), reason)


def edited(folder, name, edit):
    """A copy of a model's directory with other tensors or another configuration."""
    import json
    source, path = f"{folder}/{name[0]}", f"{folder}/{name[0]}-{name[1]}"
    shutil.copytree(source, path)
    state = load_file(f"{path}/model.safetensors")
    with open(f"{path}/config.json") as file:
        config = json.load(file)
    edit(state, config, path)
    if os.path.exists(f"{path}/model.safetensors"):
        save_file(state, f"{path}/model.safetensors", metadata={"format": "pt"})
    if os.path.exists(f"{path}/config.json"):
        with open(f"{path}/config.json", "w") as file:
            json.dump(config, file)


def sharded(state, path, extra, keep=False):
    """The weights as one shard of an index that names more."""
    import json
    name = "model-00001-of-00001.safetensors"
    save_file(state, f"{path}/{name}", metadata={"format": "pt"})
    with open(f"{path}/model.safetensors.index.json", "w") as file:
        json.dump({"metadata": {}, "weight_map": {**{key: name for key in state}, **extra}}, file)
    if not keep:
        os.remove(f"{path}/model.safetensors")


TABLE = {"llama": "model.embed_tokens.weight", "gpt2": "transformer.wte.weight"}


def edits(family):
    head, table = "lm_head.weight", TABLE[family]
    return {
        "no-head": lambda s, c, p: s.pop(head, None),
        "no-table": lambda s, c, p: s.pop(table),
        "says-tied": lambda s, c, p: c.update(tie_word_embeddings=True),
        "says-untied": lambda s, c, p: c.update(tie_word_embeddings=False),
        "says-nothing": lambda s, c, p: c.pop("tie_word_embeddings"),
        "equal-head": lambda s, c, p: s.update({head: s[table].clone()}),
        "head-only": lambda s, c, p: s.update({head: s.pop(table)}),
        "no-config": lambda s, c, p: os.remove(f"{p}/config.json"),
        "no-weights": lambda s, c, p: os.rename(f"{p}/model.safetensors", f"{p}/other.safetensors"),
        "index-names-head": lambda s, c, p: sharded(s, p, {head: "model-00001-of-00001.safetensors"}),
        "index-misses-shard": lambda s, c, p: sharded(s, p, {"x": "model-00002-of-00002.safetensors"}),
        "other-index": lambda s, c, p: sharded(s, p, {}, keep=True),
        "pickled-class": lambda s, c, p: (torch.save({**s, "own": Own()}, f"{p}/pytorch_model.bin"),
                                          os.remove(f"{p}/model.safetensors")),
        "pickled": lambda s, c, p: (torch.save(s, f"{p}/pytorch_model.bin"), os.remove(f"{p}/model.safetensors")),
    }


@case
def forecasts_of_transformers_come_true(tool, folder, generator):
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging
    logging.disable_progress_bar()
    logging.set_verbosity(logging.CRITICAL)
    names = []
    for name, model in hugging_face(generator).items():
        model.save_pretrained(f"{folder}/{name}")
        for kind, edit in edits(name.split("-")[0]).items():
            edited(folder, (name, kind), edit)
        names.append(name)
    tool.run("tie", *[f"{folder}/{name}" for name in names], "-o", f"{folder}/bundle/", "-q")

    def comes_whole(path):
        _, found = AutoModelForCausalLM.from_pretrained(path, output_loading_info=True)
        if found["missing_keys"] or found["mismatched_keys"]:
            raise ValueError(found)

    counts = {True: 0, False: 0}
    for name in sorted(os.listdir(folder)):
        for path, found in told(tool, f"{folder}/{name}", "hf").items():
            whole = happens(lambda: comes_whole(path))
            require(found["from_pretrained"] == whole, f"{path}: {found}, and it is {whole}")
            counts[whole] += 1
    print(f"        {counts[True]} load, {counts[False]} do not")
