"""Surgery on a large checkpoint, beside `cp` of it; where blocks can be shared, also with that."""

import os

import torch
from safetensors import safe_open
from safetensors.torch import save_file

import reflink
from bench import case, remove, require
from inputs import SEED

HEAD, TABLE, POSITIONS = "to_logits.weight", "token_emb.emb.weight", "pos_emb.emb.weight"


@case
def untie(bench):
    source, target = bench.inputs.model_safetensors, bench.path("untied.safetensors")
    words = ["untie", source, "-o", target, "--force"]
    bench.ligature(*words)
    scale = bench.inputs.net["attn_layers"]["dim"] ** -0.5
    with safe_open(source, "pt") as before:
        # One rounding of the product, as Ligature promises.
        require_tensors(before, target, {HEAD: (before.get_tensor(TABLE).double() * scale).float()})
    bench.against_copy("untie", words, source, target, 0.8)


@case
def transplant(bench):
    source, target = bench.inputs.model_safetensors, bench.path("moved.safetensors")
    donor = bench.path("donor.safetensors")
    with safe_open(source, "pt") as before:
        rows = torch.empty(before.get_tensor(TABLE).shape)
        rows.normal_(0, 0.02, generator=torch.Generator().manual_seed(SEED + 1))
        save_file({TABLE: rows}, donor)
        words = ["transplant", "--from", donor, "--into", source, "-o", target, "--force"]
        bench.ligature(*words)
        require_tensors(before, target, {TABLE: rows})
    bench.against_copy("transplant of all rows", words, source, target, 0.8)
    remove(donor)


@case
def resize(bench):
    source, target = bench.inputs.model_safetensors, bench.path("resized.safetensors")
    words = ["resize", source, "-o", target, "--pad-to-multiple", "1000", "--force"]
    bench.ligature(*words)
    with safe_open(source, "pt") as before, safe_open(target, "pt") as after:
        table, found = before.get_tensor(TABLE), after.get_tensor(TABLE)
        require(found.shape[0] % 1000 == 0 and found.shape[0] > table.shape[0], "resize: another number of rows")
        new = found[table.shape[0]:]
        require(torch.allclose(new, table.double().mean(0).float().expand_as(new), atol=1e-7),
                "resize: new rows are not the mean")
        require_tensors(before, target, {TABLE: torch.cat([table, new])})
    bench.against_copy("resize to a multiple of 1000", words, source, target, 0.8)


@case
def shared_blocks(bench):
    """On XFS, surgery that changes little writes little."""
    whole = bench.inputs.model_safetensors
    with reflink.disk(bench.folder, 4 * os.path.getsize(whole)) as (folder, problem):
        if problem:
            bench.table.note("surgery with shared blocks", f"skipped: {problem}")
            return
        source = os.path.join(folder, "model.safetensors")
        for name in "model.safetensors", "model.ligature.json":
            with open(bench.path(name), "rb") as file, open(os.path.join(folder, name), "wb") as copied:
                while piece := file.read(8 << 20):
                    copied.write(piece)
        freeze(bench, source, os.path.join(folder, "frozen.safetensors"))
        lengthen(bench, source, os.path.join(folder, "longer.safetensors"))


def freeze(bench, source, target):
    words = ["freeze", source, "token_emb.*", "-o", target, "--force"]
    bench.ligature(*words)
    with safe_open(source, "pt") as before:
        require_tensors(before, target, {})
    bench.against_copy("freeze on XFS: the header changes", words, source, target, 0.1)


def lengthen(bench, source, target):
    words = ["resize", source, "-o", target, "--max-seq-len", "1088", "--new-rows", "zero", "--force"]
    bench.ligature(*words)
    with safe_open(source, "pt") as before:
        positions = before.get_tensor(POSITIONS)
        longer = torch.cat([positions, torch.zeros(1088 - len(positions), positions.shape[1])])
        require_tensors(before, target, {POSITIONS: longer})
    bench.against_copy("resize on XFS: one tensor changes", words, source, target, 0.1)


def require_tensors(before, target, changed):
    """The target holds what was there before, bit for bit, but for the changed tensors."""
    with safe_open(target, "pt") as after:
        require(set(after.keys()) == set(before.keys()) | set(changed), f"{target}: other names")
        for name in after.keys():
            expected = changed[name] if name in changed else before.get_tensor(name)
            found = after.get_tensor(name)
            require(found.dtype == expected.dtype and torch.equal(found, expected), f"{target}: {name} differs")
