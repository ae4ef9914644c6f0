"""A table of 50,000 × 1,024 expressed in 768 columns by the maps that `transplant --project` learns."""

import numpy
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file

from bench import case, require
from inputs import SEED, decoder, random_state, write_configuration

ROWS, DONOR_WIDTH, WIDTH = 50_000, 1024, 768
SMALL_ROWS, SMALL_DONOR_WIDTH, SMALL_WIDTH = 2_000, 64, 32
TABLE = "token_emb.emb.weight"
# The rows that are compared.
SAMPLE = slice(None, None, 25)
# "Seconds" is what is asked for.
LIMIT = 10


@case
def of_a_table(bench):
    rows, donor_width, width = (ROWS, DONOR_WIDTH, WIDTH) if not bench.is_quick else (
        SMALL_ROWS, SMALL_DONOR_WIDTH, SMALL_WIDTH)
    donor, own = tables(rows, donor_width, width)
    net = decoder(dim=width, depth=1, heads=width // 32, vocabulary=rows)
    model, vectors = bench.path("narrow.safetensors"), bench.path("vectors.npy")
    save_file({**random_state(net), TABLE: torch.from_numpy(own)}, model)
    write_configuration(net, bench.path("narrow.ligature.json"))
    numpy.save(vectors, donor)
    for count in rows // 5, rows:
        anchors = bench.path("anchors.tsv")
        with open(anchors, "w") as file:
            file.writelines(f"{i}\t{i}\n" for i in range(count))
        moments = Moments(donor, own, count)
        for method in moments.ridge, moments.procrustes:
            measure(bench, method, model, vectors, anchors, count)


def measure(bench, method, model, vectors, anchors, count):
    target = bench.path("projected.safetensors")
    words = ["transplant", "--from", vectors, "--into", model, "-o", target, "--force",
             "--project", method.__name__, "--anchors", anchors]
    bench.ligature(*words)
    found = load_file(target)[TABLE]
    worst = min(float(numpy.abs(found[SAMPLE] - expected).max()) for expected in method())
    require(worst < 1e-4, f"--project {method.__name__} differs from numpy by {worst:.1e}")
    race = bench.race([lambda: {"ligature": bench.ligature(*words)}])
    bench.table.time(f"`--project {method.__name__}`, {count:,} anchors", race.median("ligature"), LIMIT,
                     race.peak("ligature"))


def tables(rows, donor_width, width):
    """Two tables that a few hidden directions explain but for noise."""
    random = numpy.random.default_rng(SEED)
    hidden = random.standard_normal((rows, width // 2), numpy.float32)

    def table(columns):
        seen = hidden @ random.standard_normal((width // 2, columns), numpy.float32) * (width / 2) ** -0.5
        return seen + 0.1 * random.standard_normal((rows, columns), numpy.float32)

    return table(donor_width), table(width)


class Moments:
    """What numpy learns from the first `count` pairs of rows, and makes of the sample."""

    def __init__(self, donor, own, count):
        a, c = donor[:count].astype(float), own[:count].astype(float)
        self.mean_a, self.mean_c = a.mean(0), c.mean(0)
        a, c = a - self.mean_a, c - self.mean_c
        self.gram, self.cross = a.T @ a, a.T @ c
        self.donor = donor[SAMPLE] - self.mean_a

    def rows(self, map_):
        return self.mean_c + self.donor @ map_

    def ridge(self):
        """The rows by every penalty that cross-validation chooses from."""
        width = len(self.gram)
        unit = numpy.trace(self.gram) / width
        for step in range(-12, 5):
            penalty = unit * 10 ** (step / 2) * numpy.eye(width)
            yield self.rows(numpy.linalg.solve(self.gram + penalty, self.cross))

    def procrustes(self):
        u, s, v = numpy.linalg.svd(self.cross, full_matrices=False)
        yield self.rows(u @ v * s.sum() / numpy.trace(self.gram))
