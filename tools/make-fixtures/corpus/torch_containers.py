"""fixtures/torch/containers: one checkpoint in every archive layout met in the wild."""

import collections
import io
import struct
import zipfile

import torch

from .samples import random
from .torch_archive import entries, plain, records
from .zip_writer import archive, entry

_TIMES = struct.pack("<HHBI", 0x5455, 5, 1, 1700000000)


def checkpoint():
    """A matrix, a transposed view, a tie and a second dtype."""
    matrix = random("container", 4, 6)
    return collections.OrderedDict(weight=matrix, turned=matrix.t(), tied=matrix, half=random("half", 5, dtype=torch.float16))


def _parts(**options):
    return records(checkpoint(), **options)


def _layouts():
    """Name, archive bytes, note."""
    def layout(root="archive", reorder=lambda items: items, more=(), parts=None, era="2.1", end=None, **options):
        pickled, storages = parts or _parts()
        options = {"alignment": 64} | options
        items = entries(root, pickled, storages, order=era, **options)
        return archive(reorder(items + list(more)), **(end or {}))

    both = {"method": 8}
    yield "deflated", layout(alignment=0, **both), "a deflated re-zip"
    yield "stored-rezip", layout(alignment=0), "a stored re-zip, nothing aligned"
    yield "streamed", layout(alignment=0, descriptor="32"), "sizes only in data descriptors"
    yield "streamed-deflated", layout(alignment=0, descriptor="32", **both), "deflated, sizes only in data descriptors"
    yield "streamed-bare", layout(alignment=0, descriptor="bare"), "descriptors without a signature"
    yield "streamed-64", layout(alignment=0, descriptor="64"), "descriptors of 24 bytes, no zip64 extra (legal for some writers)"
    yield "zip64-extras", layout(alignment=0, force_zip64=True), "zip64 extras on small entries, as numpy and some zippers do"
    yield "zip64-end", layout(end={"zip64": True}), "a zip64 end record and locator though nothing needs them"
    yield "zip64-all", layout(force_zip64=True, descriptor="64", end={"zip64": True}), "zip64 everywhere, streamed"
    yield "directories", layout(more=[entry("archive/"), entry("archive/data/", central={"external": 0x10})]), "directory entries"
    yield "extra-files", layout(more=[entry("archive/README.md", b"hello"), entry("archive/code/x.py", b"pass"),
                                      entry("archive/extra/data.pkl", b"not me")]), "files torch knows nothing of"
    yield "pickle-last", layout(reorder=lambda items: items[1:] + items[:1]), "storages first, data.pkl last"
    yield "reversed", layout(reorder=lambda items: items[::-1]), "all records in reverse"
    yield "root-odd", layout("my model (1) [final] v2.0"), "a root with spaces and brackets"
    yield "root-unicode", layout("modèle-日本"), "a root beyond ASCII"
    yield "root-dots", layout("a.b.c"), "a root with dots"
    yield "alignment-1", layout(alignment=1), "an FB extra of no padding"
    yield "alignment-4096", layout(alignment=4096), "storages at multiples of 4096"
    odd = ["weights/α", "94342553230112"]
    yield "odd-keys", layout(parts=_parts(key=lambda i: odd[i])), "storage keys that are not small numbers"
    yield "text-order", layout(parts=_parts(key=lambda i: str(9 + i)), era="1.6"), "keys sorted as text"
    yield "era-1.6", layout(parts=_parts(key=lambda i: str(94342553230112 + 64 * i)), era="1.6"), "torch 1.6: addresses as keys, version last"
    yield "era-1.12", layout(era="1.6"), "torch 1.12: keys 0, 1; no byteorder"
    yield "era-2.1", layout("era-2.1"), "torch 2.1 to 2.6: byteorder and serialization_id"
    yield "cuda", layout(parts=_parts(location="cuda:3")), "storages that lived on a GPU"
    yield "archive-comment", layout(end={"comment": b"made by hand"}), "an archive comment"
    yield "entry-comments", layout(central={"comment": b"PK?"}), "comments on entries"
    yield "info-zip", layout(alignment=0, local={"extra": _TIMES + b"ux\x0b\0\1\4\0\0\0\0\4\0\0\0\0", "needed": 10}, central={
        "extra": _TIMES, "made": 0x031E, "needed": 10, "external": 0o100644 << 16}), "Info-ZIP's time and owner extras"
    yield "no-utf8-flag", layout(flags=0), "bit 11 clear, ASCII names"
    yield "only-needed", archive([one for one in entries("archive", *_parts(), order="1.6", alignment=0)]), "no optional record at all"
    swapped = _parts(byteorder="big", swap={"0": 4, "1": 2})
    pickled, storages = swapped
    yield "big-endian", archive(entries("archive", pickled, storages, byteorder="big", order="2.1")), "a big-endian machine's file"
    pickled, storages = _parts()
    for version in (1, 2, 10):
        body = entries("archive", pickled, storages, order="1.6", alignment=0)[:-1]
        yield f"version-{version}", archive([*body, entry("archive/version", b"%d\n" % version)]), f"file version {version}"
    body = entries("archive", pickled, storages, order="1.6", alignment=0)[:-1]
    yield "dot-data-version", archive([*body, entry("archive/.data/version", b"7\n")]), "version 7 in .data/version"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
        for one in entries("archive", pickled, storages, order="2.1"):
            zipped.writestr(zipfile.ZipInfo(one.name.decode(), (2020, 2, 2, 2, 2, 2)), one.data, zipfile.ZIP_DEFLATED)
    yield "python-zipfile", stream.getvalue(), "written by Python's zipfile"


def _swapped_kinds(manifest):
    """A big-endian file of every width."""
    kinds = {torch.float32: 4, torch.float64: 8, torch.int16: 2, torch.uint8: 1, torch.bool: 1, torch.bfloat16: 2,
             torch.complex64: 4, torch.int64: 8, torch.float8_e5m2: 1}
    value = {str(kind)[6:]: random(str(kind), 3, dtype=kind) for kind in kinds}
    swap = {str(i): width for i, width in enumerate(kinds.values())}
    parts = records(value, byteorder="big", swap=swap)
    manifest.path("containers/big-endian-dtypes.pt").write_bytes(archive(entries("archive", *parts, byteorder="big", order="2.1")))
    manifest.torch("containers/big-endian-dtypes.pt", notes="widths 1 to 8; a complex number is swapped part by part")
    value = {"uint32": random("u32", 3, dtype=torch.uint32)}
    parts = records(value, byteorder="big", swap={"0": 4})
    manifest.path("containers/big-endian-untyped.pt").write_bytes(archive(entries("archive", *parts, byteorder="big", order="2.1")))
    manifest.torch("containers/big-endian-untyped.pt", loaded=value, match="none",
                   notes="an UntypedStorage: the truth is swapped, but torch itself does not swap these")


def _real(manifest):
    value = checkpoint()
    torch.serialization.set_crc32_options(False)
    torch.save(value, manifest.path("containers/crc-zero.pt"))
    torch.serialization.set_crc32_options(True)
    manifest.torch("containers/crc-zero.pt", notes="set_crc32_options(False): every CRC is 0")
    manifest.save("containers/new.pt", value, notes="torch.save as it is")
    stream = io.BytesIO()
    torch.save(value, stream)
    for name in ("buffer.pt", "renamed.zip", "renamed.npz", "renamed.safetensors", "no-suffix"):
        manifest.path("containers/" + name).write_bytes(stream.getvalue())
        manifest.torch("containers/" + name, loaded=value, notes="saved to a buffer (root 'archive'); the name says nothing")


def _torch_refuses(manifest):
    pickled, storages = _parts()
    named = checkpoint()
    bare = [entry(one.name.removeprefix(b"archive/"), one.data) for one in entries("archive", pickled, storages, order="2.1")]
    extra = entries("archive", pickled, storages, order="2.1") + [entry("__MACOSX/._archive", b"junk")]
    cases = {"no-root": (bare, "no root folder"), "macosx": (extra, "a __MACOSX entry outside the root")}
    for name, (items, notes) in cases.items():
        manifest.path(f"containers/{name}.pt").write_bytes(archive(items))
        manifest.torch(f"containers/{name}.pt", loaded=named, exit=[0, 4], notes=notes + "; torch refuses it, we may")


def make(manifest):
    for name, data, notes in _layouts():
        manifest.path(f"containers/{name}.pt").write_bytes(data)
        manifest.torch(f"containers/{name}.pt", notes=notes)
    _swapped_kinds(manifest)
    _real(manifest)
    _torch_refuses(manifest)
