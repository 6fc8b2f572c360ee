#!/usr/bin/env python3
"""Makes the goldens of zero-shot classification from transformers' CLIPModel and SiglipModel.

For the golden folders hf_clip and hf_siglip, which hold both towers, a file zero_shot/<folder>.safetensors in the form
in which the library reads texts, and beside the texts what the whole model makes of the folder's golden pixel values:

    text_embeds       [C, D]  get_text_features of C random texts, not scaled, as a user saves them
    __metadata__      "names": JSON list of C names
    logits_per_image  [B, C]  of the model, for pixel_values of models/<folder>/expected.safetensors
    probabilities     [B, C]  softmax of them for CLIP, sigmoid for SigLIP

Versions and setting up: see make_models.py. How to run: python tests/golden/make_zero_shot.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel

ROOT = Path(__file__).resolve().parent


def make(folder: str) -> None:
    model = AutoModel.from_pretrained(ROOT / "models" / folder, dtype=torch.float32).eval()
    pixels = load_file(ROOT / "models" / folder / "expected.safetensors")["pixel_values"]
    text = model.config.text_config
    ids = torch.randint(2, text.vocab_size, (6, text.max_position_embeddings), generator=torch.Generator().manual_seed(5))
    ids[:, 0] = torch.arange(2, 8)  # CLIP's tokenizer is not that of its tiny vocabulary, and it pools the first token
    with torch.no_grad():
        embeds = model.get_text_features(input_ids=ids).pooler_output
        logits = model(input_ids=ids, pixel_values=pixels).logits_per_image
    probabilities = logits.sigmoid() if "siglip" in folder else logits.softmax(-1)
    (ROOT / "zero_shot").mkdir(exist_ok=True)
    save_file({"text_embeds": embeds.contiguous(), "logits_per_image": logits.contiguous(),
               "probabilities": probabilities.contiguous()},
              ROOT / "zero_shot" / f"{folder}.safetensors",
              {"names": json.dumps([f"text {i}" for i in range(len(ids))])})


if __name__ == "__main__":
    for name in ("hf_clip", "hf_siglip"):
        make(name)
