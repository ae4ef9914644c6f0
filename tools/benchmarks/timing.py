"""Runs commands and says what they took."""

import collections
import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
import time

# Linux counts what a process was before `exec` as its peak, so that the peak of a child of this process, which
# holds a model, would be this one's. A small process stands between.
LAUNCHER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
result = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([result.returncode, seconds, peak, result.stdout]))
"""


class Failure(Exception):
    """A command failed, or its result is not what it must be."""


@dataclasses.dataclass
class Outcome:
    """What one run took, in seconds and bytes."""

    seconds: float
    peak: int = 0
    output: str = ""


def run(*words):
    """Runs a command to its end, which must be a good one."""
    words = list(map(str, words))
    launcher = subprocess.Popen([sys.executable, "-S", "-c", LAUNCHER, *words],
                                stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        report, _ = launcher.communicate()
    except BaseException:
        # After an interrupt nothing goes on writing, what the launcher started neither.
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
        raise
    code, seconds, peak, output = json.loads(report)
    if code != 0:
        raise Failure(f"{' '.join(words[:4])} … failed with exit code {code}")
    return Outcome(seconds, peak, output)


def python(script, *words):
    """Runs a script in a Python of its own: what a user of the real libraries waits for."""
    return run(sys.executable, "-W", "ignore", "-c", script, *words)


def timed(function):
    """Calls a function of this process."""
    begin = time.perf_counter()
    function()
    return Outcome(time.perf_counter() - begin)


class Race:
    """Contenders that take turns, so that whatever else the machine does meets all of them."""

    def __init__(self, rounds, contenders, prepare=lambda: None):
        """`contenders` are functions, each of which returns a dictionary of names and outcomes."""
        self.outcomes = collections.defaultdict(list)
        for turn in range(rounds):
            first = turn % len(contenders)
            for contender in contenders[first:] + contenders[:first]:
                prepare()
                for name, outcome in contender().items():
                    self.outcomes[name].append(outcome)

    def median(self, name):
        return statistics.median(outcome.seconds for outcome in self.outcomes[name])

    def peak(self, name):
        return max(outcome.peak for outcome in self.outcomes[name])


def copy(source, target):
    """`cp`, and `cp` followed by what makes the copy as durable as Ligature's output: a sync."""
    copied = run("cp", "-r", "--reflink=never", source, target)
    files = [os.path.join(target, name) for name in os.listdir(target)] if os.path.isdir(target) else [target]
    synced = run("sync", *files)
    return {"cp": copied, "cp, sync": Outcome(copied.seconds + synced.seconds)}


def warm(path):
    """Reads a file, or a folder's files, into the system's cache."""
    paths = [os.path.join(path, name) for name in os.listdir(path)] if os.path.isdir(path) else [path]
    buffer = bytearray(8 << 20)
    for each in paths:
        with open(each, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
