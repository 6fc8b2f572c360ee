#!/usr/bin/env python3
"""Makes goldens of whole models of images and texts, from words and pictures on, with random weights.

    text_encoders/<case>/config.json, model.safetensors, preprocessor_config.json   as `save_pretrained` writes them
    text_encoders/<case>/<tokenizer>             a tokenizer of tokenizers/, copied
    text_encoders/<case>/expected.safetensors    text_embeds [N,E] of the texts in the metadata's `texts`, scaled to
                                                 length 1; classes [C,E] of its `labels`: the mean over its `templates`,
                                                 scaled to length 1 before and after, as CLIP's evaluation makes them;
                                                 logits_per_image [2,C] of the pictures of pipeline/ with the classes

Versions and setting up: see make_models.py. How to run: python tests/golden/make_text_encoders.py [CASE...]
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent
TEXTS = ["a cat", "A photo of a DOG on a beach!", "  two   cups of coffee ", "naïve café, 3 €", "日本の猫 🐈",
         "a very long text " * 9, "x"]
LABELS = ["cat", "cup of coffee", "dog"]
TEMPLATES = ["a photo of a {}", "{}", "itap of my {}."]
VISION = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16)
TEXT = dict(hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2)

# Class, the tokenizer's folder and class, the image processor, and the context length.
CASES = {
    "clip": ("CLIPModel", "clip_files", "CLIPTokenizer", "CLIPImageProcessorPil", 16),
    "siglip": ("SiglipModel", "siglip", "SiglipTokenizer", "SiglipImageProcessorPil", 12),
    "siglip2": ("SiglipModel", "siglip2", "Siglip2Tokenizer", "SiglipImageProcessorPil", 12),
    "chinese_clip": ("ChineseCLIPModel", "word_piece", "PreTrainedTokenizerFast", "ChineseCLIPImageProcessorPil", 20),
    "altclip": ("AltCLIPModel", "unigram", "PreTrainedTokenizerFast", "CLIPImageProcessorPil", 20),
}


def exact_text(count, length: int) -> str:
    """A text of just so many tokens, special ones included."""
    return next(text for n in range(length) for end in ("", "x", "cat", "photo", "qz") if count(text := "a " * n + end) == length)


def unit(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def make(name: str, model_class: str, tokenizer_folder: str, tokenizer_class: str, processor_class: str, length: int) -> None:
    folder = ROOT / "text_encoders" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "tokenizers" / tokenizer_folder, folder, ignore=shutil.ignore_patterns("ids.bin"))
    pad = {"clip": "<|endoftext|>", "siglip": "</s>", "chinese_clip": "[PAD]"}.get(name, "<pad>")
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": tokenizer_class, "model_max_length": length, "pad_token": pad, "padding_side": "right"}) + "\n")
    tokenizer = getattr(transformers, tokenizer_class).from_pretrained(folder)
    special = dict(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    if tokenizer.bos_token_id is not None:
        special["bos_token_id"] = tokenizer.bos_token_id
    first_position = tokenizer.pad_token_id + 1 if name == "altclip" else 0
    text = dict(TEXT, vocab_size=len(tokenizer), max_position_embeddings=first_position + length, **special)
    settings = dict(text_config=text, vision_config=VISION)
    if model_class.endswith("CLIPModel"):
        settings["projection_dim"] = 8
    torch.manual_seed(len(name))
    cls = getattr(transformers, model_class)
    model = cls(cls.config_class(**settings)).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key == "logit_scale":
                value.fill_(2.5)
            elif key == "logit_bias":
                value.fill_(-3.25)
            else:
                is_norm = ("norm" in key or "LN" in key or "LayerNorm" in key) and key.endswith("weight")
                value.copy_(torch.randn_like(value) * (0.4 if value.ndim > 1 else 0.1) + (1 if is_norm else 0))
                value.copy_(value.half().float())  # what is stored of it
    model.half().save_pretrained(folder)
    model.float()
    (folder / "generation_config.json").unlink(missing_ok=True)
    size = {"shortest_edge": 32} if model_class.endswith("CLIPModel") else {"height": 32, "width": 32}
    processor = getattr(transformers, processor_class)(size=size, crop_size={"height": 32, "width": 32})
    processor.save_pretrained(folder)

    def embed(texts: list[str]) -> torch.Tensor:
        tokens = tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        mask = {"attention_mask": tokens["attention_mask"]} if name in ("chinese_clip", "altclip") else {}
        return unit(model.get_text_features(input_ids=tokens["input_ids"], **mask).pooler_output)

    pictures = [Image.open(path).convert("RGB") for path in sorted((ROOT / "pipeline").glob("*.png"))]
    with torch.no_grad():
        words = [*TEXTS, exact_text(lambda text: len(tokenizer(text)["input_ids"]), length)]
        texts = embed(words)
        classes = torch.stack([unit(embed([t.format(label) for t in TEMPLATES]).mean(0)) for label in LABELS])
        images = unit(model.get_image_features(**processor(images=pictures, return_tensors="pt")).pooler_output)
        logits = model.logit_scale.exp() * images @ classes.T
        if hasattr(model, "logit_bias"):
            logits = logits + model.logit_bias
    save_file({"text_embeds": texts.contiguous(), "classes": classes.contiguous(), "logits_per_image": logits.contiguous()},
              folder / "expected.safetensors",
              {key: json.dumps(value) for key, value in
               {"texts": words, "labels": LABELS, "templates": TEMPLATES}.items()})


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        make(case, *CASES[case])
