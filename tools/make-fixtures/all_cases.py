"""Writes fixtures/eras: runs eras.py once for each release of era_cases.py."""

import os
import sys

import era_cases
import releases

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "fixtures/eras"
    for version in era_cases.CASES:
        releases.run(version, os.path.join(os.path.dirname(os.path.abspath(__file__)), "eras.py"), folder, "--cases")
        print(version, flush=True)
