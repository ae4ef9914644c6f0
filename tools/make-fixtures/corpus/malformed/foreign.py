"""Class u: files of other kinds, which are to be recognised or at least refused, whatever their suffix says."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile

from ..pickle_assembler import PROTO, glob, pickle as pickled, state, tensor, value
from ..safetensors_files import raw
from ..zip_writer import archive, entry
from .case import FOUR, Case, boxed, parts
from .legacy import stream

_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"


def _files():
    good = boxed(state(weight=tensor()))
    yield "empty", b"", "an empty file"
    yield "one byte", b"P", "one byte"
    yield "nuls", b"\0" * 4096, "4,096 NULs"
    yield "spaces", b" " * 100, "only spaces"
    yield "lfs pointer", _POINTER, "a git-lfs pointer"
    yield "html", b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n", "an HTML page"
    yield "html spaces", b"\n\n  <html><body>Access denied</body></html>", "an HTML page after white space"
    yield "xml", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML error of an object store"
    yield "json error", b'{"error":"Repository not found"}', "a JSON error"
    yield "text", b"Invalid username or password.", "a line of text"
    yield "gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "GGUF"
    yield "ggml", b"lmgg" + b"\0" * 40, "ggml"
    yield "hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 60, "HDF5"
    yield "onnx", b"\x08\x07\x12\x07pytorch\x1a\x032.1:\x00", "ONNX"
    yield "tflite", b"\x1c\0\0\0TFL3" + b"\0" * 40, "TFLite"
    yield "7z", b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 24, "7-Zip"
    yield "rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 20, "RAR"
    yield "gzip", gzip.compress(good, mtime=0), "a gzipped checkpoint"
    yield "bzip2", bz2.compress(good), "a checkpoint under bzip2"
    yield "xz", lzma.compress(good), "a checkpoint under xz"
    yield "zstd", b"\x28\xb5\x2f\xfd" + b"\0" * 20, "Zstandard"
    yield "tar", _tar(), "a tar of something else"
    yield "tar 2016 code", _tar({"pickle": b"\x80\x02cos\nsystem\nX\4\0\0\0true\x85R.", "storages": b"\x80\x02K\0.", "tensors": b"\x80\x02K\0.", "sys_info": b"\x80\x02}."}), "the tar format of 2016 with a call", [3, 4]
    yield "tar climbs", _tar({"../escape": b"x", "storages": b"\x80\x02K\0."}), "a tar that climbs", [4]
    yield "png", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "PNG"
    yield "pdf", b"%PDF-1.7\n", "PDF"
    yield "elf", b"\x7fELF\2\1\1" + b"\0" * 50, "an ELF program"
    yield "sqlite", b"SQLite format 3\0" + b"\0" * 80, "SQLite"
    yield "parquet", b"PAR1" + b"\0" * 40 + b"PAR1", "Parquet"
    yield "msgpack", b"\x82\xa6params\x80\xa4step\x01", "msgpack, as Flax writes"
    yield "mxnet", b"\x12\1\0\0\0\0\0\0" + b"\0" * 30, "MXNet"
    yield "script", b"#!/usr/bin/env python\nprint(1)\n", "a script"
    yield "pk only", b"PK", "two letters"
    yield "local only", b"PK\x03\x04", "a zip's first four bytes"
    yield "end only", b"PK\x05\x06", "an end record's first four bytes"
    yield "spanned", b"PK\x07\x08" + good, "a spanned zip's mark"
    yield "random", bytes((i * 73 + 41) * (i + 7) % 256 for i in range(500)), "noise"


def _tar(members=None):
    stream_ = io.BytesIO()
    with tarfile.open(fileobj=stream_, mode="w") as tar:
        for name, data in (members or {"readme": b"hello"}).items():
            one = tarfile.TarInfo(name)
            one.size = len(data)
            tar.addfile(one, io.BytesIO(data))
    return stream_.getvalue()[:8192]


def _zips():
    inner = boxed(state(weight=tensor()))
    yield "distcp", inner + boxed(state(bias=tensor())) + boxed(state(scale=tensor())), "a .distcp: torch zips glued together", [4]
    yield "package", archive([entry("p/.data/extern_modules", b"torch\n"), entry("p/.data/version", b"6\n"), entry("p/.data/python_version", b"3.11"), entry("p/model/model.pkl", state(weight=tensor())), entry("p/byteorder", b"little")]), "torch.package", [4]
    yield "pt2", archive([entry("m/archive_format", b"pt2"), entry("m/archive_version", b"0"), entry("m/models/model.json", b"{}"), entry("m/data/weights/weight_0", FOUR), entry("m/byteorder", b"little"), entry("m/version", b"0")]), "torch.export's .pt2", [4]
    yield "keras", archive([entry("metadata.json", b"{}"), entry("config.json", b"{}"), entry("model.weights.h5", b"\x89HDF\r\n\x1a\n")]), "Keras", [4]
    yield "baselines", archive([entry("data", b"{}"), entry("policy.pth", inner), entry("pytorch_variables.pth", inner), entry("_stable_baselines3_version", b"2")]), "Stable-Baselines3: torch zips inside", [4]
    yield "torchscript 1 0", archive([entry("m/version", b"1\n"), entry("m/model.json", b"{}"), entry("m/tensors/0", FOUR), entry("m/code/m.py", b"")]), "TorchScript of torch 1.0", [0, 4]
    yield "torch 1 4", archive([entry("m/version", b"2\n"), entry("m/data.pkl", state(weight=tensor())), entry("m/tensors/0", FOUR)]), "torch 1.4's own zip", [0, 4]
    yield "docx", archive([entry("[Content_Types].xml", b"<x/>"), entry("word/document.xml", b"<x/>")]), "an office document", [4]
    yield "jar", archive([entry("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")]), "a Java archive", [4]
    yield "mar", archive([entry("MAR-INF/MANIFEST.json", b"{}"), entry("model.pt", inner)]), "a TorchServe archive", [4]
    yield "zipped", archive([entry("model.pt", inner)]), "a zip with a checkpoint inside", [4]
    yield "zipped safetensors", archive([entry("model.safetensors", raw("{}"))]), "a zip with a safetensors file inside", [4]
    yield "polyglot safetensors", raw('{"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(inner), len(inner)), inner), "safetensors whose data are a torch zip: safetensors by its first bytes", [0, 4]
    yield "polyglot legacy", stream(pickled({"weight": 1}), {}) + inner, "a legacy stream with a zip behind it: by the first bytes no tensors", [0, 4]
    yield "polyglot pickle", pickle.dumps({"a": 1}, 2) + inner, "a plain pickle with a zip behind it", [4]
    yield "polyglot html", b"<html>" + inner, "an HTML page with a zip behind it", [4]
    yield "dcp metadata", b"\x80\x04\x95\x20\0\0\0\0\0\0\0" + b"\x8c\x1dtorch.distributed.checkpoint.x\x8c\x08Metadata\x93)\x81.", "a DCP .metadata pickle", [4]
    yield "training args", boxed(PROTO + glob("transformers.training_args", "TrainingArguments") + b")\x81" + value({"lr": 0.1}) + b"b."), "training_args.bin: no tensors", [4]
    yield "scheduler", boxed(pickled({"last_epoch": 3, "_step_count": 4, "base_lrs": [0.1]})), "scheduler.pt: no tensors", [4]


def cases():
    for make in (_files, _zips):
        for slug, data, what, *exits in make():
            yield Case("u", slug, data, what, exits[0] if exits else [4], suffix=".bin")
