"""`ligature logits` beside x-transformers on torch's CPU: the same model, tokens and threads.

`forward` is Ligature's pass including the reading of the weights (from the page cache) beside torch's pass alone,
weights in memory and warmed up; `process` is everything from start to exit.
"""

import json
import os

import numpy
import torch
from safetensors.torch import save_file
from x_transformers import AutoregressiveWrapper

import timing
from bench import case, require
from inputs import SEED, build, decoder, write_configuration

# What a user of the library would write; sys.argv: checkpoint, tokens, output, threads, configuration.
WHOLE_PROCESS = """
import json, sys
import numpy as np, torch
from safetensors.torch import load_file
from x_transformers import Decoder, TransformerWrapper
torch.set_num_threads(int(sys.argv[4]))
net = json.loads(sys.argv[5])
layers = net.pop("attn_layers")
model = TransformerWrapper(**net, attn_layers=Decoder(**layers)).eval()
model.load_state_dict(load_file(sys.argv[1]))
with torch.no_grad():
    np.save(sys.argv[3], model(torch.from_numpy(np.load(sys.argv[2]))).numpy())
"""


@case
@torch.no_grad()
def of_a_decoder(bench):
    torch.set_num_threads(bench.threads)
    subject = Subject(bench)
    subject.compare()
    subject.forward()
    subject.process()
    subject.generation()
    subject.memory()


class Subject:
    """A model in memory and in a file, and tokens."""

    def __init__(self, bench):
        self.bench = bench
        self.net = decoder(dim=768, depth=12, heads=12, vocabulary=50304, rotary=True)
        if bench.is_quick:
            self.net = decoder(dim=256, depth=4, heads=4, vocabulary=2000, rotary=True)
        self.model = build(self.net)
        self.path, self.tokens, self.prompt, self.output = map(
            bench.path, ("decoder.safetensors", "tokens.npy", "prompt.npy", "logits.npy"))
        save_file(self.model.state_dict(), self.path)
        write_configuration(self.net, bench.path("decoder.ligature.json"))
        ids = numpy.random.default_rng(SEED).integers(0, self.net["num_tokens"], (1, 512))
        numpy.save(self.tokens, ids)
        numpy.save(self.prompt, ids[:, :64])
        self.ids = torch.from_numpy(ids)

    def logits(self, tokens, *flags):
        return self.bench.ligature("logits", self.path, "--tokens", tokens, "-o", self.output, "--force", "--json",
                                   "-j", self.bench.threads, *flags)

    def compare(self):
        self.logits(self.tokens)
        expected = self.model(self.ids).numpy()
        worst = float(numpy.abs(numpy.load(self.output) - expected).max())
        require(worst <= 1e-4, f"the logits differ by {worst:.1e}, their deviation being {expected.std():.2f}")

    def ratio(self, name, ours, theirs, limit=None):
        race = self.bench.race([lambda: {"ligature": ours()}, lambda: {"torch": theirs()}])
        self.bench.table.ratio(name, race.median("ligature"), "torch", race.median("torch"), limit,
                               race.peak("ligature"))

    def forward(self):
        def ours():
            outcome = self.logits(self.tokens)
            return timing.Outcome(json.loads(outcome.output)["seconds"]["forward"], outcome.peak)

        self.ratio("forward pass of 512 tokens", ours, lambda: timing.timed(lambda: self.model(self.ids)), 1.0)

    def process(self):
        words = [self.path, self.tokens, self.bench.path("theirs.npy"), self.bench.threads, json.dumps(self.net)]
        self.ratio("the same, from start to exit", lambda: self.logits(self.tokens),
                   lambda: timing.python(WHOLE_PROCESS, *words), 0.4)

    def generation(self, count=32):
        """Greedy tokens after the first 64, with a cache of keys and values on both sides."""
        wrapper = AutoregressiveWrapper(self.model)

        def theirs():
            return wrapper.generate(self.ids[:, :64], count, temperature=0.0, cache_kv=True)

        def ours():
            outcome = self.logits(self.prompt, "--generate", count)
            return timing.Outcome(json.loads(outcome.output)["seconds"]["forward"], outcome.peak)

        ours()
        require((numpy.load(self.output)[:, 64:] == theirs().numpy()).all(), "other tokens are generated")
        self.ratio(f"generating {count} tokens after 64", ours, lambda: timing.timed(theirs))

    def memory(self):
        """Peaks beside the model's size in float32; the logits themselves are part of the first."""
        size = sum(parameter.numel() * 4 for parameter in self.model.parameters())
        table, generate = self.bench.table, ["--generate", 2]
        once = self.logits(self.tokens).peak
        table.memory("peak of a pass", once, "the model", size, 1.25)
        held = self.logits(self.prompt, *generate).peak
        table.memory("peak when generating", held, "the model", size, 1.25)
        bounded = self.logits(self.prompt, *generate, "--memory", "64MB").peak
        table.memory("peak when generating, `--memory 64MB`", bounded, "without", held, 0.99)
