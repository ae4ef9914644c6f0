#!/usr/bin/env python3
"""Judges a built ligature against manifests: judge.py LIGATURE MANIFEST… [--only TEXT] [--verbs inspect,check] [-j 2]

Valid files are converted to safetensors and every tensor is compared; broken ones must be refused with one of their
exit codes, one sentence on stderr, within 10 s of processor time and 512 MiB, leaving nothing behind. Needs only Python's own library.
"""

import argparse
import concurrent.futures
import json
import pathlib
import sys
import tempfile

from judging import command, written


class Judge:
    """Judges the entries of one manifest."""

    def __init__(self, binary, manifest, verbs):
        self.binary, self.verbs = str(pathlib.Path(binary).resolve()), verbs
        self.manifest = json.loads(pathlib.Path(manifest).read_text())
        self.folder = pathlib.Path(manifest).resolve().parent

    def faults(self, entry):
        """Everything wrong with what the command makes of one entry."""
        source = self.folder / entry["file"]
        if "class" in entry:
            yield from self._malformed(source, entry)
        else:
            yield from self._valid(source, entry)
        for verb in self.verbs:
            yield from self._other_verb(verb, source)

    def _convert(self, source, extra):
        """Yields faults of the run; returns (run, tensors, metadata), tensors None if nothing was written."""
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(place) / "out.safetensors"
            result = command.run([self.binary, "convert", str(source), "-o", str(out), *extra], place)
            faults = list(result.faults())
            tensors, metadata = None, {}
            if result.code == 0:
                try:
                    tensors, metadata = written.read(out)
                except Exception as problem:
                    faults.append(f"the output is wrong: {problem!r}")
            elif result.code > 0:
                faults += result.refusal_faults()
                left = [one.name for one in pathlib.Path(place).iterdir()]
                if left:
                    faults.append(f"left behind: {left}")
            return result, faults, tensors, metadata

    def _valid(self, source, entry):
        arguments = list(entry.get("convertWith", []))
        listing = entry
        if arguments == ["--select", "."]:
            listing = entry.get("all", entry)
        unsupported = listing.get("unsupported", [])
        if unsupported:
            yield from self._names_refused(source, arguments, unsupported)
            for name in unsupported:
                arguments += ["--exclude", name]
        yield from self._compared(source, arguments, listing, entry)
        if "all" in entry and "--select" not in arguments:
            rest = [text for name in entry["all"].get("unsupported", []) for text in ("--exclude", name)]
            yield from (f"--select .: {fault}" for fault in self._compared(source, ["--select", ".", *rest], entry["all"], entry))

    def _names_refused(self, source, arguments, unsupported):
        result, faults, _, _ = self._convert(source, arguments)
        yield from faults
        if result.code not in (3, 4):
            yield f"exit code {result.code} though {unsupported} cannot be held"
        elif not any(name in result.err for name in unsupported):
            yield f"the refusal names none of {unsupported}: {result.err.strip()[:160]}"

    def _compared(self, source, arguments, listing, entry):
        result, faults, tensors, metadata = self._convert(source, arguments)
        yield from faults
        allowed = entry.get("exit", [0])
        if result.code not in allowed:
            yield f"exit code {result.code}, not {allowed}: {result.err.strip()[:240]}"
        if tensors is not None:
            yield from written.differences(
                listing.get("tensors", []), tensors, metadata, optional=entry.get("optional", []),
                may_add=entry.get("mayAdd", []), by=entry.get("match", "name"))

    def _malformed(self, source, entry):
        result, faults, tensors, metadata = self._convert(source, [])
        yield from faults
        if result.code not in entry["exit"]:
            yield f"exit code {result.code}, not {entry['exit']} ({entry['what']}): {result.err.strip()[:200]}"
        if tensors is not None and 0 in entry["exit"]:
            if "tensors" in entry:
                yield from written.differences(entry["tensors"], tensors, metadata)
            elif "weight" in tensors and tensors["weight"][1] == [2, 2] and tensors["weight"][2] != self.manifest["weight"]:
                yield "a file was made, with wrong values"

    def _other_verb(self, verb, source):
        with tempfile.TemporaryDirectory() as place:
            result = command.run([self.binary, verb, str(source), "--json"], place)
            yield from (f"{verb}: {fault}" for fault in result.faults())
            if result.code not in (0, 1, 3, 4, 5):
                yield f"{verb}: exit code {result.code}"
            try:
                json.loads(result.out)
            except ValueError:
                yield f"{verb} --json: stdout is not JSON: {result.out[:80]!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ligature")
    parser.add_argument("manifest", nargs="+")
    parser.add_argument("--only", default="", help="judge only files whose name contains this")
    parser.add_argument("--verbs", default="", help="also run these verbs with --json; they must not crash")
    parser.add_argument("-j", type=int, default=2)
    options = parser.parse_args()
    passed = failed = 0
    for manifest in options.manifest:
        judge = Judge(options.ligature, manifest, [one for one in options.verbs.split(",") if one])
        entries = [one for one in judge.manifest["files"] if options.only in one["file"]]
        with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
            for entry, faults in zip(entries, pool.map(lambda one: list(judge.faults(one)), entries)):
                passed, failed = passed + (not faults), failed + bool(faults)
                for fault in faults:
                    print(f"{entry['file']:44} {fault}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
