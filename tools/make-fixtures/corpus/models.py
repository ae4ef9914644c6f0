"""fixtures/models: real x-transformers models, every parameter random, as `.pt` and as safetensors."""

import json

import safetensors.torch
import torch
from x_transformers import Decoder, Encoder, TransformerWrapper, XTransformer

from .samples import generator
from .truth import Manifest


def _randomised(model, name):
    source = generator(name)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=source)
            gain = parameter.dim() == 1 and bool((parameter == 1).all())
            parameter.copy_(1 + 0.1 * noise if gain else noise * 0.1)
    return model.eval()


def _decoder(**extra):
    return TransformerWrapper(num_tokens=64, max_seq_len=32, **extra, attn_layers=Decoder(
        dim=16, depth=2, heads=2, attn_dim_head=8, rotary_pos_emb=True))


_DECODER_CONFIG = {
    "x_transformers": "2.31.10", "class": "TransformerWrapper", "num_tokens": 64, "max_seq_len": 32,
    "attn_layers": {"class": "Decoder", "dim": 16, "depth": 2, "heads": 2, "attn_dim_head": 8,
                    "rotary_pos_emb": True}}
_ENCODER_CONFIG = {
    "x_transformers": "2.31.10", "class": "TransformerWrapper", "num_tokens": 40, "max_seq_len": 24,
    "num_memory_tokens": 3, "attn_layers": {"class": "Encoder", "dim": 16, "depth": 1, "heads": 2,
                                            "attn_dim_head": 8, "use_rmsnorm": True, "ff_glu": True}}
_X_CONFIG = {
    "x_transformers": "2.31.10", "class": "XTransformer", "dim": 16, "tie_token_emb": True,
    "enc_num_tokens": 48, "enc_depth": 1, "enc_heads": 2, "enc_max_seq_len": 16, "enc_attn_dim_head": 8,
    "dec_num_tokens": 48, "dec_depth": 1, "dec_heads": 2, "dec_max_seq_len": 16, "dec_attn_dim_head": 8}


def _save(manifest, name, model, config, notes, tied=None):
    state = model.state_dict()
    torch.save(state, manifest.path(name + ".pt"))
    manifest.torch(name + ".pt", notes=notes)
    dropped = tied or {}
    kept = {key: value.contiguous() for key, value in state.items() if key not in dropped}
    safetensors.torch.save_file(kept, manifest.path(name + ".safetensors"), metadata=dropped or {"format": "pt"})
    manifest.path(name + ".safetensors").chmod(0o644)
    manifest.values(name + ".safetensors", kept.items(), format="safetensors",
                    notes=notes + "; written by safetensors")
    manifest.path(name + ".ligature.json").write_text(json.dumps(config, indent=2) + "\n")


def make(root, made):
    manifest = Manifest(root / "models", "x-transformers models, all parameters random")
    _save(manifest, "model", _randomised(_decoder(), "model"), _DECODER_CONFIG,
          "TransformerWrapper + Decoder, rotary; untied")
    _save(manifest, "tied", _randomised(_decoder(tie_embedding=True), "tied"),
          _DECODER_CONFIG | {"tie_embedding": True}, "the same with tie_embedding: no to_logits in the state dict")
    encoder = TransformerWrapper(num_tokens=40, max_seq_len=24, num_memory_tokens=3, attn_layers=Encoder(
        dim=16, depth=1, heads=2, attn_dim_head=8, use_rmsnorm=True, ff_glu=True))
    _save(manifest, "encoder", _randomised(encoder, "encoder"), _ENCODER_CONFIG,
          "TransformerWrapper + Encoder, memory tokens, absolute positions, RMSNorm, GLU")
    arguments = {key: value for key, value in _X_CONFIG.items() if key not in ("x_transformers", "class")}
    tied = {"decoder.net.token_emb.emb.weight": "encoder.token_emb.emb.weight"}
    _save(manifest, "xtransformer", _randomised(XTransformer(**arguments), "xtransformer"), _X_CONFIG,
          "XTransformer with tie_token_emb: encoder and decoder share one embedding", tied)
    manifest.write(**made)
