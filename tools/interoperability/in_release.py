"""Runs a model in whatever release of x-transformers is on the path: `in_release.py CALL.json STATE.pt OUT.pt`.

A state dict that is not there yet is made, of random values; one that is there is loaded strictly. OUT gets the
logits for the first tokens of the vocabulary.
"""

import json
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "make-fixtures"))
import graphs  # noqa: E402
import logits as models  # noqa: E402


def main(configuration, state, output):
    with open(configuration) as file:
        call = json.load(file)
    call.pop("x_transformers", None)
    torch.manual_seed(0)
    model = graphs.build(call).eval()
    if os.path.exists(state):
        model.load_state_dict(torch.load(state, weights_only=True), strict=True)
    else:
        models.randomize(model, torch.Generator().manual_seed(sum(map(ord, state))))
        torch.save(model.state_dict(), state)
    with torch.no_grad():
        torch.save(model(torch.arange(10).reshape(2, 5)), output)


if __name__ == "__main__":
    main(*sys.argv[1:])
