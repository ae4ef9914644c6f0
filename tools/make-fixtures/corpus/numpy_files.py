"""fixtures/torch/numpy: .npy of every version and .npz of every packing, and plain pickles of arrays."""

import io
import pickle
import struct

import numpy as np

from .samples import array
from .zip_writer import archive, entry

KINDS = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "complex64"]


def npy(value, version=(1, 0)):
    """The bytes of a .npy file of the given version."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, value, version=version)
    return stream.getvalue()


def npy_by_hand(header, data=b"", version=(1, 0), length=None):
    """A .npy with any header text."""
    size = struct.pack("<H" if version[0] == 1 else "<I", len(header) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + header + data


def _npy(manifest):
    def put(name, data, value=None, **facts):
        manifest.path(f"numpy/{name}.npy").write_bytes(data)
        value = np.load(io.BytesIO(data)) if value is None else value
        manifest.values(f"numpy/{name}.npy", [(name, value)], format="npy", **facts)

    matrix = array("matrix", 3, 4)
    for version in ((1, 0), (2, 0), (3, 0)):
        put(f"version-{version[0]}", npy(matrix, version), notes=f"version {version[0]}.0")
    put("fortran", npy(np.asfortranarray(matrix)), notes="fortran_order True")
    put("fortran-3d", npy(np.asfortranarray(array("f3", 2, 3, 4, dtype="int16"))), notes="three dimensions, column-major")
    put("big-endian", npy(array("big", 2, 3, dtype=">f8")), notes="big-endian doubles")
    put("big-endian-fortran", npy(np.asfortranarray(array("bf", 2, 3, dtype=">c8"))), notes="big-endian complex, column-major")
    put("zero-d", npy(np.array(2.5, "float32")), notes="0-d")
    put("empty", npy(np.zeros((0, 3), "int64")), notes="no elements")
    put("vector", npy(array("v", 5, dtype="float16")), notes="a one-tuple shape")
    data = matrix.tobytes()
    put("python2-long", npy_by_hand(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }\n", data), notes="Python 2's 3L")
    put("odd-spacing", npy_by_hand(b"{\"shape\":(3,4),'descr':\"<f4\" ,\t'fortran_order':False}\n", data), notes="other quotes, order and spacing")
    put("unaligned", npy_by_hand(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", data), notes="no padding, no newline")
    put("native-mark", npy_by_hand(b"{'descr': '=f4', 'fortran_order': False, 'shape': (3, 4), }  \n", data), exit=[0, 4], notes="'=' byte order")
    put("byte-mark", npy_by_hand(b"{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }  \n", b"\1\2"), notes="'|u1'")
    put("long-header", npy_by_hand(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }" + b" " * 5000 + b"\n", data), notes="5000 spaces")
    put("trailing", npy(matrix) + b"more", exit=[0, 4], notes="bytes after the data; numpy does not look")


def _npz(manifest):
    arrays = {name: array(name, 2, 3, dtype=name) for name in KINDS} | {
        "fortran": np.asfortranarray(array("fortran", 3, 2)), "zero_d": np.array(7), "empty": np.zeros((2, 0), "float32"),
        "big": array("big", 3, dtype=">i4"), "a/b": array("slash", 2), "layer.0.weight": array("dot", 2), "ünï": array("uni", 1)}

    def put(name, data, notes, values=arrays, **facts):
        manifest.path(f"numpy/{name}.npz").write_bytes(data)
        with np.load(io.BytesIO(data)) as found:
            assert all(np.array_equal(found[key], one) for key, one in values.items())
        manifest.values(f"numpy/{name}.npz", values.items(), format="npz", notes=notes, **facts)

    members = [(f"{name}.npy", npy(value)) for name, value in arrays.items()]
    put("deflated", archive([entry(name, data, method=8) for name, data in members]), "np.savez_compressed's layout, smaller")
    put("stored", archive([entry(name, data) for name, data in members]), "stored members")
    put("zip64-extras", archive([entry(name, data, force_zip64=True) for name, data in members]), "zip64 extras in local and central headers")
    extras = [struct.pack("<HHQQ", 1, 16, len(data), len(data)) for _, data in members]
    local = [{"extra": extra, "stored_size": 0xFFFFFFFF, "size": 0xFFFFFFFF, "needed": 45} for extra in extras]
    put("savez", archive([entry(name, data, local=one) for (name, data), one in zip(members, local)]),
        "np.savez: a zip64 extra in every local header, none in the directory")
    put("streamed", archive([entry(name, data, descriptor="32", method=8) for name, data in members]), "data descriptors")
    put("case-twins", archive([entry("w.npy", npy(arrays["float32"])), entry("W.npy", npy(arrays["int64"]))]),
        "two names that differ in case only", {"w": arrays["float32"], "W": arrays["int64"]})
    words = [entry("w.npy", npy(arrays["float32"])), entry("words.npy", npy(np.array(["a", "bc"])))]
    put("words", archive(words), "an array of text beside one of numbers", {"w": arrays["float32"]}, convertWith=["--exclude", "words"])
    stream = io.BytesIO()
    np.savez(stream, array("arr_0", 2), array("arr_1", 3, dtype="int16"))
    with np.load(io.BytesIO(stream.getvalue())) as found:
        values = dict(found)
    unzipped = [entry(f"{name}.npy", npy(value)) for name, value in values.items()]
    put("positional", archive(unzipped), "arr_0 and arr_1", values)
    put("no-suffix", archive([entry("plain", npy(values["arr_0"]))]), "a member without .npy", {"plain": values["arr_0"]}, exit=[0, 4])


def _plain_pickles(manifest):
    arrays = {"weight": array("w", 2, 3), "bias": array("b", 3, dtype="float64"), "nested": {"mean": array("m", 2, dtype="float16")}}
    for protocol in (0, 2, 4, 5):
        manifest.path(f"numpy/plain-{protocol}.pkl").write_bytes(pickle.dumps(arrays, protocol))
        named = [("weight", arrays["weight"]), ("bias", arrays["bias"]), ("nested.mean", arrays["nested"]["mean"])]
        manifest.values(f"numpy/plain-{protocol}.pkl", named, format="any", exit=[0, 4], convertWith=["--select", "."],
                        notes=f"a plain pickle of arrays, protocol {protocol} (.pdparams, joblib-like): read it or name it")


def make(manifest):
    _npy(manifest)
    _npz(manifest)
    _plain_pickles(manifest)
