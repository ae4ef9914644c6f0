"""The oracle: what the real library reads from a file, written down as a manifest."""

import collections
import hashlib
import json
import pathlib

import numpy as np
import torch

from .torch_archive import legacy

SAFETENSORS_NAME = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.uint16: "U16",
    torch.int32: "I32", torch.uint32: "U32", torch.int64: "I64", torch.uint64: "U64", torch.float16: "F16",
    torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64", torch.complex64: "C64",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.float8_e8m0fnu: "F8_E8M0",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ", torch.float8_e5m2fnuz: "F8_E5M2FNUZ", torch.float4_e2m1fn_x2: "F4",
}
_FROM_NUMPY = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "int32": "I32", "uint32": "U32",
    "int64": "I64", "uint64": "U64", "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64",
}


def row_major_bytes(tensor):
    """The values, row-major and little-endian, conjugation and negation applied."""
    if tensor.dtype == torch.float4_e2m1fn_x2:
        tensor = tensor.view(torch.uint8)
    tensor = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    if tensor.numel() == 0:
        return b""
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def described(name, value):
    """A manifest entry, or None when safetensors has no place for the value."""
    if isinstance(value, (np.ndarray, np.generic)):
        kind = _FROM_NUMPY.get(value.dtype.name)
        data = np.asarray(value, dtype=value.dtype.newbyteorder("<")).tobytes()
        shape = list(value.shape)
    else:
        if value.layout != torch.strided or value.is_quantized or value.device.type == "meta" or value.is_nested:
            return None
        kind, shape = SAFETENSORS_NAME.get(value.dtype), list(value.shape)
        if kind == "F4":
            shape[-1] *= 2
        data = row_major_bytes(value) if kind else b""
    if kind is None:
        return None
    return {"name": name, "dtype": kind, "shape": shape, "sha256": hashlib.sha256(data).hexdigest()}


def is_array(value):
    """Whether the value is a tensor, a numpy array or a numpy scalar."""
    return isinstance(value, (torch.Tensor, np.ndarray, np.generic))


def flattened(value, path="", seen=()):
    """Every tensor below `value`, by its dotted path, in the order of the file."""
    if is_array(value):
        yield path, value
        return
    if id(value) in seen:
        return
    seen = (*seen, id(value))
    if isinstance(value, torch.nn.Module):
        items = value.state_dict().items()
    elif isinstance(value, collections.abc.Mapping):
        items = value.items()
    elif isinstance(value, (list, tuple, collections.deque)):
        items = enumerate(value)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        items = vars(value).items()
    else:
        return
    for key, item in items:
        yield from flattened(item, f"{path}.{key}" if path else str(key), seen)


def parts(name, value):
    """The tensors that stand for one: of a quantised one its integers, and what scales them, beside it."""
    if not isinstance(value, torch.Tensor) or not value.is_quantized:
        return [(name, value)]
    integers = [(name, value.int_repr())]
    if value.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        return integers + [(name + ".scale", torch.tensor(value.q_scale(), dtype=torch.float64)), (name + ".zero_point", torch.tensor(value.q_zero_point()))]
    return integers + [(name + ".scales", value.q_per_channel_scales()), (name + ".zero_points", value.q_per_channel_zero_points()),
                       (name + ".axis", torch.tensor(value.q_per_channel_axis()))]


def _groups(named, key):
    groups = collections.defaultdict(list)
    for name, value in named:
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and value.numel():
            if value.device.type != "meta" and not value.is_quantized and not value.is_nested:
                groups[key(value)].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _storage(tensor):
    return tensor.untyped_storage()._cdata


def _view(tensor):
    flags = (tensor.is_conj(), tensor.is_neg())
    return (_storage(tensor), tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype, flags)


class Manifest:
    """The manifest of one folder; `write` puts it beside the files."""

    def __init__(self, folder, about):
        self.folder, self.about, self.files = pathlib.Path(folder), about, []
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, name):
        """The place of a fixture, its folder made."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def torch(self, name, select=None, everything=True, loaded=None, lone=False, **facts):
        """Records a file of torch.save as torch.load sees it; `select` is the path of the state dict inside."""
        if loaded is None:
            loaded = torch.load(self.folder / name, weights_only=False, map_location="cpu")
        chosen = loaded
        for key in select or ():
            chosen = chosen[key] if not isinstance(chosen, torch.nn.Module) else getattr(chosen, key)
        stem = pathlib.Path(name).stem if lone else ""
        self.values(name, flattened(chosen, stem), everything=flattened(loaded, stem) if everything else None,
                    select=".".join(map(str, select or ())), **facts)

    def save(self, name, value, select=None, **facts):
        """Writes `value` with torch.save and records it."""
        torch.save(value, self.path(name))
        self.torch(name, select, **facts)

    def legacy(self, name, value, select=None, notes="the same, legacy stream", protocol=2, **facts):
        """Writes `value` as a legacy stream and records it."""
        self.path(name).write_bytes(legacy(value, protocol=protocol))
        self.torch(name, select, format="pt-legacy", notes=notes, **facts)

    def values(self, name, named, *, everything=None, format="pt", select="", optional=(), **facts):
        """Records a file whose tensors are given as (name, value) pairs."""
        named = list(named)
        record = {"file": name, "format": format, "select": select}
        record |= self._listing(named)
        if optional:
            record["optional"] = list(optional)
        if everything is not None:
            listing = self._listing(list(everything))
            if listing != {key: record[key] for key in listing}:
                record["all"] = listing
        self.files.append(record | facts)

    @staticmethod
    def _listing(named):
        named = [part for name, value in named for part in parts(name, value)]
        rows = [(name, described(name, value)) for name, value in named]
        listing = {"tensors": [row for _, row in rows if row]}
        listing["unsupported"] = [name for name, row in rows if not row]
        listing["aliases"] = _groups(named, _view)
        listing["sharedStorage"] = _groups(named, _storage)
        return listing

    def write(self, **made):
        """Writes `manifest.json`: one line per file's fact, so that changes read well in a diff."""
        names = [record["file"] for record in self.files]
        assert len(names) == len(set(names)), "a fixture is listed twice"
        head = {"schema": 1, "about": self.about, "made": made}
        text = json.dumps(head, indent=1)[:-2] + ',\n "files": [\n'
        text += ",\n".join(_pretty(record) for record in self.files) + "\n ]\n}\n"
        (self.folder / "manifest.json").write_text(text)


def _pretty(record):
    lines = []
    for key, value in record.items():
        if key == "all":
            inner = ",\n".join(f'    "{k}": {_value(v, "     ")}' for k, v in value.items() if v != [])
            lines.append(f'   "all": {{\n{inner}}}')
        elif value not in ([], None):
            lines.append(f'   "{key}": {_value(value, "    ")}')
    return "  {\n" + ",\n".join(lines) + "}"


def _value(value, indent):
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(indent + json.dumps(item) for item in value) + "]"
    return json.dumps(value)
