"""Class z: archives whose parts contradict one another."""

import struct

from ..pickle_assembler import state, storage, tensor
from ..zip_writer import LOCAL, archive, deflate, entry
from .case import FOUR, Case, boxed, parts

_GOOD = state(weight=tensor())


def _with(index=1, **changes):
    """The good archive with one entry changed: 0 data.pkl, 1 the storage, 2 version."""
    items = parts(_GOOD)
    for key, change in changes.items():
        setattr(items[index], key, change)
    return archive(items)


def _headers():
    yield "crc pickle", _with(0, local={"crc": 1}, central={"crc": 1}), "a wrong CRC for data.pkl"
    yield "crc storage", _with(local={"crc": 1}, central={"crc": 1}), "a wrong CRC for a storage"
    yield "crc central", _with(central={"crc": 1}), "a wrong CRC in the directory only"
    yield "crc local", _with(local={"crc": 1}), "a wrong CRC in the local header only"
    yield "local name", _with(local={"name": b"m/data/1"}), "the local header has another name"
    yield "local name pickle", _with(0, local={"name": b"m/data.pk_"}), "data.pkl has another local name"
    yield "local name length", _with(local={"name_length": 3}), "the local name is shorter than the directory's"
    yield "local name long", _with(local={"name_length": 0xFFFF}), "the local name runs past the end"
    yield "local extra long", _with(local={"extra_length": 0xFFFF}), "the local extra runs past the end"
    yield "local method", _with(local={"method": 8}), "the local header says deflated"
    yield "central method", _with(central={"method": 8}), "the directory says deflated"
    yield "local size", _with(local={"size": 5, "stored_size": 5}), "other sizes in the local header"
    yield "local flags", _with(local={"flags": 0x0801}), "encrypted in the local header only"
    yield "local signature", _with(local={"signature": b"PK\x03\x05"}), "no local header at the offset"
    yield "central signature", _with(central={"signature": b"PK\x01\x03"}), "no directory header where one should be"
    yield "central name long", _with(central={"name_length": 0xFFFF}), "a directory name past the end"
    yield "central extra long", _with(central={"extra_length": 0xFFFF}), "a directory extra past the end"
    for method in (1, 2, 6, 9, 10, 12, 14, 93, 95, 98, 99, 0xFFFF):
        yield f"method {method}", _with(method=method), f"compression method {method}"
    yield "encrypted", _with(flags=0x0801), "an encrypted storage"
    yield "encrypted pickle", _with(0, flags=0x0801), "an encrypted data.pkl"
    yield "strong encryption", _with(flags=0x0841), "strong encryption"
    yield "masked", _with(flags=0x2800), "masked local headers"
    yield "patched", _with(flags=0x0820), "compressed patched data"
    yield "disk 1", _with(central={"disk": 1}), "an entry on another disk"
    yield "offset past end", _with(central={"offset": 1 << 30}), "a local header beyond the file"
    yield "offset ffff", _with(central={"offset": 0xFFFFFFFF}), "an offset that needs a zip64 extra, without one"
    yield "size ffff", _with(central={"size": 0xFFFFFFFF}), "a size that needs a zip64 extra, without one"
    yield "stored sizes differ", _with(central={"size": 17}, local={"size": 17}), "a stored entry whose two sizes differ"
    yield "size past end", _with(central={"size": 1 << 20, "stored_size": 1 << 20}, local={"size": 1 << 20, "stored_size": 1 << 20}), "an entry larger than the file"
    yield "into directory", _with(2, central={"size": 40, "stored_size": 40}, local={"size": 40, "stored_size": 40}), "an entry that runs into the directory"
    yield "name not utf8", _with(name=b"m/data/\xff\xfe"), "a name that is not UTF-8 though flagged so"


def _zip64():
    big = 1 << 63

    def extra(*numbers, kind=1, length=None):
        body = b"".join(struct.pack("<Q", one) for one in numbers)
        return struct.pack("<HH", kind, len(body) if length is None else length) + body
    wide = {"size": 0xFFFFFFFF, "stored_size": 0xFFFFFFFF}
    yield "zip64 short", _with(central={**wide, "extra": extra(16)}), "a zip64 extra with too few fields"
    yield "zip64 cut", _with(central={**wide, "extra": extra(16, 16, length=12)[:16]}), "a zip64 extra cut inside a field"
    yield "zip64 length", _with(central={**wide, "extra": extra(16, 16, length=400)}), "a zip64 extra longer than the extras"
    yield "zip64 2 63", _with(central={**wide, "extra": extra(big, big)}), "sizes of 2^63"
    yield "zip64 max", _with(central={**wide, "extra": extra(2**64 - 1, 2**64 - 1)}), "sizes of 2^64 - 1"
    yield "zip64 offset", _with(central={"offset": 0xFFFFFFFF, "extra": extra(2**64 - 8)}), "an offset that wraps around"
    yield "zip64 twice", _with(central={**wide, "extra": extra(16, 16) + extra(8, 8)}), "two zip64 extras that disagree"
    yield "zip64 wrong size", _with(central={**wide, "extra": extra(12, 12)}), "a zip64 extra with a smaller size"
    yield "zip64 local lie", _with(local={**wide, "extra": extra(8, 8)}), "a local zip64 extra that disagrees, no data descriptor"
    items = parts(_GOOD)
    yield "zip64 count", archive(items, zip64=True, end64={"total": 2, "here": 2}), "the zip64 record counts fewer entries"
    yield "zip64 count more", archive(items, zip64=True, end64={"total": 4, "here": 4}), "the zip64 record counts more entries"
    yield "zip64 count huge", archive(items, zip64=True, end64={"total": 1 << 62, "here": 1 << 62}), "2^62 entries"
    yield "zip64 directory", archive(items, zip64=True, end64={"offset": 7}), "the zip64 record has another directory offset"
    yield "zip64 directory size", archive(items, zip64=True, end64={"size": 2**64 - 1}), "the zip64 record has a directory size of 2^64 - 1"
    yield "zip64 directory wraps", archive(items, zip64=True, end64={"offset": 2**64 - 46, "size": 92}), "directory offset and size wrap around"
    yield "zip64 locator", archive(items, zip64=True, locator={"offset": 3}), "the locator points at something else"
    yield "zip64 locator far", archive(items, zip64=True, locator={"offset": 2**64 - 1}), "the locator points beyond the file"
    yield "zip64 disks", archive(items, zip64=True, locator={"disks": 2}), "the locator counts two disks"
    yield "zip64 record size", archive(items, zip64=True, end64={"record_size": 1 << 40}), "a zip64 record of 2^40 bytes"
    yield "zip64 missing", archive(items, end={"offset": 0xFFFFFFFF}), "the end record asks for zip64, and there is none"


def _end():
    items = parts(_GOOD)
    good = archive(items)
    yield "count less", archive(items, end={"here": 2, "total": 2}), "the end record counts fewer entries"
    yield "count more", archive(items, end={"here": 4, "total": 4}), "the end record counts more entries"
    yield "count zero", archive(items, end={"here": 0, "total": 0}), "the end record counts none"
    yield "count differs", archive(items, end={"here": 1}), "entries on this disk are not all entries"
    yield "disk number", archive(items, end={"disk": 1, "start_disk": 1}), "one of several disks"
    yield "directory size", archive(items, end={"size": 10}), "a directory size that is too small"
    yield "directory size big", archive(items, end={"size": 1 << 20}), "a directory larger than the file"
    yield "directory offset", archive(items, end={"offset": 1}), "a wrong directory offset"
    yield "directory past end", archive(items, end={"offset": 1 << 20}), "a directory beyond the file"
    yield "comment length", archive(items, end={"comment_length": 9}), "a comment longer than the file"
    yield "comment short", archive(items, comment=b"abcd", end={"comment_length": 0}), "a comment that is not declared", [0, 4]
    yield "suffix", archive(items, suffix=b"x" * 50), "bytes after the end record", [0, 4]
    yield "two ends", archive(items, comment=good[-22:]), "a second end record in the comment"
    other = archive(parts(state(evil=tensor())), comment=b"")
    yield "glued", good + other, "two archives glued together"
    yield "glued same", good + good, "the same archive twice"
    yield "gap before directory", archive(items, gap=b"\0" * 32), "bytes between the entries and the directory", [0, 4]
    yield "prefix", archive(items, prefix=b"junk" * 4), "bytes before the archive, offsets right"
    yield "prefix uncounted", archive(items, prefix=b"junk" * 4, count_prefix=False), "bytes before the archive, offsets not"
    yield "prefix zip", archive(items, prefix=LOCAL + b"\0" * 26), "a stray local header before the archive"
    yield "empty zip", archive([]), "an archive of nothing"
    yield "hidden", archive([*items, entry("m/data/9", b"secret", listed=False)]), "a record that the directory does not list"
    hidden = [entry("m/data.pkl", state(other=tensor()), listed=False), *items]
    yield "hidden first", archive(hidden), "a first data.pkl that the directory does not list"
    yield "ghost", archive([*items, entry("m/data/9", b"ghost", present=False)]), "a directory entry without a record"
    for part in (1, 4, 22, 30):
        yield f"cut {part}", good[:-part], f"the last {part} bytes are missing"
    for share in (1, 3, 5, 7):
        yield f"cut to {share} eighths", good[: len(good) * share // 8], "a download that stopped"


def _twins():
    items = parts(_GOOD)
    other = entry("m/data.pkl", state(other=tensor()))
    yield "duplicate pickle", archive([*items, other]), "two data.pkl"
    yield "duplicate same", archive([*items, items[1]]), "one storage listed and present twice"
    yield "duplicate storage", archive([*items, entry("m/data/0", b"\0" * 16)]), "two records of one storage"
    yield "case twin", archive([*items, entry("m/DATA.PKL", other.data)]), "data.pkl and DATA.PKL"
    yield "case twin storage", archive(parts(_GOOD) + [entry("M/data/0", b"\0" * 16)]), "m/data/0 and M/data/0"
    yield "nul twin", archive([*items, entry(b"m/data/0\0x", b"\0" * 16)]), "m/data/0 and a name that is the same up to a NUL"
    yield "directory twin", archive([*items, entry("m/data/0/", b"")]), "a storage and a directory of the same name", [0, 4]
    two = {"0": FOUR, "1": b"\1" * 16}
    double = state(a=tensor(), b=tensor(storage("1")))
    shared = parts(double, two)
    offset = 30 + len("m/data.pkl") + len(double)
    shared[2].central, shared[2].present = {"offset": offset}, False
    yield "same range", archive(shared), "two entries for one range of bytes"
    inner = parts(_GOOD, {"0": FOUR})
    inner[0].data = inner[0].data + archive([entry("m/data/7", b"q" * 16)])[:-22]
    yield "quoted entry", archive([inner[0], *inner[1:], entry("m/data/7", b"q" * 16, present=False, central={"offset": 30 + 10 + len(_GOOD)})]), "an entry inside another one's data"


def _streams():
    packed = deflate(FOUR * 64)
    wide = state(weight=tensor(storage(numel=256), 0, (256,), (1,)))

    def storage_record(**options):
        items = parts(wide, {})
        return archive([items[0], entry("m/data/0", FOUR * 64, method=8, **options), items[1]])
    yield "deflate cut", storage_record(stored=packed[:-4]), "a deflate stream cut short"
    yield "deflate trailing", storage_record(stored=packed + b"more"), "bytes after the deflate stream", [0, 4]
    yield "deflate noise", storage_record(stored=b"\xff" * 40), "not a deflate stream"
    yield "deflate flipped", storage_record(stored=packed[:6] + bytes([packed[6] ^ 0x55]) + packed[7:]), "a damaged deflate stream"
    yield "deflate unfinished", storage_record(stored=b"\0" + struct.pack("<HH", 1024, 1024 ^ 0xFFFF) + FOUR * 64), "no last block"
    yield "deflate stored lie", storage_record(stored=b"\1" + struct.pack("<HH", 1024, 0) + FOUR * 64), "a stored block whose length check is wrong"
    yield "deflate longer", storage_record(stored=deflate(FOUR * 65)), "a stream that inflates to more than declared"
    yield "deflate shorter", storage_record(stored=deflate(FOUR * 63)), "a stream that inflates to less than declared"
    yield "deflate empty", storage_record(stored=b""), "a deflated entry of no bytes"
    yield "deflate zlib", storage_record(stored=b"\x78\x9c" + packed), "a zlib header before the deflate stream"
    yield "deflate block type 3", storage_record(stored=b"\x07" + b"\0" * 20), "a block of the reserved type"
    yield "deflate distance", storage_record(stored=bytes.fromhex("4b04a20000")), "a match that points before the start"
    descriptor = parts(_GOOD)
    descriptor[1].descriptor = "32"
    broken = archive(descriptor).replace(b"PK\x07\x08", b"PK\x07\x09")
    yield "descriptor signature", broken, "a data descriptor that is not one", [0, 4]
    good = archive(descriptor)
    place = good.index(b"PK\x07\x08")
    yield "descriptor sizes", good[: place + 8] + struct.pack("<II", 99, 99) + good[place + 16 :], "a data descriptor with other sizes", [0, 4]
    yield "descriptor crc", good[: place + 4] + b"\1\2\3\4" + good[place + 8 :], "a data descriptor with another CRC", [0, 4]


def cases():
    for make in (_headers, _zip64, _end, _twins, _streams):
        for slug, data, what, *exits in make():
            yield Case("z", slug, data, what, exits[0] if exits else [4])
