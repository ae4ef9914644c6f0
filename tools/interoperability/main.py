"""Runs the interoperability cases: `main.py --ligature BINARY [--seed N] [NAME…]`."""

import argparse
import sys
import tempfile
import time
import traceback

import torch

from harness import CASES, Mismatch, Tool, seed_of
import reading  # noqa: F401  (registers its cases)
import writing  # noqa: F401
import models  # noqa: F401
import inference  # noqa: F401
import surgery_transplant  # noqa: F401
import older_releases  # noqa: F401
import migration  # noqa: F401
import surgery_resize  # noqa: F401
import surgery_tie  # noqa: F401
import bundles  # noqa: F401
import forecasts  # noqa: F401
import odd_files  # noqa: F401


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ligature", required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    tool, passed, failed = Tool(arguments.ligature), 0, 0
    for function in CASES:
        if arguments.names and not any(part in function.__name__ for part in arguments.names):
            continue
        generator = torch.Generator().manual_seed(seed_of(function.__name__, arguments.seed))
        with tempfile.TemporaryDirectory() as folder:
            try:
                function(tool, folder, generator)
                passed += 1
                print(f"ok      {function.__name__}", flush=True)
            except Mismatch as problem:
                failed += 1
                print(f"FAILED  {function.__name__}: {problem}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {function.__name__}:\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
