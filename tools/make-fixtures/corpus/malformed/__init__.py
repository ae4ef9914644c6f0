"""fixtures/malformed: hostile and broken files, one for each thing that can be wrong.

Each module's `cases()` yields `Case`s. The class letters are those of the reference: c code, z zip, p pickle machine,
g geometry, n names, l legacy stream, x npz, y npy, s safetensors, i shard index, u unsupported containers.
"""

import hashlib
import importlib
import json
import pathlib
import re
import shutil

from .case import FOUR

MODULES = ["code", "zip_lies", "zip_contents", "machine", "geometry", "values", "names", "legacy", "numpy_arrays", "headers", "shards", "foreign"]


def make(root, made):
    folder = pathlib.Path(root) / "malformed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts, rows, seen = {}, [], {}
    for name in MODULES:
        for case in importlib.import_module("." + name, __package__).cases():
            # No running numbers: a new case must not rename the others.
            stem = case.kind + "-" + re.sub(r"[^a-z0-9]+", "-", case.slug.lower()).strip("-")
            counts[stem] = counts.get(stem, 0) + 1
            file = stem + (f"-{counts[stem]}" if counts[stem] > 1 else "") + case.suffix
            _write(folder, file, case)
            row = {"file": file + case.entry, "class": case.kind, "what": case.what, "exit": case.exit}
            rows.append(row | case.facts)
            if not isinstance(case.data, dict):
                digest = hashlib.sha256(case.data).digest()
                assert digest not in seen, f"{file} repeats {seen[digest]}"
                seen[digest] = file
    head = {"schema": 1, "about": "broken and hostile files; exit: the acceptable exit codes of `convert FILE -o out.safetensors`; "
            "a tensor named weight, where one is written, is that of `weight`", "weight": hashlib.sha256(FOUR).hexdigest(), "made": made}
    body = ",\n".join("  " + json.dumps(row) for row in rows)
    (folder / "manifest.json").write_text(json.dumps(head, indent=1)[:-2] + ',\n "files": [\n' + body + "\n ]\n}\n")


def _write(folder, file, case):
    if not isinstance(case.data, dict):
        (folder / file).write_bytes(case.data)
        return
    for name, data in case.data.items():
        place = folder / file / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)
