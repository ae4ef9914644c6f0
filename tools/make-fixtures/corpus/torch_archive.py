"""torch.save's records and streams, made by hand: any protocol, any storage keys, any root, any byte order.

`records` pickles an object as torch does (storages by persistent id) and returns the records in torch's order, so
that other modules can put them in containers torch itself would not write.
"""

import io
import pickle
import struct

import torch

from .zip_writer import archive, entry

TYPED = {
    torch.float64: "DoubleStorage", torch.float32: "FloatStorage", torch.float16: "HalfStorage",
    torch.bfloat16: "BFloat16Storage", torch.int64: "LongStorage", torch.int32: "IntStorage",
    torch.int16: "ShortStorage", torch.int8: "CharStorage", torch.uint8: "ByteStorage", torch.bool: "BoolStorage",
    torch.complex64: "ComplexFloatStorage", torch.complex128: "ComplexDoubleStorage",
}


class Pickler(pickle._Pickler):
    """A pickler of tensors. Python's, not the C one, which may choose other opcodes in another release."""

    def __init__(self, file, protocol, key, location, legacy=False):
        super().__init__(file, protocol=protocol)
        self._key, self._location, self._legacy = key, location, legacy
        self._seen, self._classes = {}, set()
        #: By key: the storage and its element size.
        self.storages = {}

    def persistent_id(self, value):
        if self._legacy and isinstance(value, type) and issubclass(value, torch.nn.Module):
            if value in self._classes:
                return None
            self._classes.add(value)
            return ("module", value, "nets/source.py", f"class {value.__name__}: pass\n")
        if not (isinstance(value, torch.storage.TypedStorage) or torch.is_storage(value)):
            return None
        if isinstance(value, torch.storage.TypedStorage):
            untyped, size, width = value._untyped_storage, value._size(), value.dtype.itemsize
            kind = getattr(torch, TYPED[value.dtype]) if value.dtype in TYPED else getattr(torch, value._pickle_storage_type())
        else:
            untyped, size, kind, width = value, value.nbytes(), torch.UntypedStorage, 1
        if untyped._cdata not in self._seen:
            self._seen[untyped._cdata] = self._key(len(self._seen))
        key = self._seen[untyped._cdata]
        self.storages.setdefault(key, (untyped, width))
        return ("storage", kind, key, self._location, size) + ((None,) if self._legacy else ())


def records(value, *, protocol=2, key=str, location="cpu", byteorder="little", swap=None):
    """The pair (data.pkl, {storage key: bytes}). `swap` maps a storage's key to the element size to swap by."""
    buffer = io.BytesIO()
    pickler = Pickler(buffer, protocol, key, location)
    pickler.dump(value)
    storages = {name: bytes(one.tolist()) for name, (one, _) in pickler.storages.items()}
    if byteorder == "big":
        storages = {name: _swapped(data, swap[name]) for name, data in storages.items()}
    return buffer.getvalue(), storages


def legacy(value, *, protocol=2, key=lambda i: str(94342553230112 + 64 * i), location="cpu", pickler=Pickler,
           little_endian=True):
    """A stream of `_use_new_zipfile_serialization=False`. torch's own keys are memory addresses, ours are fixed."""
    buffer = io.BytesIO()
    facts = {"protocol_version": 1001, "little_endian": little_endian, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    for part in (0x1950A86A20F9469CFC6C, 1001, facts):
        pickle.dump(part, buffer, protocol)
    one = pickler(buffer, protocol, key, location, legacy=True)
    one.dump(value)
    pickle.dump(sorted(one.storages), buffer, protocol)
    for name in sorted(one.storages):
        storage, width = one.storages[name]
        buffer.write(struct.pack("<q", storage.nbytes() // width) + bytes(storage.tolist()))
    return buffer.getvalue()


def _swapped(data, width):
    return b"".join(data[i : i + width][::-1] for i in range(0, len(data), width))


def entries(root, pickled, storages, *, byteorder="little", order="new", **options):
    """The archive's entries as a given era orders them: "1.6", "2.1" or "new"."""
    body = [("data/" + key, data) for key, data in storages.items()]
    if order == "1.6":
        body.sort()
    head = [("data.pkl", pickled)]
    if order == "new":
        head += [(".format_version", b"1"), (".storage_alignment", b"64")]
    if order != "1.6" and byteorder:
        head += [("byteorder", byteorder.encode())]
    tail = [("version", b"3\n")]
    if order != "1.6":
        tail += [(".data/serialization_id", b"0" * 40)]
    options = {"alignment": 64} | options
    return [entry(f"{root}/{name}", data, **options) for name, data in head + body + tail]


def plain(value, root="archive", **options):
    """A valid archive with small framing: no padding, no zip64 records. The base of most hand-broken files."""
    pickled, storages = records(value)
    return archive(entries(root, pickled, storages, order="2.1", alignment=0, **options))
