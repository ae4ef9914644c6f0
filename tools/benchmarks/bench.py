"""What the cases share: the tool, a folder, the inputs, and the table."""

import json
import os
import shutil
import subprocess

import inputs
import timing

CASES = []


def case(function):
    """Registers a case: a function of a Bench."""
    CASES.append(function)
    return function


def name_of(function):
    """As the command line calls it: the module's name and the function's."""
    return f"{function.__module__}.{function.__name__}".replace("_", "-")


class Bench:
    """One run of the benchmarks."""

    def __init__(self, tool, folder, rounds, threads, is_quick, table):
        self.tool, self.folder, self.rounds, self.threads = tool, folder, rounds, threads
        self.is_quick, self.table = is_quick, table
        self.inputs = inputs.Inputs(folder, is_quick)

    def path(self, name):
        return os.path.join(self.folder, name)

    def ligature(self, *words):
        return timing.run(self.tool, *words, "--quiet")

    def json(self, *words):
        return json.loads(self.ligature(*words, "--json").output)

    def race(self, contenders, prepare=lambda: None):
        return timing.Race(self.rounds, contenders, prepare)

    def against_copy(self, name, words, source, target, limit, rivals=(), peak_limit=None):
        """Times a command that makes `target` of `source` beside `cp` of `source`, in the same folder.

        `rivals` are further contenders and their limits: (function, name, limit). The source is warm, the targets
        are gone, and nothing waits to be written when a contender begins.
        """
        copied = os.path.join(os.path.dirname(target.rstrip("/")), "copied")

        def prepare():
            remove(target, copied)
            os.sync()
            timing.warm(source)

        race = self.race(
            [lambda: {"ligature": self.ligature(*words)}, lambda: timing.copy(source, copied)]
            + [rival for rival, _, _ in rivals], prepare)
        remove(target, copied)
        ours, peak = race.median("ligature"), race.peak("ligature")
        self.table.ratio(name, ours, "cp", race.median("cp"), limit, peak, peak_limit)
        self.table.ratio(name, ours, "cp, sync", race.median("cp, sync"))
        for _, rival, rival_limit in rivals:
            self.table.ratio(name, ours, rival, race.median(rival), rival_limit)


def remove(*paths):
    for path in paths:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)


def require(condition, message):
    if not condition:
        raise timing.Failure(message)


def require_identical(expected, found):
    result = subprocess.run(["cmp", expected, found], capture_output=True, text=True)
    require(result.returncode == 0, f"{found} is not {expected}: {result.stdout or result.stderr}")
