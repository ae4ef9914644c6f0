"""A file system whose files can share blocks, in an image in a folder, for as long as it is needed."""

import contextlib
import os
import shutil
import subprocess


@contextlib.contextmanager
def disk(folder, byte_count):
    """Gives the place where an XFS is mounted, or why there is none: (place, problem)."""
    problem = missing()
    if problem:
        yield None, problem
        return
    image, place = os.path.join(folder, "xfs.img"), os.path.join(folder, "xfs")
    os.makedirs(place)
    with open(image, "wb") as file:
        file.truncate(max(byte_count, 512 << 20))
    problem = failure("mkfs.xfs", "-q", "-m", "reflink=1", image) or failure("mount", "-o", "loop", image, place)
    try:
        yield place, problem
    finally:
        if os.path.ismount(place):
            # Lazily: after an error, tensors that map its files may still be about.
            subprocess.run(["umount", "--lazy", place], check=True)
        os.remove(image)
        os.rmdir(place)


def missing():
    if os.geteuid() != 0:
        return "only root can mount an XFS"
    if not shutil.which("mkfs.xfs"):
        return "there is no mkfs.xfs (tools/setup xfsprogs)"
    return None


def failure(*words):
    """Runs a command; what it said if it failed."""
    result = subprocess.run(words, capture_output=True, text=True)
    return None if result.returncode == 0 else f"{words[0]}: {result.stderr.strip()}"
