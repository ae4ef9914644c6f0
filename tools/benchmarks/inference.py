#!/usr/bin/env python3
"""Measures `ligature logits` beside x-transformers on torch's CPU: the same model, tokens and threads.

    "$(tools/python-env)" tools/benchmarks/inference.py [--small] [--rounds 5] [--threads N]

Compares the logits before it times anything. The two sides take turns, and medians are given, because a machine
is rarely quiet. `forward` is Ligature's pass including the reading of the weights (from the page cache) beside
torch's pass alone, weights in memory and warmed up; `process` is everything from start to exit.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from safetensors.torch import save_file
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEED = 20261125

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


def configuration(is_small):
    layers = dict(dim=768, depth=12, heads=12, attn_dim_head=64, rotary_pos_emb=True)
    if is_small:
        layers.update(dim=256, depth=4, heads=4)
    return dict(num_tokens=2000 if is_small else 50304, max_seq_len=1024, use_abs_pos_emb=False,
                attn_layers=layers)


def build(net):
    net = dict(net)
    layers = net.pop("attn_layers")
    torch.manual_seed(SEED)
    return TransformerWrapper(**net, attn_layers=Decoder(**layers)).eval()


class Tool:
    """The built command, run in a folder, with what it took."""

    def __init__(self, path, threads):
        self.path, self.threads = os.path.abspath(path), threads

    def logits(self, model, tokens, output, *flags):
        """The answer, the seconds of the whole process, and its peak memory in bytes."""
        words = [self.path, "logits", model, "--tokens", tokens, "-o", output, "--force", "--json",
                 "-j", str(self.threads), *flags]
        return run(words, parse=True)


# Linux counts what a process was before `exec` as its peak, so that the peak of a child of this process, which
# holds a model, would be this one's. A small process stands between.
LAUNCHER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
result = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True, check=True)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([result.stdout, seconds, peak]))
"""


def run(words, parse=False):
    result = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *words], stdout=subprocess.PIPE,
                            text=True, check=True)
    answer, seconds, peak = json.loads(result.stdout)
    return json.loads(answer) if parse else None, seconds, peak


def timed(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def row(name, ours, theirs, target):
    """One line of the table: medians in seconds, and the ratio of the medians."""
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    print(f"{name:28} {ours:9.3f} s {theirs:9.3f} s {ours / theirs:7.2f}   {target}", flush=True)


def measure(tool, folder, net, rounds):
    model = build(net)
    path, tokens, output = (os.path.join(folder, name) for name in
                            ("model.safetensors", "tokens.npy", "logits.npy"))
    save_file(model.state_dict(), path)
    with open(os.path.join(folder, "model.ligature.json"), "w") as file:
        json.dump({"x_transformers": "2.31.10", "class": "TransformerWrapper",
                   **{**net, "attn_layers": {"class": "Decoder", **net["attn_layers"]}}}, file)
    ids = np.random.default_rng(SEED).integers(0, net["num_tokens"], (1, 512))
    np.save(tokens, ids)
    x = torch.from_numpy(ids)
    with torch.no_grad():
        expected = model(x).numpy()
        compare(tool, path, tokens, output, expected)
        print(f"{'':28} {'ligature':>11} {'torch':>11} {'ratio':>7}   target")
        forward(tool, model, x, path, tokens, output, rounds)
        whole(tool, net, path, tokens, output, rounds)
        generation(tool, model, x, path, folder, rounds)
    memory(tool, model, path, tokens, output)


def compare(tool, path, tokens, output, expected):
    tool.logits(path, tokens, output)
    worst = float(np.abs(np.load(output) - expected).max())
    print(f"logits: deviation {expected.std():.2f}, largest difference {worst:.1e}", flush=True)
    if not worst <= 1e-4:
        sys.exit("the logits differ: nothing to time")


def forward(tool, model, x, path, tokens, output, rounds):
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(tool.logits(path, tokens, output)[0]["seconds"]["forward"])
        theirs.append(timed(lambda: model(x)))
    row("forward, 512 tokens", ours, theirs, "1.0")


def whole(tool, net, path, tokens, output, rounds):
    ours, theirs = [], []
    script = [sys.executable, "-c", WHOLE_PROCESS, path, tokens, output, str(tool.threads),
              json.dumps(net)]
    for _ in range(rounds):
        ours.append(tool.logits(path, tokens, output)[1])
        theirs.append(run(script)[1])
    row("process, loading included", ours, theirs, "0.4")


def generation(tool, model, x, path, folder, rounds, count=32):
    """Greedy tokens after the first 64, with a key-value cache on both sides."""
    prompt, output = os.path.join(folder, "prompt.npy"), os.path.join(folder, "generated.npy")
    np.save(prompt, x[:, :64].numpy())
    wrapper = AutoregressiveWrapper(model)

    def generate():
        return wrapper.generate(x[:, :64], count, temperature=0.0, cache_kv=True)

    expected = generate()
    tool.logits(path, prompt, output, "--generate", str(count))
    found = np.load(output)[:, 64:]
    print(f"generation: {(found == expected.numpy()).sum()} of {count} tokens are the same", flush=True)
    ours, theirs = [], []
    for _ in range(rounds):
        answer = tool.logits(path, prompt, output, "--generate", str(count))[0]
        ours.append(answer["seconds"]["forward"] / count)
        theirs.append(timed(generate) / count)
    row("each token, 32 after 64", ours, theirs, "")


def memory(tool, model, path, tokens, output):
    size = sum(p.numel() * 4 for p in model.parameters())
    print(f"the model in float32: {size / 1e6:.0f} MB; the logits: {os.path.getsize(output) / 1e6:.0f} MB")
    for name, flags in [("one pass", []), ("generating", ["--generate", "2"]),
                        ("generating, --memory 64MB", ["--generate", "2", "--memory", "64MB"])]:
        peak = tool.logits(path, tokens, output, *flags)[2]
        print(f"{'peak memory, ' + name:40} {peak / 1e6:7.0f} MB {peak / size:6.2f} of the model")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ligature", default=os.path.join(ROOT, ".build/release/ligature"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--small", action="store_true", help="a model that takes seconds")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    folder = tempfile.mkdtemp(prefix="ligature-inference-")
    try:
        tool = Tool(arguments.ligature, arguments.threads)
        measure(tool, folder, configuration(arguments.small), arguments.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
