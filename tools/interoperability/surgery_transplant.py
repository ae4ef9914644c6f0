"""Transplants into models of the real library: what comes out is loaded strictly and run there, and compared with
the same transplant done in Python."""

import json
import os

import numpy
import torch
from safetensors.torch import load_file

from harness import Mismatch, case, require
from models import graphs, models


def made(call, generator, seed=0):
    torch.manual_seed(seed)
    model = graphs.build(call).eval()
    models.randomize(model, generator)
    return model


def save(model, call, path, release=None):
    torch.save(model.state_dict(), path + ".pt")
    with open(path + ".ligature.json", "w") as file:
        json.dump({"x_transformers": release or models.xt_version(), **call}, file)
    return path + ".pt"


def configuration(path):
    with open(path.rsplit(".", 1)[0] + ".ligature.json") as file:
        call = json.load(file)
    call.pop("x_transformers")
    return call


def loaded(path):
    """The result in the real library: built from its configuration, filled strictly."""
    model = graphs.build(configuration(path)).eval()
    model.load_state_dict(load_file(path), strict=True)
    return model


def require_near(found, expected, where, tolerance=1e-5):
    if isinstance(found, tuple):
        found, expected = torch.stack(found), torch.stack(expected)
    difference = float((found - expected).abs().max())
    require(difference <= tolerance, f"{where}: logits differ by {difference}")


def tokens(generator, count=13, length=7):
    return torch.randint(0, count, (2, length), generator=generator)


@case
def transplant_all_rows_of_the_same_width(tool, folder, generator):
    for recipient_options, donor_options in [
            ({}, {}), ({"tie_embedding": True}, {}), ({"tie_embedding": True}, {"tie_embedding": True}),
            ({}, {"tie_embedding": True}), ({"num_output_heads": 2}, {"num_output_heads": 2}),
            ({"l2norm_embed": True}, {"l2norm_embed": True}), ({}, {"l2norm_embed": True}),
            ({"post_emb_norm": True}, {}), ({"scaled_sinu_pos_emb": True}, {})]:
        where = f"{donor_options} into {recipient_options}"
        donor_call = models.wrapper(models.layers(depth=1), **donor_options)
        call = models.wrapper(models.layers(rotary_pos_emb="scaled" not in str(recipient_options)),
                              **recipient_options)
        donor, model = made(donor_call, generator), made(call, generator, 1)
        a, b = save(donor, donor_call, f"{folder}/donor"), save(model, call, f"{folder}/model")
        out = f"{folder}/out.safetensors"
        tool.run("transplant", "--from", a, "--into", b, "-o", out, "--force", "-q", "--verify")
        table = donor.token_emb.emb.weight.data
        if donor_options.get("l2norm_embed") and not recipient_options.get("l2norm_embed"):
            table = torch.nn.functional.normalize(table, dim=-1)
        model.token_emb.emb.weight.data = table.clone()
        if not recipient_options.get("tie_embedding"):
            if donor_options.get("tie_embedding"):
                model.to_logits.weight.data = donor.token_emb.emb.weight.data * 16 ** -0.5
            else:
                model.to_logits.load_state_dict(donor.to_logits.state_dict())
        given = tokens(generator)
        with torch.no_grad():
            require_near(loaded(out)(given), model(given), where)


@case
def transplant_between_eras_of_tied_heads(tool, folder, generator):
    call = models.wrapper(tie_embedding=True)
    donor, model = made(call, generator), made(call, generator, 1)
    given = tokens(generator)
    # Before 2.30.5 tied logits were not scaled: the scale goes along.
    a, b = save(donor, call, f"{folder}/donor", "2.30.4"), save(model, call, f"{folder}/model")
    out = f"{folder}/out.safetensors"
    tool.run("transplant", "--from", a, "--into", b, "-o", out, "-q")
    require(configuration(out)["tie_embedding_scale"] == 1, "the scale is not the donor's")
    model.token_emb.emb.weight.data = donor.token_emb.emb.weight.data.clone()
    with torch.no_grad():
        require_near(loaded(out)(given), model(given) * 4, "2.30.4 into 2.31")
    # A release without the scale cannot follow; a head of its own can.
    a, b = save(donor, call, f"{folder}/donor"), save(model, call, f"{folder}/old", "2.30.4")
    tool.run("transplant", "--from", a, "--into", b, "-o", f"{folder}/no.safetensors", "-q", expect=3)
    out = f"{folder}/untied.safetensors"
    tool.run("transplant", "--from", a, "--into", b, "-o", out, "-q", "--untie")
    with torch.no_grad():
        require_near(loaded(out)(given), model(given), "2.31 into 2.30.4, untied")


@case
def transplant_some_rows(tool, folder, generator):
    donor_call = models.wrapper(num_tokens=20)
    call = models.wrapper()
    donor, model = made(donor_call, generator), made(call, generator, 1)
    a, b = save(donor, donor_call, f"{folder}/donor"), save(model, call, f"{folder}/model")
    pairs = [(0, 19), (5, 3), (12, 3), (7, 0)]
    with open(f"{folder}/map.tsv", "w") as file:
        file.writelines(f"{r}\t{d}\n" for r, d in pairs)
    out = f"{folder}/out.safetensors"
    tool.run("transplant", "--from", a, "--into", b, "-o", out, "-q", "--tokens", f"{folder}/map.tsv")
    ranged = f"{folder}/ranged.safetensors"
    tool.run("transplant", "--from", a, "--into", b, "-o", ranged, "-q", "--rows", "2:6=10:14")
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name in ["token_emb.emb.weight", "to_logits.weight"]:
        for r, d in pairs:
            state[name][r] = donor.state_dict()[name][d]
    graphs.build(configuration(out)).load_state_dict(load_file(out), strict=True)
    for name, tensor in load_file(out).items():
        require(torch.equal(tensor, state[name]), f"{name} differs")
    found = load_file(ranged)["token_emb.emb.weight"]
    require(torch.equal(found[2:6], donor.token_emb.emb.weight.data[10:14]), "the range differs")
    require(torch.equal(found[6:], model.token_emb.emb.weight.data[6:]), "a row behind the range changed")


@case
def transplant_whole_tables_of_other_widths(tool, folder, generator):
    for width, options in [(24, {}), (40, {"embed_num_tokens": {"kind": 3}}), (8, {}), (24, {"emb_dim": 12}),
                           (16, {"emb_dim": 12}), (12, {"emb_dim": 24})]:
        where = f"a table of width {width} into {options}"
        call = models.wrapper(**options)
        model = made(call, generator)
        table = torch.randn(13, width, generator=generator)
        numpy.save(f"{folder}/table.npy", table.numpy())
        b = save(model, call, f"{folder}/model")
        out = f"{folder}/out.safetensors"
        tool.run("transplant", "--from", f"{folder}/table.npy", "--into", b, "-o", out, "--force", "-q",
                 "--project", "emb-dim")
        result = loaded(out)
        require(torch.equal(result.token_emb.emb.weight.data, table), f"{where}: other rows")
        # The same in Python: what the layers see is row · projection, and the positions they saw before.
        project = getattr(result, "project_emb")
        seen = project(torch.zeros(1, width))[0].detach()
        old = model.project_emb
        zero = old(torch.zeros(1, call.get("emb_dim", 16)))[0].detach()
        given = tokens(generator)
        extra = {}
        if "embed_num_tokens" in options:
            extra["embed_ids"] = {"kind": torch.randint(0, 3, (2, 7), generator=generator)}
        if width >= 16:
            before = old(model.pos_emb(given)).detach() - zero
            after = project(result.pos_emb(given)).detach() - seen
            require_near(after, before, f"{where}: positions")
            for name, embedding in getattr(model, "embeds", {}).items() if extra else []:
                require_near(project(result.embeds[name].weight).detach() - seen,
                             old(embedding.weight).detach() - zero, f"{where}: {name}")
        with torch.no_grad():
            logits = result(given, **extra)
        numpy.save(f"{folder}/t.npy", given.numpy())
        words = []
        for name, ids in extra.get("embed_ids", {}).items():
            numpy.save(f"{folder}/{name}.npy", ids.numpy())
            words = ["--embed-ids", f"{name}={folder}/{name}.npy"]
        tool.run("logits", out, "--tokens", f"{folder}/t.npy", *words, "-o", f"{folder}/l.npy", "--force", "-q")
        require_near(torch.from_numpy(numpy.load(f"{folder}/l.npy")), logits, where, 1e-4)


@case
def transplant_into_either_side_of_an_encoder_decoder(tool, folder, generator):
    for tied in [False, True]:
        call = {"class": "XTransformer", "dim": 16, "tie_token_emb": tied, "enc_num_tokens": 13,
                "enc_max_seq_len": 12, "enc_depth": 1, "enc_heads": 2, "dec_num_tokens": 13,
                "dec_max_seq_len": 12, "dec_depth": 1, "dec_heads": 2}
        donor_call = models.wrapper()
        donor, model = made(donor_call, generator), made(call, generator, 1)
        a, b = save(donor, donor_call, f"{folder}/donor"), save(model, call, f"{folder}/model")
        table, head = donor.token_emb.emb.weight.data, donor.to_logits.weight.data
        for place in ["encoder", "decoder"]:
            out = f"{folder}/{place}-{tied}.safetensors"
            tool.run("transplant", "--from", a, "--into", b, "-o", out, "-q", "--at", place,
                     "--aliases", "copy")
            found = load_file(out)
            graphs.build(configuration(out)).load_state_dict(found, strict=True)
            names = ["encoder.token_emb.emb.weight", "decoder.net.token_emb.emb.weight"]
            for name, tensor in model.state_dict().items():
                expected = tensor
                if name in names and (tied or name.startswith(place)):
                    expected = table
                if name == "decoder.net.to_logits.weight" and place == "decoder":
                    expected = head
                require(torch.equal(found[name], expected), f"{place}, tied {tied}: {name} differs")
        if not tied:
            tool.run("transplant", "--from", a, "--into", b, "-o", f"{folder}/no.safetensors", "-q", expect=2)


@case
def transplant_from_hugging_face_directories(tool, folder, generator):
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, T5Config
    from transformers import T5ForConditionalGeneration
    makers = {
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=13, n_embd=16, n_layer=1, n_head=2)),
        "llama": lambda: LlamaForCausalLM(LlamaConfig(
            vocab_size=13, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, tie_word_embeddings=False)),
        "t5": lambda: T5ForConditionalGeneration(T5Config(
            vocab_size=13, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)),
    }
    for name, maker in makers.items():
        torch.manual_seed(int(torch.randint(0, 1 << 30, (1,), generator=generator)))
        donor = maker()
        donor.save_pretrained(f"{folder}/{name}")
        call = models.wrapper()
        model = made(call, generator)
        b = save(model, call, f"{folder}/model")
        out = f"{folder}/{name}.safetensors"
        tool.run("transplant", "--from", f"{folder}/{name}", "--into", b, "-o", out, "-q")
        result = loaded(out)
        table, head = donor.get_input_embeddings().weight.data, donor.get_output_embeddings().weight.data
        require(torch.equal(result.token_emb.emb.weight.data, table), f"{name}: other rows")
        require(torch.equal(result.to_logits.weight.data, head), f"{name}: other rows of the head")


@case
def transplant_projects_as_numpy_does(tool, folder, generator):
    rng = numpy.random.default_rng(int(torch.randint(0, 1 << 30, (1,), generator=generator)))
    call = models.wrapper(num_tokens=300)
    model = made(call, generator)
    b = save(model, call, f"{folder}/model")
    latent = rng.standard_normal((300, 12))
    donor = latent @ rng.standard_normal((12, 24)) + 0.05 * rng.standard_normal((300, 24))
    own = latent @ rng.standard_normal((12, 16)) + 0.05 * rng.standard_normal((300, 16))
    model.token_emb.emb.weight.data = torch.from_numpy(own).float()
    b = save(model, call, f"{folder}/model")
    numpy.save(f"{folder}/donor.npy", donor.astype(numpy.float32))
    with open(f"{folder}/anchors.tsv", "w") as file:
        file.writelines(f"{i}\t{i}\n" for i in range(200))

    def rows(method, *words):
        out = f"{folder}/{method}.safetensors"
        tool.run("transplant", "--from", f"{folder}/donor.npy", "--into", b, "-o", out, "-q", "--force",
                 "--project", method, *words)
        return load_file(out)["token_emb.emb.weight"].numpy()

    donor = donor.astype(numpy.float32).astype(numpy.float64)
    own = own.astype(numpy.float32).astype(numpy.float64)
    anchored = ["--anchors", f"{folder}/anchors.tsv"]
    a, c = donor[:200], own[:200]
    mean_a, mean_c = a.mean(0), c.mean(0)
    gram, cross = (a - mean_a).T @ (a - mean_a), (a - mean_a).T @ (c - mean_c)
    found = rows("ridge", *anchored)
    unit = numpy.trace(gram) / 24
    maps = [mean_c + (donor - mean_a) @ numpy.linalg.solve(gram + unit * 10 ** (g / 2) * numpy.eye(24), cross)
            for g in range(-12, 5)]
    best = min(float(numpy.abs(found - rows_).max()) for rows_ in maps)
    require(best < 1e-5, f"ridge differs from every penalty of the grid by {best}")
    cosine = (found[200:] * own[200:]).sum(1) / numpy.linalg.norm(found[200:], axis=1) \
        / numpy.linalg.norm(own[200:], axis=1)
    require(cosine.mean() > 0.99, f"rows that were not anchors have a cosine of {cosine.mean()}")
    u, s, v = numpy.linalg.svd(cross, full_matrices=False)
    expected = mean_c + (donor - mean_a) @ (u @ v) * s.sum() / ((a - mean_a) ** 2).sum()
    require(numpy.abs(rows("procrustes", *anchored) - expected).max() < 1e-5, "procrustes differs")
    values, vectors = numpy.linalg.eigh(donor.T @ donor)
    axes = vectors[:, ::-1][:, :16]
    axes = axes * numpy.sign(axes[numpy.abs(axes).argmax(0), range(16)])
    require(numpy.abs(rows("pca") - donor @ axes).max() < 1e-4, "pca differs")
    require(numpy.array_equal(rows("truncate"), donor[:, :16].astype(numpy.float32)), "truncate differs")
    numpy.save(f"{folder}/donor.npy", donor[:, :9].astype(numpy.float32))
    padded = numpy.pad(donor[:, :9], ((0, 0), (0, 7))).astype(numpy.float32)
    require(numpy.array_equal(rows("pad"), padded), "pad differs")


@case
def transplant_by_the_vocabularies(tool, folder, generator):
    from tokenizers import Tokenizer, decoders, models as kinds, pre_tokenizers, trainers
    words = ["".join(chr(97 + int(x)) for x in torch.randint(0, 8, (5,), generator=generator)) for _ in range(60)]
    corpus = [" ".join(words[i % 60] for i in range(j, j + 9)) for j in range(60)]
    bpe = Tokenizer(kinds.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel()
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=400, special_tokens=["<|endoftext|>"]))
    unigram = Tokenizer(kinds.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.train_from_iterator(corpus, trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["</s>", "<unk>"], unk_token="<unk>"))
    bpe.save(f"{folder}/bpe.json")
    unigram.save(f"{folder}/unigram.json")
    sizes = bpe.get_vocab_size(), unigram.get_vocab_size()
    donor_call, call = models.wrapper(num_tokens=sizes[0]), models.wrapper(num_tokens=sizes[1])
    donor, model = made(donor_call, generator), made(call, generator, 1)
    a, b = save(donor, donor_call, f"{folder}/donor"), save(model, call, f"{folder}/model")
    out = f"{folder}/out.safetensors"
    tool.run("transplant", "--from", a, "--into", b, "-o", out, "-q", "--vocab", f"{folder}/unigram.json",
             "--from-vocab", f"{folder}/bpe.json")
    found = load_file(out)["token_emb.emb.weight"]
    theirs = {text.replace("Ġ", " "): i for text, i in bpe.get_vocab().items()}
    theirs["</s>"] = theirs["<|endoftext|>"]
    count = 0
    for text, i in unigram.get_vocab().items():
        j = theirs.get(text.replace("▁", " "))
        count += j is not None
        expected = model.token_emb.emb.weight.data[i] if j is None else donor.token_emb.emb.weight.data[j]
        require(torch.equal(found[i], expected), f"the row of {text!r} differs")
    require(count > 20, f"only {count} tokens in common")
