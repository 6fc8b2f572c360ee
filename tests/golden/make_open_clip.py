#!/usr/bin/env python3
"""Makes the goldens of OpenCLIP's models whose image tower is timm's, from open_clip itself.

open_clip builds timm's architectures as they are, and the smallest has too many weights for one more golden. So the
trunks have the weights of models/timm_vit_flat_config, which is such a test_vit, and those that it lacks are computed
(`made`; the test in tests/unit/io/open_clip_golden_test.cpp does the same).

    open_clip/<case>/open_clip_config.json   of the folder
    open_clip/<case>/expected.safetensors    for pixel_values of models/timm_vit_flat_config/expected.safetensors: tokens
                                             [B,T,D] of the trunk, pooled [B,D], what its head reads, and image_embeds,
                                             encode_image(x)

Versions and setting up: see make_models.py; besides open_clip_torch==3.3.0, ftfy, wcwidth and regex, without their
dependencies. How to run: python tests/golden/make_open_clip.py
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent
TRUNK = ROOT / "models" / "timm_vit_flat_config"
TEXT = dict(context_length=8, vocab_size=9, width=8, heads=1, layers=1)

CASES = {
    # As in SigLIP, as in EVA-02, and both ways to pool the mean: the norm is after it, or stays before it.
    "map_none": dict(embed_dim=64, init_logit_bias=-10, vision=dict(timm_pool="map", timm_proj="none")),
    "token_head": dict(embed_dim=5, vision=dict(timm_pool="token", timm_proj=None)),
    "avg_head": dict(embed_dim=5, vision=dict(timm_pool="avg", timm_proj="")),
    "avg_linear": dict(embed_dim=6, vision={}),
    "default_linear_bias": dict(embed_dim=6, vision=dict(timm_pool="", timm_proj="linear", timm_proj_bias=True)),
}


def made(name: str, shape: torch.Size) -> torch.Tensor:
    index = torch.arange(shape.numel())
    return (((index * index * 7 + index * 13 + len(name)) % 251 - 125) / 512).reshape(shape)


def make(name: str, embed_dim: int, vision: dict, **more) -> None:
    vision_cfg = dict(image_size=32, timm_model_name="test_vit", **vision)
    model_cfg = dict(embed_dim=embed_dim, vision_cfg=vision_cfg, text_cfg=TEXT, custom_text=True, **more)
    folder = ROOT / "open_clip" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    preprocess_cfg = dict(mean=[0.5] * 3, std=[0.5] * 3, interpolation="bicubic", resize_mode="squash")
    (folder / "open_clip_config.json").write_text(
        json.dumps(dict(model_cfg=model_cfg, preprocess_cfg=preprocess_cfg), indent=2) + "\n")

    del model_cfg["custom_text"]
    model = CustomTextCLIP(**model_cfg).eval()
    model.visual.set_input_size(32)
    stored = load_file(TRUNK / "model.safetensors")
    visual = model.visual.state_dict()
    for key in visual:
        of_trunk = key.removeprefix("trunk.").replace("fc_norm", "norm")
        visual[key] = stored[of_trunk].float() if of_trunk in stored else made("visual." + key, visual[key].shape)
    model.visual.load_state_dict(visual)

    pixels = load_file(TRUNK / "expected.safetensors")["pixel_values"]
    trunk = model.visual.trunk
    tokens = trunk.forward_features(pixels)
    expected = dict(tokens=tokens, pooled=trunk.forward_head(tokens, pre_logits=True),
                    image_embeds=model.encode_image(pixels))
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    (folder / "expected.safetensors").chmod(0o644)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    for case, arguments in CASES.items():
        make(case, **arguments)
