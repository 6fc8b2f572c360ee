#!/usr/bin/env python3
"""Makes tests/golden/projections: queries, keys and values of golden models, by the real timm and transformers.

    python tests/golden/make_projections.py

For each case query.K, key.K and value.K [B,T,D] of the first and the last block K, as the linear layers of attention
give them for the pixel values of models/<case>/expected.safetensors; of DINOv3 also rotated_query.K and rotated_key.K,
after the rotary embedding. Versions: make_models.py.
"""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import timm
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.dinov3_vit import modeling_dinov3_vit as dinov3

HERE = Path(__file__).resolve().parent


def keep(found, name):
    return lambda module, inputs, output: found.__setitem__(name, output.detach().clone())


def timm_projections(folder, pixels):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    blocks = {0: model.blocks[0], len(model.blocks) - 1: model.blocks[-1]}
    found = {}
    for k, block in blocks.items():
        block.attn.qkv.register_forward_hook(keep(found, k))
    with torch.no_grad():
        model(pixels)
    return {f"{name}.{k}": part.contiguous() for k, qkv in found.items()
            for name, part in zip(("query", "key", "value"), qkv.chunk(3, -1))}


def transformers_projections(folder, pixels):
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    encoder = model.encoder if hasattr(model, "encoder") else model.model
    layers = encoder.layer
    found, rotated = {}, []
    for k in (0, len(layers) - 1):
        for name in ("query", "key", "value"):
            getattr(layers[k].attention, f"{name[0]}_proj").register_forward_hook(keep(found, f"{name}.{k}"))
    rotate = dinov3.apply_rotary_pos_emb

    def watched(*arguments, **named):
        result = rotate(*arguments, **named)
        rotated.append([x.transpose(1, 2).flatten(2).contiguous() for x in result])
        return result

    dinov3.apply_rotary_pos_emb = watched
    with torch.no_grad():
        model(pixels)
    dinov3.apply_rotary_pos_emb = rotate
    if rotated:
        for k in (0, len(layers) - 1):
            found[f"rotated_query.{k}"], found[f"rotated_key.{k}"] = rotated[k]
    return found


def main():
    output = HERE / "projections"
    output.mkdir(exist_ok=True)
    for case, make in (("timm_vit", timm_projections), ("hf_dinov2", transformers_projections),
                       ("hf_dinov3", transformers_projections)):
        folder = HERE / "models" / case
        pixels = load_file(folder / "expected.safetensors")["pixel_values"]
        save_file(make(folder, pixels), output / f"{case}.safetensors")
        (output / f"{case}.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
