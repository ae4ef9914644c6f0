"""One run of the command, measured."""

import os
import re
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass

#: Seconds of processor time, which a busy machine does not stretch; of the clock, against waiting forever; MiB.
SECONDS, CLOCK, MEBIBYTES = 10, 60, 512
_TRACE = re.compile(r"Fatal error|Stack dump|Program crashed|Illegal instruction|\bat /.*\.swift:\d+", re.I)


@dataclass
class Run:
    """What a run did: its exit code (negative: a signal), output, time, and peak memory in MiB."""

    code: int
    out: str
    err: str
    seconds: float
    memory: float
    timed_out: bool

    def faults(self):
        """Everything wrong with the run itself, whatever was asked of it."""
        if self.timed_out:
            yield f"still running after {CLOCK} s of the clock"
        elif self.code < 0:
            yield f"killed by {signal.Signals(-self.code).name}: {self.err.strip()[-200:]}"
        elif self.code not in (0, 1, 2, 3, 4, 5, 130):
            yield f"exit code {self.code}"
        if self.seconds > SECONDS:
            yield f"{self.seconds:.0f} s of processor time"
        if _TRACE.search(self.err):
            yield f"a stack trace: {self.err.strip()[:200]}"
        if self.memory > MEBIBYTES:
            yield f"peak memory {self.memory:.0f} MiB"

    def refusal_faults(self):
        """A refusal is one sentence on stderr and nothing on stdout."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        if len(lines) != 1:
            yield f"{len(lines)} lines on stderr: {self.err.strip()[:200]!r}"
        elif len(lines[0]) > 2000:
            yield f"a sentence of {len(lines[0])} characters"
        if any(ord(c) < 32 and c not in "\n" or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028" for c in self.err):
            yield f"control characters on stderr: {self.err.strip()[:200]!r}"
        if self.out.strip():
            yield f"stdout is not empty: {self.out.strip()[:100]!r}"


def run(arguments, folder):
    """Runs the command with `folder` as its current directory."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        environment = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "SWIFT_BACKTRACE": "enable=no"}
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, env=environment)
        late = threading.Event()
        timer = threading.Timer(CLOCK, lambda: (late.set(), process.kill()))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read(1 << 20).decode("utf-8", "replace"))
        return Run(process.returncode, *texts, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, late.is_set())
