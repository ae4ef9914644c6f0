"""Runs the benchmarks: `main.py --ligature BINARY [--quick] [NAME…]`; tools/benchmarks/run calls it."""

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

import conversion  # noqa: F401  (registers its cases)
import listing  # noqa: F401
import surgery  # noqa: F401
import projection  # noqa: F401
import inference  # noqa: F401
from bench import CASES, Bench, name_of
from table import Table
from timing import Failure

# Inputs, an image of a disk, and what the contenders write.
NEEDED = {False: 45 << 30, True: 3 << 30}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="tools/benchmarks/run")
    parser.add_argument("--ligature", required=True, metavar="BINARY", help="measure this one; builds nothing")
    parser.add_argument("--quick", action="store_true", help="small files, one round: shows that everything runs")
    parser.add_argument("--rounds", type=int, help="repetitions; medians are told (default: 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for models, on both sides")
    parser.add_argument("--folder", help="where the files are made (default: the temporary folder)")
    parser.add_argument("--list", action="store_true", help="the names of the cases")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only the cases with this in their names")
    return parser.parse_args()


def describe(tool, folder):
    """What a reader must know of the machine to read the table."""
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                     platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    disk = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True).stdout.split()[-1]
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{version}; {processor}, {os.cpu_count()} cores, {memory} GiB; {disk}; "
          f"load {os.getloadavg()[0]:.1f}; sources warm, `cp` without sharing of blocks\n", flush=True)


def main():
    options = arguments()
    chosen = [each for each in CASES if not options.names or any(name in name_of(each) for name in options.names)]
    if options.list or not chosen:
        print("\n".join(map(name_of, CASES)))
        return 0 if options.list else 2
    folder = tempfile.mkdtemp(prefix="ligature-benchmarks-", dir=options.folder)
    # A folder of many gigabytes is not left behind by `kill` either.
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return measure(options, chosen, folder)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder)


def measure(options, chosen, folder):
    if not os.access(options.ligature, os.X_OK):
        print(f"{options.ligature}: no such program", file=sys.stderr)
        return 1
    if shutil.disk_usage(folder).free < NEEDED[options.quick]:
        print(f"{folder}: {NEEDED[options.quick] >> 30} GiB must be free; --folder names another place",
              file=sys.stderr)
        return 1
    tool = os.path.abspath(options.ligature)
    describe(tool, folder)
    table = Table(is_judged=not options.quick)
    rounds = options.rounds or (1 if options.quick else 5)
    bench = Bench(tool, folder, rounds, options.threads, options.quick, table)
    failed = 0
    for each in chosen:
        print(f"{name_of(each)} …", file=sys.stderr, flush=True)
        try:
            each(bench)
        except Failure as problem:
            failed += 1
            print(f"{name_of(each)}: {problem}", file=sys.stderr, flush=True)
    if table.missed:
        print(f"targets missed: {', '.join(table.missed)}", file=sys.stderr)
    return 1 if failed or table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
