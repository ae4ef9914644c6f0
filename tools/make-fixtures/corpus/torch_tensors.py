"""fixtures/torch: one tensor at a time. Dtypes, protocols, views, flags, and tensors with a wrapping."""

import collections

import torch

from .samples import random
from .torch_archive import entries, records
from .truth import SAFETENSORS_NAME
from .zip_writer import archive

_UNHOLDABLE = [torch.complex128, torch.complex32, torch.bits8, torch.bits16]


def _dtypes(manifest):
    both = collections.OrderedDict()
    for dtype, name in SAFETENSORS_NAME.items():
        value = {"matrix": random(name, 3, 4, dtype=dtype), "vector": random(name + "v", 6, dtype=dtype)}
        if name != "F4":
            value["scalar"] = random(name + "s", dtype=dtype)
        both |= {f"{name}.{key}": one for key, one in value.items()}
        manifest.save(f"dtypes/{name}.pt", value, notes=f"{dtype}: matrix, vector and 0-d")
    manifest.save("dtypes/all.pt", both, notes="every dtype safetensors knows, in one file")
    for dtype in _UNHOLDABLE:
        name = str(dtype).removeprefix("torch.")
        value = {"odd": random(name, 4, dtype=dtype), "weight": random("weight", 2, 2)}
        manifest.save(f"dtypes/{name}.pt", value, notes="a dtype safetensors has no name for")
    def packed(name, *geometry):
        return random(name, 48, dtype=torch.uint8).as_strided(*geometry).view(torch.float4_e2m1fn_x2)

    value = {"transposed": packed("t", (8, 6), (1, 8)), "rows": packed("r", (3, 4), (8, 1), 2), "windows": packed("w", (5, 6), (3, 2)),
             "repeated": packed("e", (3, 2), (0, 0)), "packed": packed("p", (4, 12), (12, 1))}
    manifest.save("dtypes/F4-views.pt", value, notes="views whose elements are bytes of two numbers each")
    special = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38, 5e-324])
    value = {"f32": special, "f16": special.half(), "bf16": special.bfloat16(), "f64": special.double(),
             "payload": torch.tensor([0x7FA00001, 0xFFC12345 - (1 << 32)], dtype=torch.int32).view(torch.float32)}
    manifest.save("dtypes/special-values.pt", value, notes="NaN payloads, infinities, negative zero, subnormals")


def _protocols(manifest):
    value = collections.OrderedDict(weight=random("p", 4, 3), bias=random("q", 4, dtype=torch.float16),
                                    count=torch.tensor(7), note="ünïcode ✓", raw=b"\x00\xff" * 3, big=1 << 300,
                                    few={"a", "b"} and {1}, frozen=frozenset([2]), mutable=bytearray(b"xyz"),
                                    pair=(1, (2.5, None, True)), number=-(1 << 40), text="x" * 300)
    for protocol in range(6):
        # torch cannot read back its own protocol 0: the persistent ids become lines of text.
        facts = {"loaded": value, "exit": [0, 4]} if protocol == 0 else {}
        torch.save(value, manifest.path(f"protocols/{protocol}.pt"), pickle_protocol=protocol)
        manifest.torch(f"protocols/{protocol}.pt", notes=f"pickle protocol {protocol}", **facts)
        manifest.legacy(f"protocols/legacy-{protocol}.pt", value, protocol=protocol,
                        notes=f"legacy stream, pickle protocol {protocol}", **facts)


def views(dtype=torch.float32):
    """Views of every kind, each with its own storage or sharing one."""
    base = random("base", 6, 8, dtype=dtype)
    flat = random("flat", 40, dtype=dtype)
    return collections.OrderedDict(
        transposed=base.t(), stepped=base[::2, 1::3], row=base[3], column=base[:, 5], offset=base.reshape(-1)[13:29],
        last=base[-1, -1], diagonal=base.diagonal(1), expanded=base[:1].expand(4, 8), scalar_expanded=base[0, 0].expand(3, 2),
        unfolded=flat.unfold(0, 5, 2), strided=flat.as_strided((3, 4), (2, 7), 3), flat_weight=flat[:12].view(3, 4),
        flat_bias=flat[12:16], flat_rest=flat[16:].view(2, 3, 4), permuted=flat[:24].view(2, 3, 4).permute(2, 0, 1),
        channels_last=random("cl", 2, 3, 4, 5, dtype=dtype).to(memory_format=torch.channels_last),
        channels_last_3d=random("cl3", 1, 2, 2, 3, 2, dtype=dtype).to(memory_format=torch.channels_last_3d),
        unit_dims=random("unit", 1, 5, 1, dtype=dtype).as_strided((1, 5, 1), (99, 1, 77)),
        empty_slice=base[2:2], empty_far=base.reshape(-1)[48:], squeezed=base[:, 2:3].squeeze(1), whole=base)


def _views(manifest):
    for name, dtype in [("f32", torch.float32), ("f16", torch.float16), ("u8", torch.uint8), ("c64", torch.complex64),
                        ("f64", torch.float64)]:
        manifest.save(f"views/{name}.pt", views(dtype), notes="views of every kind, most on two shared storages")
    manifest.legacy("views/legacy.pt", views(), notes="views in the legacy stream")
    flat = random("fsdp", 64)
    parts = {"layer.0.weight": flat[:24].view(4, 6), "layer.0.bias": flat[24:28], "layer.1.weight": flat[28:52].view(4, 6),
             "layer.1.bias": flat[52:56], "norm.scale": flat[60:64]}
    manifest.save("views/flat-parameter.pt", parts, notes="FSDP or ZeRO: views of one flat parameter, a gap at 56..60")
    manifest.save("views/one-of-many.pt", {"a": flat[:1]}, notes="one element of a storage of 64")
    many = torch.arange(2.0).expand(8, 2).as_strided((1,) * 30 + (8, 2), (0,) * 30 + (0, 1))
    manifest.save("views/rank-65.pt", {"deep": torch.arange(2.0).view((1,) * 64 + (2,))}, notes="more dimensions than numpy has")
    manifest.save("views/rank-32.pt", {"deep": many}, notes="rank 32, strides 0")


def _flags(manifest):
    z = random("z", 3, 4, dtype=torch.complex64)
    cases = {
        "conj": {"conj": z.conj(), "conj_transposed": z.t().conj(), "plain": z, "stepped": z[:, ::2].conj(),
                 "scalar": z[1, 1].conj()},
        # torch refuses one storage under two types, so the real views stand in a file of their own.
        "neg": {"imag_of_conj": z.conj().imag, "real": z.real, "imag": z.imag, "neg": torch._neg_view(z.real.clone()),
                "neg_f16": torch._neg_view(random("neg", 5, dtype=torch.float16)),
                "neg_i8": torch._neg_view(torch.tensor([-128, 127, 0, 5], dtype=torch.int8))},
    }
    for name, value in cases.items():
        manifest.save(f"flags/{name}.pt", value, notes="lazy conjugation or negation recorded as tensor metadata")
        manifest.legacy(f"flags/{name}-legacy.pt", value)


def _shapes(manifest):
    value = {"zero_d": torch.tensor(2.5), "empty": torch.empty(0), "empty_middle": torch.empty(3, 0, 2),
             "empty_i64": torch.empty(0, 5, dtype=torch.int64), "one": torch.ones(1, 1, 1)}
    manifest.save("shapes/empty-and-0d.pt", value, notes="0-d, empty and one-element tensors")
    manifest.legacy("shapes/empty-and-0d-legacy.pt", value)
    manifest.save("shapes/empty-dict.pt", {}, exit=[0, 4], notes="no tensors at all: an empty file or a refusal")
    manifest.save("shapes/lone-tensor.pt", random("lone", 3, 2), lone=True,
                  notes="a tensor with no dictionary takes the file's stem")
    manifest.save("shapes/list.pt", [random("l0", 2), {"k": random("l1", 3)}, (random("l2", 1), None)],
                  notes="a list at the root: positions are names")
    flat = random("many", 1001)
    many = collections.OrderedDict((f"layers.{i}.weight", flat[i : i + 1]) for i in range(1001))
    pickled, storages = records(many)
    data = archive(entries("many", pickled, storages, order="2.1", alignment=0))
    manifest.path("shapes/1001-keys.pt").write_bytes(data)
    manifest.torch("shapes/1001-keys.pt", notes="more than one SETITEMS batch: 1000 and then 1; views of one storage")


def make(manifest):
    _dtypes(manifest)
    _protocols(manifest)
    _views(manifest)
    _flags(manifest)
    _shapes(manifest)
