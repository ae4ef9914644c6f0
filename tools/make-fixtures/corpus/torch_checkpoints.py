"""fixtures/torch: what people save. State dicts under every usual key, optimizers, whole modules, prefixes."""

import collections
import copy
import sys
import types

import numpy as np
import torch

from .samples import array, generator, random
from .torch_archive import plain

#: Keys under which training code keeps the state dict (reference: what is met in the wild).
_NESTING = ["state_dict", "model", "model_state_dict", "module", "state_dict_ema", "model_ema", "ema", "params_ema",
            "params", "ema_state_dict", "net", "network", "weights", "generator", "g_ema"]


def _state(name="net"):
    return collections.OrderedDict([
        ("fc.weight", random(name + "w", 4, 3)), ("fc.bias", random(name + "b", 4)),
        ("bn.running_mean", random(name + "m", 4)), ("bn.num_batches_tracked", torch.tensor(12))])


def _nesting(manifest):
    for key in _NESTING:
        value = {"epoch": 3, key: _state(), "loss": 0.25, "args": None, "best": (1, [2.5, "x"])}
        manifest.save(f"nested/{key}.pt", value, [key], notes=f"the state dict below {key!r}, beside plain values")
    manifest.save("nested/state_dict-twice.pt", {"state_dict": {"state_dict": _state(), "epoch": 1}}, ["state_dict", "state_dict"],
                  notes="NAI: state_dict inside state_dict")
    manifest.save("nested/mosaic.pt", {"state": {"model": _state(), "optimizers": {}}, "rng": []}, ["state", "model"],
                  notes="Mosaic: state, then model")
    for prefix in ["module.", "_orig_mod.", "module._orig_mod.", "model.diffusion_model.", "_forward_module."]:
        name = "prefix-" + prefix.strip(".").replace(".", "-")
        manifest.save(f"nested/{name}.pt", {"state_dict": {prefix + key: one for key, one in _state().items()}}, ["state_dict"], stripPrefix=prefix,
                      notes=f"every name begins with {prefix}")
    state = _state()
    state["fc._extra_state"] = b"bytes"
    state["unset"], state["count"], state["ratio"], state["name"] = None, 5, 0.5, "text"
    manifest.save("nested/values-inside.pt", state, notes="_extra_state bytes, None and numbers beside the tensors")
    deep = {"encoder": {"layers": [{"w": random("d0", 2)}, {"w": random("d1", 2)}], "norm": {"g": random("dg", 3)}},
            "decoder": {"w": random("dd", 2, 2)}}
    manifest.save("nested/tree.pt", deep, select=None, selectAny=["", "."],
                  notes="a tree of dictionaries and lists, no usual key")
    odd = {0: random("k0", 2), 1.5: random("k1", 2), None: random("k2", 2), True: random("k3", 2), (1, "a"): random("k4", 2),
           b"raw": random("k5", 2), -3: random("k6", 2), "s": random("k7", 2)}
    manifest.save("nested/keys-not-text.pt", {"odd": odd}, ["odd"], selectAny=["odd", "", "."], convertWith=["--select", "."],
                   notes="keys that are not text are named as Python prints them; --select . decides the names")
    names = {"a b": random("x0", 1), "ünï.weight": random("x1", 1), "日本": random("x2", 1), "q\"uote\\": random("x3", 1),
             "a/b\\c": random("x4", 1), "10": random("x5", 1), "2": random("x6", 1), "😀": random("x8", 1),
             "\ufffd": random("x9", 1), "e\u0301": random("xa", 1), "é": random("xb", 1), "layer..w": random("xc", 1), ".": random("xd", 1)}
    manifest.save("nested/odd-names.pt", names, notes="names that need escaping, byte-wise order or exact code points")
    manifest.save("nested/name-with-tab.pt", {"weight": random("x6", 1), "tab\there": random("x7", 1)}, exit=[3],
                  notes="a control character in a name: no reader should have to meet it in a safetensors file")


def _model():
    torch.manual_seed(7)
    model = torch.nn.Sequential(collections.OrderedDict(
        conv=torch.nn.Conv2d(2, 3, 3), bn=torch.nn.BatchNorm2d(3), flat=torch.nn.Flatten(), fc=torch.nn.Linear(3, 2)))
    model.register_buffer("scratch", torch.ones(2), persistent=False)
    model.register_buffer("kept", torch.arange(3))
    model.register_parameter("absent", None)
    return model


def _training(manifest):
    model = _model()
    manifest.save("training/state-dict-metadata.pt", model.state_dict(),
                  notes="nn.Module.state_dict(): OrderedDict with a _metadata attribute")
    for name, kind in [("adamw", torch.optim.AdamW), ("sgd", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))]:
        one = copy.deepcopy(model)
        optimizer = kind(one.parameters())
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
        one(random("input", 2, 2, 3, 3)).square().sum().backward()
        optimizer.step()
        schedule.step()
        value = {"epoch": 1, "model": one.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": schedule.state_dict(),
                 "rng": generator("rng").get_state(), "history": [np.float64(0.5), np.float32(1.5)]}
        manifest.save(f"training/{name}.pt", value, ["model"],
                      notes="model, optimizer, scheduler, rng state, numpy history")
    state = {"model." + key: one for key, one in model.state_dict().items()}
    lightning = {"epoch": 2, "global_step": 100, "pytorch-lightning_version": "2.4.0", "state_dict": state, "loops": {},
                 "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.125), "best": "a.ckpt"}},
                 "optimizer_states": [{"state": {0: {"exp_avg": random("ea", 2)}}, "param_groups": [{"lr": 0.1}]}],
                 "lr_schedulers": [], "hparams_name": "kwargs", "hyper_parameters": {"lr": 0.1, "betas": (0.9, 0.99)}}
    manifest.save("training/lightning.ckpt", lightning, ["state_dict"], notes="Lightning 2; the suffix means nothing")
    zero = {"optimizer_state_dict": {"fp32_flat_groups": [random("zf", 12)]}, "param_shapes": [collections.OrderedDict(w=torch.Size([3, 4]))],
            "module": _state("ds"), "ds_config": {"zero": 1}, "ds_version": "0.16"}
    manifest.save("training/deepspeed.pt", zero, ["module"], notes="DeepSpeed: module beside flat optimizer partitions")


class _Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.note = _model(), {"made": "by hand"}
        self.head = torch.nn.Linear(3, 2)
        self.head.weight = self.body.fc.weight
        self.scale = torch.nn.Parameter(random("scale", 2))


def _modules(manifest):
    sys.modules["labs"] = sys.modules.get("labs") or types.ModuleType("labs")
    sys.modules["labs.nets"] = types.ModuleType("labs.nets")
    sys.modules["labs.nets"].Net = _Net
    _Net.__module__, _Net.__name__, _Net.__qualname__ = "labs.nets", "Net", "Net"
    torch.manual_seed(11)
    net = _Net()
    manifest.save("modules/whole.pt", net, everything=False,
                  notes="a whole nn.Module of an unknown class; one buffer is not persistent")
    manifest.save("modules/yolo.pt", {"epoch": 1, "model": net, "ema": None}, ["model"], everything=False,
                  notes="YOLO: a whole module below 'model'")
    manifest.save("modules/sequential.pt", _model(), everything=False, notes="a whole torch.nn.Sequential")
    pools = torch.nn.ModuleDict({"a": torch.nn.Embedding(3, 2), "b": torch.nn.ParameterList([random("pl", 2), random("pm", 1)]),
                                 "c": torch.nn.ParameterDict({"x": random("pd", 2)}), "d": torch.nn.LSTM(2, 3)})
    manifest.save("modules/containers.pt", pools, everything=False,
                  notes="ModuleDict, ParameterList, ParameterDict, LSTM")
    manifest.path("modules/module-archive.pt").write_bytes(plain(net))
    manifest.torch("modules/module-archive.pt", everything=False, notes="the whole module in a 1.x-like archive")


def make(manifest):
    _nesting(manifest)
    _training(manifest)
    _modules(manifest)
