"""A zip writer that can say anything, true or false, about its entries.

Python's zipfile refuses to write what readers must survive, so every field of the local header, the
descriptor, the directory and the end records can be overridden here. With no overrides the archive is valid.
"""

import struct
import zlib
from dataclasses import dataclass, field

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR64, DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"


@dataclass
class Entry:
    """One record. `local` and `central` override header fields by name; see `_fields`."""

    name: bytes
    data: bytes
    method: int = 0
    flags: int = 0x0800
    #: None, "32", "64" or "bare" (no signature): the data descriptor after the data.
    descriptor: str | None = None
    local: dict = field(default_factory=dict)
    central: dict = field(default_factory=dict)
    #: Bytes as stored; made from `data` and `method` when None.
    stored: bytes | None = None
    #: The data starts at a multiple of this, padded with torch's "FB" extra field.
    alignment: int = 0
    #: A zip64 extra field in both headers though the sizes are small.
    force_zip64: bool = False
    #: Whether the entry is in the directory, and whether its bytes are in the file.
    listed: bool = True
    present: bool = True


def entry(name, data=b"", **options):
    """An `Entry` whose name may be given as text."""
    return Entry(name.encode() if isinstance(name, str) else name, data, **options)


def deflate(data, level=9):
    """A raw deflate stream of `data`."""
    machine = zlib.compressobj(level, zlib.DEFLATED, -15)
    return machine.compress(data) + machine.flush()


def _fields(one, stored):
    return {
        "made": 0, "needed": 0, "flags": one.flags | (8 if one.descriptor else 0), "method": one.method,
        "time": 0, "date": 0x21, "crc": zlib.crc32(one.data), "stored_size": len(stored), "size": len(one.data),
        "name": one.name, "extra": b"", "comment": b"", "disk": 0, "internal": 0, "external": 0,
    }


def _local_header(one, stored, offset):
    values = _fields(one, stored)
    if one.descriptor:
        values.update(crc=0, stored_size=0, size=0)
    if one.force_zip64:
        values["extra"] = struct.pack("<HHQQ", 1, 16, len(one.data), len(stored))
        values.update(stored_size=0xFFFFFFFF, size=0xFFFFFFFF)
    values.update(one.local)
    if one.alignment:
        start = offset + 30 + len(values["name"]) + len(values["extra"]) + 4
        pad = -start % one.alignment
        values["extra"] += b"FB" + struct.pack("<H", pad) + b"Z" * pad
    return struct.pack(
        "<4sHHHHHIIIHH", values.get("signature", LOCAL), values["needed"], values["flags"], values["method"],
        values["time"], values["date"], values["crc"] & 0xFFFFFFFF, values["stored_size"], values["size"],
        values.get("name_length", len(values["name"])), values.get("extra_length", len(values["extra"])),
    ) + values["name"] + values["extra"]


def _descriptor(one, stored):
    crc, sizes = zlib.crc32(one.data), (len(stored), len(one.data))
    crc = one.central.get("crc", crc)
    return {
        "32": lambda: DESCRIPTOR + struct.pack("<III", crc, *sizes),
        "64": lambda: DESCRIPTOR + struct.pack("<IQQ", crc, *sizes),
        "bare": lambda: struct.pack("<III", crc, *sizes),
        None: lambda: b"",
    }[one.descriptor]()


def _central_header(one, stored, offset):
    values = _fields(one, stored) | {"offset": offset}
    if one.force_zip64:
        values["extra"] = struct.pack("<HHQQQ", 1, 24, len(one.data), len(stored), offset)
        values.update(stored_size=0xFFFFFFFF, size=0xFFFFFFFF, offset=0xFFFFFFFF)
    values.update(one.central)
    return struct.pack(
        "<4sHHHHHHIIIHHHHHII", values.get("signature", CENTRAL), values["made"], values["needed"], values["flags"],
        values["method"], values["time"], values["date"], values["crc"] & 0xFFFFFFFF, values["stored_size"],
        values["size"], values.get("name_length", len(values["name"])),
        values.get("extra_length", len(values["extra"])), len(values["comment"]), values["disk"],
        values["internal"], values["external"], values["offset"],
    ) + values["name"] + values["extra"] + values["comment"]


def archive(entries, *, prefix=b"", gap=b"", comment=b"", zip64=False, end=None, end64=None, locator=None,
            suffix=b"", count_prefix=True):
    """The archive's bytes.

    `prefix` stands before the first entry (offsets count it unless `count_prefix` is false), `gap` between the
    last entry and the directory; `end`, `end64` and `locator` override fields of the end records.
    """
    base = 0 if count_prefix else -len(prefix)
    body, directory, listed = bytearray(prefix), bytearray(), 0
    for one in entries:
        stored = one.stored
        if stored is None:
            stored = deflate(one.data) if one.method == 8 else one.data
        offset = len(body) + base
        if one.present:
            body += _local_header(one, stored, len(body)) + stored + _descriptor(one, stored)
        if one.listed:
            directory += _central_header(one, stored, offset)
            listed += 1
    body += gap
    start = len(body) + base
    tail = bytearray()
    if zip64:
        values = {"record_size": 44, "made": 0x031E, "needed": 45, "disk": 0, "start_disk": 0, "here": listed,
                  "total": listed, "size": len(directory), "offset": start} | (end64 or {})
        where = {"disk": 0, "offset": start + len(directory), "disks": 1} | (locator or {})
        tail += END64 + struct.pack("<QHHIIQQQQ", *(values[key] for key in (
            "record_size", "made", "needed", "disk", "start_disk", "here", "total", "size", "offset")))
        tail += LOCATOR64 + struct.pack("<IQI", where["disk"], where["offset"], where["disks"])
    values = {"disk": 0, "start_disk": 0, "here": min(listed, 0xFFFF), "total": min(listed, 0xFFFF),
              "size": len(directory), "offset": start, "comment_length": len(comment)} | (end or {})
    tail += END + struct.pack("<HHHHIIH", *(values[key] for key in (
        "disk", "start_disk", "here", "total", "size", "offset", "comment_length"))) + comment
    return bytes(body) + bytes(directory) + bytes(tail) + suffix
