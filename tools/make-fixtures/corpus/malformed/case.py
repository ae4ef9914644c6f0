"""What one hostile file is."""

import struct
from dataclasses import dataclass, field

from ..pickle_assembler import tensor, value
from ..torch_archive import entries
from ..zip_writer import archive

#: Four floats, the storage of most files.
FOUR = struct.pack("<4f", 1, 2, 3, 4)


@dataclass
class Case:
    """A file (or a directory, if `data` is a dictionary), what is wrong with it, and the exit codes that are right."""

    kind: str
    slug: str
    data: bytes | dict
    what: str
    exit: list = field(default_factory=lambda: [4])
    suffix: str = ".pt"
    #: For a directory: what of it to convert, with its leading slash.
    entry: str = ""
    facts: dict = field(default_factory=dict)


def parts(pickled, storages=None, root="m"):
    """The entries of a small archive around a pickle."""
    return entries(root, pickled, {"0": FOUR} if storages is None else storages, order="1.6", alignment=0)


def boxed(pickled, storages=None, **options):
    """A valid small archive around a pickle that may be anything."""
    return archive(parts(pickled, storages), **options)


def dictionary(**values):
    """A pickle of a dictionary that holds a good tensor and the given values."""
    return b"\x80\x02" + value({"weight": tensor(), **values}) + b"."
