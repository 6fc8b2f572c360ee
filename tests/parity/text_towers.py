#!/usr/bin/env python3
"""Compares networks of texts at full size with transformers, from tokens on, in TEXTS.md beside this file.

    python tests/parity/text_towers.py [--include DIR]... [--only REGEX] [--output FILE]

with torch 2.15.0 and transformers 5.24.0. Each class is made with seeded random weights in the size of the folder on the Hub
that the row names, with a small image side; both embed four texts of random tokens: of the context's length, of half of it, of
one token, of none. The bound is 1e-05 of the largest value. Exits with 1 where one differs by more.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
import tempfile
from pathlib import Path

import torch
import transformers

import text_program
from random_weights import randomise, seed_of

BOUND = 1e-5
IMAGES = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16)
CLIP = dict(bos_token_id=49406, eos_token_id=49407)
XLM = dict(pad_token_id=1, bos_token_id=0, eos_token_id=2)


def sizes(width: int, depth: int, heads: int, hidden: int) -> dict:
    return dict(hidden_size=width, num_hidden_layers=depth, num_attention_heads=heads, intermediate_size=hidden)


# Folder, class, text_config, what the model's configuration has besides, special tokens: first, last, what fills up.
CASES = (
    ("clip-vit-base-patch32", "CLIPModel", CLIP, {}, (49406, 49407, 49407)),
    ("clip-vit-large-patch14", "CLIPModel", dict(CLIP, **sizes(768, 12, 12, 3072)), dict(projection_dim=768), (49406, 49407, 49407)),
    ("CLIP-ViT-H-14-laion2B-s32B-b79K", "CLIPModel", dict(CLIP, **sizes(1024, 24, 16, 4096), hidden_act="gelu"),
     dict(projection_dim=1024), (49406, 49407, 49407)),
    ("siglip-base-patch16-224", "SiglipModel", {}, {}, (None, 1, 1)),
    ("siglip-so400m-patch14-384", "SiglipModel", dict(sizes(1152, 27, 16, 4304), projection_size=1152), {}, (None, 1, 1)),
    ("siglip2-base-patch16-224", "SiglipModel", dict(vocab_size=256000), {}, (None, 1, 0)),
    ("siglip2-base-patch16-naflex", "Siglip2Model", dict(vocab_size=256000), {}, (None, 1, 0)),
    ("metaclip-2-worldwide-b32", "MetaClip2Model", dict(vocab_size=901629, bos_token_id=0, eos_token_id=2), {}, (0, 2, 1)),
    ("chinese-clip-vit-base-patch16", "ChineseCLIPModel", dict(vocab_size=21128, pad_token_id=0), {}, (101, 102, 0)),
    ("AltCLIP", "AltCLIPModel", dict(XLM, vocab_size=250002), dict(projection_dim=768), (0, 2, 1)),
    ("aimv2-large-patch14-224-lit", "Aimv2Model", {}, {}, (49406, 49407, 49407)),
    ("owlvit-base-patch32", "OwlViTModel", {}, {}, (49406, 49407, 0)),
    ("owlv2-base-patch16", "Owlv2Model", {}, {}, (49406, 49407, 0)),
)


def tokens(case: tuple, length: int, vocabulary: int) -> torch.Tensor:
    name, _, _, _, (first, last, pad) = case
    most = min(vocabulary, first or vocabulary, last if last > 9 else vocabulary)
    ids = torch.randint(3, most, (4, length), generator=torch.Generator().manual_seed(seed_of(name, "tokens")))
    begin = 0 if first is None else 1
    for i, end in enumerate((length - 1, length // 2, begin + 1, begin)):
        if first is not None:
            ids[i, 0] = first
        ids[i, end] = last
        ids[i, end + 1 :] = pad
    return ids


def unit(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def compare(program: Path, case: tuple) -> tuple[str, float]:
    _, model_class, text, more, (_, last, _) = case
    cls = getattr(transformers, model_class)
    vision = dict(IMAGES)
    if model_class == "Siglip2Model":
        vision = dict(vision, num_patches=4)
        vision.pop("image_size")
    model = cls(cls.config_class(text_config=text, vision_config=vision, **more)).eval()
    randomise(model, case[0])
    stated = model.config.text_config
    skipped = stated.pad_token_id + 1 if model_class == "AltCLIPModel" else 0
    length = 52 if model_class == "ChineseCLIPModel" else stated.max_position_embeddings - skipped
    length = min(length, 77)
    ids = tokens(case, length, stated.vocab_size)
    mask = {}
    if model_class in ("ChineseCLIPModel", "AltCLIPModel", "Aimv2Model"):  # AIMv2 is causal with a mask alone
        mask["attention_mask"] = torch.arange(length)[None] <= (ids == last).int().argmax(-1, keepdim=True)
        mask["attention_mask"] = mask["attention_mask"].long()
    with tempfile.TemporaryDirectory(prefix="eigenvit-texts-") as scratch:
        model.save_pretrained(scratch)
        expected = unit(model.get_text_features(input_ids=ids, **mask).pooler_output)
        parameters = sum(value.numel() for name, value in model.named_parameters() if "text" in name)
        shape = f"{stated.num_hidden_layers} of {stated.hidden_size}, {parameters / 1e6:.0f}"
        found = unit(torch.from_numpy(text_program.embeds(program, Path(scratch), ids).copy())).numpy()
        return shape, text_program.error(found, expected)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", action="append", default=[], metavar="DIR")
    parser.add_argument("--only", type=re.compile, default=re.compile(""))
    parser.add_argument("--program", type=Path)
    parser.add_argument("--output", type=Path, default=text_program.HERE / "TEXTS.md")
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    lines = ["# Texts beside transformers", "",
             f"Made by `python tests/parity/text_towers.py`, with transformers {transformers.__version__} and torch "
             f"{torch.__version__.split('+')[0]}: the greatest error of", "the vectors of four texts of random tokens, of length 1, relative to "
             f"their largest value, with seeded random weights; the bound is {BOUND:.0e}.", "",
             "| folder | class | blocks of width, million weights | error |", "|---|---|---|---|"]
    failures = 0
    with tempfile.TemporaryDirectory(prefix="eigenvit-texts-") as scratch:
        program = options.program or text_program.build(Path(scratch), [f"-I{path}" for path in options.include])
        for case in CASES:
            if not options.only.search(case[0]):
                continue
            shape, error = compare(program, case)
            failures += not error <= BOUND
            lines.append(f"| {case[0]} | `{case[1]}` | {shape} | {error:.1e} |")
            print(lines[-1], flush=True)
            gc.collect()
    options.output.write_text("\n".join(lines) + "\n")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
