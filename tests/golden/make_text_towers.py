#!/usr/bin/env python3
"""Makes the goldens of networks of texts from transformers' own classes, with random weights.

    text_towers/<case>/config.json, model.safetensors   as `save_pretrained` writes them
    text_towers/<case>/expected.safetensors             for input_ids [B,T]: last_hidden_state [B,T,D], pooled [B,D], the
                                                        token that is pooled, after the final norm, and text_embeds [B,E]:
                                                        of a pair of an image and a text model scaled to length 1

Versions and setting up: see make_models.py. How to run: python tests/golden/make_text_towers.py [CASE...]
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent
TEXT = dict(vocab_size=29, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3,
            max_position_embeddings=11)
CLIP = dict(TEXT, pad_token_id=1, bos_token_id=26, eos_token_id=27)
OWL = dict(CLIP, eos_token_id=27)
BERT = dict(TEXT, pad_token_id=1, eos_token_id=27, layer_norm_eps=1e-4)
VISION = dict(hidden_size=4, intermediate_size=4, num_hidden_layers=1, num_attention_heads=1, image_size=4, patch_size=4)

# Class, configuration, and how the weights are saved.
CASES = {
    "clip": ("CLIPModel", dict(text_config=CLIP, vision_config=VISION, projection_dim=10), {}),
    # The pooled token is that of the greatest id, which is not the end token.
    "clip_greatest_id": ("CLIPTextModel", dict(CLIP, eos_token_id=2, hidden_act="gelu"), {}),
    "clip_projection": ("CLIPTextModelWithProjection", dict(CLIP, projection_dim=7), {}),
    "clip_new_names": ("CLIPTextModel", CLIP, dict(save_original_format=False)),
    "metaclip_2": ("MetaClip2Model", dict(text_config=dict(CLIP, eos_token_id=2), vision_config=VISION,
                                          projection_dim=10), {}),
    "metaclip_2_text": ("MetaClip2TextModel", CLIP, {}),
    "metaclip_2_projection": ("MetaClip2TextModelWithProjection", dict(CLIP, projection_dim=7), {}),
    "aimv2": ("Aimv2Model", dict(text_config=CLIP, vision_config=VISION, projection_dim=10), {}),
    "aimv2_text": ("Aimv2TextModel", dict(CLIP, qkv_bias=True, mlp_bias=True, rms_norm_eps=1e-3), {}),
    "owlvit": ("OwlViTModel", dict(text_config=OWL, vision_config=VISION, projection_dim=10), {}),
    "owlvit_text": ("OwlViTTextModel", OWL, {}),
    "owlv2_detector": ("Owlv2ForObjectDetection", dict(text_config=OWL, vision_config=VISION, projection_dim=10), {}),
    "altclip": ("AltCLIPModel", dict(text_config=dict(BERT, project_dim=9, type_vocab_size=1), vision_config=VISION,
                                     projection_dim=10), {}),
    "altclip_new_names": ("AltCLIPModel", dict(text_config=dict(BERT, project_dim=9, type_vocab_size=1),
                                               vision_config=VISION, projection_dim=10), dict(save_original_format=False)),
    "altclip_text": ("AltCLIPTextModel", dict(BERT, project_dim=9, type_vocab_size=1), {}),
    "chinese_clip": ("ChineseCLIPModel", dict(text_config=dict(BERT, pad_token_id=0), vision_config=VISION,
                                              projection_dim=10), {}),
    "siglip": ("SiglipModel", dict(text_config=dict(TEXT, projection_size=4), vision_config=VISION), {}),
    "siglip_text": ("SiglipTextModel", dict(TEXT, hidden_act="gelu"), {}),
    "siglip2": ("Siglip2Model", dict(text_config=dict(TEXT, projection_size=4), vision_config=dict(
        {k: v for k, v in VISION.items() if k != "image_size"}, num_patches=4)), {}),
    "siglip2_text": ("Siglip2TextModel", TEXT, {}),
}


def token_ids(config) -> torch.Tensor:
    """Texts of several lengths that end with the end token, filled up with others, one of them the end token again."""
    ids = torch.randint(3, 26, (4, config.max_position_embeddings), generator=torch.Generator().manual_seed(3))
    if config.model_type == "altclip_text_model":
        # The table of positions begins with two rows that texts do not fill. Some have what fills up inside of them.
        ids = ids[:, :config.max_position_embeddings - 2]
        for text, length in enumerate((2, 6, 9, 4)):
            ids[text, length:] = config.pad_token_id
        ids[1, 3] = ids[2, 0] = config.pad_token_id
        return ids
    end = config.eos_token_id if config.eos_token_id < config.vocab_size else 27
    for text, place in enumerate((1, 5, 10, 3)):
        ids[text, place:] = 1 if text % 2 == 0 else end
        ids[text, place] = end
    if end == 2:
        ids[0, 4] = 28
        ids[1, 2] = ids[1, 7] = 27
    return ids


def make(name: str, class_name: str, settings: dict, save: dict) -> None:
    torch.manual_seed(len(name) + 100)
    model_class = getattr(transformers, class_name)
    model = model_class(model_class.config_class(**settings)).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key in ("logit_scale", "logit_bias"):
                continue
            # Norms and biases too, so that each of them counts.
            is_norm = "norm" in key and key.endswith("weight")
            value.copy_(torch.randn_like(value) * (0.2 if value.ndim > 1 else 0.1) + (1 if is_norm else 0))
    folder = ROOT / "text_towers" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **save)
    (folder / "generation_config.json").unlink(missing_ok=True)

    model = getattr(model, "owlv2", model)
    text = getattr(model, "text_model", model)
    pair = hasattr(model, "vision_model")
    ids = token_ids(text.config)
    # AIMv2 is causal only where it gets a mask, as its processor gives one, and PyTorch's own attention leaves a mask
    # out that hides no token that fills up.
    mask = dict(attention_mask=torch.ones_like(ids)) if "aimv2" in name else {}
    if name == "chinese_clip":
        ids[ids == 1] = 0
        mask = dict(attention_mask=(ids != 0).long())
    if "altclip" in name:
        # That of the tokenizer: 0 for what fills up, 1 for the same token inside of a text.
        mask = dict(attention_mask=(ids != text.config.pad_token_id).long().flip(1).cumsum(1).clamp(max=1).flip(1))
    if "aimv2" in name:
        model.set_attn_implementation("eager")
    seen = {}
    norm = {"ai": "rms_norm", "al": "pre_LN", "ch": "encoder"}.get(name[:2], "final_layer_norm")
    getattr(text, norm).register_forward_hook(
        lambda _module, _inputs, output: seen.update(tokens=output if torch.is_tensor(output) else output[0]))
    with torch.no_grad():
        if pair:
            embeds = model.get_text_features(input_ids=ids, **mask).pooler_output
            embeds = embeds / embeds.norm(dim=-1, keepdim=True)
        else:
            result = model(input_ids=ids, **mask)
            embeds = result.text_embeds if hasattr(result, "text_embeds") else result.pooler_output
    tokens = seen["tokens"]
    if "siglip" in name:
        places = torch.full((len(ids),), ids.shape[1] - 1)
    elif name.startswith(("alt", "chinese")):
        places = torch.zeros(len(ids), dtype=torch.long)
    elif name.startswith("owl") or text.config.eos_token_id == 2 and not name.startswith("metaclip"):
        places = ids.argmax(-1)
    else:
        places = (ids == text.config.eos_token_id).int().argmax(-1)
    save_file({"input_ids": ids.float(), "last_hidden_state": tokens.contiguous(),
               "pooled": tokens[torch.arange(len(ids)), places].contiguous(), "text_embeds": embeds.contiguous()},
              folder / "expected.safetensors")


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        make(case, *CASES[case])
