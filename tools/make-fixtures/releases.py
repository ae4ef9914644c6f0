"""Older releases of x-transformers, each by itself outside the repository."""

import os
import subprocess
import sys


def release_path(version):
    """The folder of a release; it is installed there once."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(cache, "ligature", "x-transformers", version)
    if not os.path.isdir(os.path.join(path, "x_transformers")):
        # Pure Python; what it imports is in the environment of the newest release.
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--target", path, f"x-transformers=={version}"], check=True)
    return path


def run(version, script, *words):
    """Runs a script with that release on its path."""
    environment = os.environ | {"PYTHONPATH": release_path(version), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-W", "ignore", script, *map(str, words)], env=environment,
                   check=True, capture_output=True)
