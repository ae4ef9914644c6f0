"""Class z, continued: archives that are sound as zip files and wrong as checkpoints, path tricks and bombs."""

from ..pickle_assembler import Ops, glob, pickle, state, storage, tensor, value
from ..zip_writer import archive, entry
from .case import FOUR, Case, boxed, dictionary, parts

_GOOD = state(weight=tensor())


def _records():
    items = parts(_GOOD)
    yield "no pickle", archive(items[1:]), "no data.pkl", [4]
    yield "no version", archive(items[:2]), "no version record", [0, 4]
    yield "no storage", archive([items[0], items[2]]), "the storage's record is missing", [4]
    yield "empty pickle", boxed(b""), "an empty data.pkl", [4]
    yield "pickle folder", archive([entry("m/data.pkl/", b""), *items[1:]]), "data.pkl is a directory", [4]
    for text in (b"0\n", b"11\n", b"abc", b"", b"-3\n", b"99999999999999999999\n", b"3 4\n", b"\x003"):
        yield f"version {text.strip()!r}", archive([*items[:2], entry("m/version", text)]), f"version {text!r}", [0, 4] if text in (b"3 4\n",) else [4]
    for text in (b"middle", b"", b"little\n", b"LITTLE", b"\xff"):
        yield f"byteorder {text!r}", archive([*items, entry("m/byteorder", text)]), f"byteorder {text!r}", [4]
    yield "two roots", archive([items[0], entry("n/data/0", FOUR), entry("n/version", b"3\n")]), "records under two roots", [4]
    yield "two checkpoints", archive([*items, *parts(state(other=tensor()), root="n")]), "two whole checkpoints under two roots", [4]
    for size, what in [(0, "empty"), (12, "too short"), (20, "too long"), (15, "not whole elements"), (17, "a byte too long")]:
        yield f"storage {size} bytes", boxed(_GOOD, {"0": (FOUR + FOUR)[:size]}), f"a storage record that is {what}: 16 bytes are declared", [4]
    yield "storage directory bit", archive([items[0], entry("m/data/0", FOUR, central={"external": 0x10}), items[2]]), "a storage with the directory attribute", [0, 4]
    yield "storage symlink", archive([items[0], entry("m/data/0", b"/etc/passwd\0\0\0\0\0", central={"external": 0o120777 << 16, "made": 0x0314}), items[2]]), "a storage that is a symbolic link", [0, 4]


def _paths():
    items = parts(_GOOD)
    tricks = ["../../outside", "/absolute", "..\\windows", "C:/drive", "a/../0", "./0", "//0", "data/../../x", "~/x", "0\n", " 0", "%30"]
    for key in tricks:
        data = archive([entry("m/data.pkl", state(weight=tensor(storage(key)))), entry("m/data/" + key, FOUR), items[2]])
        yield f"key {key}", data, f"a storage key {key!r}: only a name to look up", [0, 4]
        lost = archive([entry("m/data.pkl", state(weight=tensor(storage(key)))), items[1], items[2]])
        yield f"key {key} missing", lost, f"a storage key {key!r} that no record has", [4]
    for key in ("", "0\0", "\0", "0\0.txt"):
        yield f"key {key!r}", boxed(state(weight=tensor(storage(key)))), f"a storage key {key!r} that no record has", [4]
    nul = [entry("m/data.pkl", state(weight=tensor(storage("a\0b")))), entry(b"m/data/a\0b", FOUR), items[2]]
    yield "key with nul", archive(nul), "a storage key and a record with a NUL", [0, 4]
    yield "key case", boxed(state(weight=tensor(storage("A"))), {"a": FOUR}), "the record differs from the key in case", [4]
    for root in ("..", "../up", "/", "", "a/b", "\\", "m\0"):
        yield f"root {root!r}", archive(parts(_GOOD, root=root)), f"root {root!r}", [0, 4]
    yield "outside entry", archive([*items, entry("../../escaped.txt", b"x")]), "an entry outside, never extracted", [0, 4]
    yield "absolute entry", archive([*items, entry("/tmp-escaped", b"x")]), "an absolute entry, never extracted", [0, 4]
    yield "long name", archive([*items, entry("m/" + "x" * 9000, b"")]), "an entry's name of 9,000 bytes", [0, 4]
    yield "deep name", archive([*items, entry("m/" + "d/" * 2000, b"")]), "an entry 2,000 folders deep", [0, 4]
    yield "control name", archive([*items, entry("m/\x1b[31mred\n", b"")]), "an entry's name with terminal escapes", [0, 4]


def _bombs():
    items = parts(_GOOD)

    def pickled(data, **options):
        return archive([entry("m/data.pkl", data, method=8, **options), *items[1:]])
    yield "bomb zeros", pickled(b"\0" * (8 << 20)), "data.pkl inflates to 8 MB of NULs", [4]
    yield "bomb nones", pickled(b"\x80\x02(" + b"N" * (8 << 20) + b"t."), "data.pkl is a tuple of 8 million Nones", [4]
    yield "bomb lists", pickled(b"\x80\x02(" + b"]" * (4 << 20) + b"t."), "data.pkl is a tuple of 4 million lists", [4]
    yield "bomb text", pickled(b"\x80\x02X" + (16 << 20).to_bytes(4, "little") + b"a" * (16 << 20) + b"."), "data.pkl is a text of 16 MB", [4]
    yield "bomb declared", pickled(_GOOD, central={"size": 1 << 31}, local={"size": 1 << 31}), "data.pkl declares 2 GB and holds little", [4]
    yield "bomb undeclared", pickled(b"\0" * (4 << 20), central={"size": 300}, local={"size": 300}), "data.pkl declares 300 bytes and inflates to 4 MB", [4]
    big = b"\0" * (8 << 20)
    yield "bomb storage", archive([items[0], entry("m/data/0", big, method=8), items[2]]), "a storage of 8 MB where 16 bytes are needed", [4]
    lie = {"size": 16}
    yield "bomb storage undeclared", archive([items[0], entry("m/data/0", big[: 4 << 20], method=8, central=lie, local=lie), items[2]]), "a storage that declares 16 bytes and inflates to 4 MB", [4]
    huge = state(weight=tensor(storage(numel=1 << 40), 0, (1 << 40,), (1,)))
    yield "storage terabytes", archive([entry("m/data.pkl", huge), entry("m/data/0", b"\0" * 64, method=8, local={"size": 0xFFFFFFFF}, central={"size": 0xFFFFFFFF}), items[2]]), "a storage of 4 TB over a record of 64 bytes", [4]
    yield "version bomb", archive([*items[:2], entry("m/version", b"3" * (1 << 20), method=8)]), "a version record of 1 MB", [4]
    yield "byteorder bomb", archive([*items, entry("m/byteorder", b"l" * (1 << 20), method=8)]), "a byteorder record of 1 MB", [4]
    for count in (300,):
        many = [entry(f"m/x{i}", b"") for i in range(count)]
        yield f"entries {count}", archive([*items, *many]), f"{count} further entries", [0, 4]


def cases():
    for make in (_records, _paths, _bombs):
        for slug, data, what, exits in make():
            yield Case("z", slug, data, what, exits)
