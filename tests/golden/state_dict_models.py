"""Golden folders without a config.json: weights by the names of torchvision, of the releases of DINO, DINOv2 and MAE and
of OpenAI's and OpenCLIP's image towers.

The reference is torchvision, open_clip for its attentional pooling, or else the same network in timm or transformers with
the weights under their names there; the resampling of positions at another size is the one line of each release's code that
does it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import timm
import torch
import torch.nn.functional as functional
import transformers
from safetensors.torch import save_file
from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

from transformers_reference import outputs as transformers_outputs

Tensors = dict[str, torch.Tensor]
# Widths of whole heads of 64, and half precision, which the tensors hold exactly, for small files.
SIZES = dict(patch_size=4, embed_dim=64, depth=1, num_heads=1, mlp_ratio=0.5)


def halved(model: torch.nn.Module) -> torch.nn.Module:
    """The model with weights that half precision holds exactly."""
    return model.half().float().eval()


def save_half(tensors: Tensors, folder: Path) -> None:
    save_file({name: value.half().contiguous().clone() for name, value in tensors.items()},
              folder / "model.safetensors", metadata={"format": "pt"})


def torchvision_outputs(model: VisionTransformer, pixels: torch.Tensor) -> Tensors:
    x = model._process_input(pixels)
    tokens = model.encoder(torch.cat([model.class_token.expand(len(x), -1, -1), x], dim=1))
    return {"tokens": tokens, "pooled": tokens[:, 0], "logits": model(pixels)}


def make_torchvision(name: str, folder: Path, tools) -> None:
    def build(size: int) -> VisionTransformer:
        return VisionTransformer(size, 4, num_layers=1, num_heads=2, hidden_dim=128, mlp_dim=32, num_classes=7)

    model = build(12)
    tools.randomise(model, name, 0.02)
    halved(model)
    save_half(model.state_dict(), folder)
    pixels = tools.random_pixels(name, 12, 12)
    tools.save_expected(folder, "expected", pixels, torchvision_outputs(model, pixels))
    other = build(20).eval()
    other.load_state_dict(interpolate_embeddings(20, 4, model.state_dict()))
    pixels = tools.random_pixels(name, 20, 20)
    tools.save_expected(folder, "expected_resized", pixels, torchvision_outputs(other, pixels))


def timm_outputs(model: torch.nn.Module, pixels: torch.Tensor) -> Tensors:
    tokens = model.forward_features(pixels)
    result = {"tokens": tokens, "pooled": model.forward_head(tokens, pre_logits=True)}
    return result | ({"logits": model(pixels)} if model.num_classes > 0 else {})


def release(architecture: str, resize: Callable[[torch.Tensor, int, int], torch.Tensor] | None, extra: tuple[str, ...] = (),
            renamed: tuple[tuple[str, str], ...] = (), **changes) -> Callable:
    """A release whose network timm has; `resize` makes its position grid [1, D, h, w] one of h x w patches."""

    def make(name: str, folder: Path, tools) -> None:
        arguments = SIZES | changes
        model = timm.create_model(architecture, img_size=12, **arguments)
        tools.randomise(model, name, 0.02)
        halved(model)
        tensors = {key: value.clone() for key, value in model.state_dict().items()}
        prefix = model.pos_embed.shape[1] - 9
        if "reg_token" in tensors:
            # The release has a position for CLS, and names registers otherwise. Sums of halves are halves only here.
            position = tools.random_weight(name, "position_of_cls", (1, 1, 64), 0.02).half().float()
            tensors["register_tokens"] = tensors.pop("reg_token")
            tensors["pos_embed"] = torch.cat([position, tensors["pos_embed"]], dim=1)
            with torch.no_grad():
                model.cls_token.add_(position)
        for ours, theirs in renamed:
            tensors = {key.replace(ours, theirs): value for key, value in tensors.items()}
        for tensor in extra:
            tensors[tensor] = torch.ones(1, 64)
        save_half(tensors, folder)
        pixels = tools.random_pixels(name, 12, 12)
        tools.save_expected(folder, "expected", pixels, timm_outputs(model, pixels))
        if resize is None:
            return
        other = timm.create_model(architecture, img_size=(16, 8), **arguments).eval()
        weights = dict(model.state_dict())
        grid = weights["pos_embed"][:, prefix:].reshape(1, 3, 3, -1).permute(0, 3, 1, 2)
        grid = resize(grid, 4, 2).permute(0, 2, 3, 1).reshape(1, 8, -1)
        weights["pos_embed"] = torch.cat([weights["pos_embed"][:, :prefix], grid], dim=1)
        other.load_state_dict(weights)
        pixels = tools.random_pixels(name, 16, 8)
        tools.save_expected(folder, "expected_resized", pixels, timm_outputs(other, pixels))

    return make


def with_a_tenth(grid: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    side = grid.shape[-1]
    return functional.interpolate(grid, scale_factor=((rows + 0.1) / side, (columns + 0.1) / side), mode="bicubic")


def antialiased(grid: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    return functional.interpolate(grid, size=(rows, columns), mode="bicubic", antialias=True)


def clip_names(tensors: Tensors, prefix: str) -> Tensors:
    """transformers' names of a tower to OpenAI's."""
    renamed = {}
    for name, value in tensors.items():
        part = name.removeprefix("vision_model.")
        block = part.split(".")
        if part == "visual_projection.weight":
            renamed["proj"] = value.T
        elif part.startswith("encoder.layers."):
            stem, rest = f"transformer.resblocks.{block[2]}.", ".".join(block[3:])
            if rest.startswith(("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")):
                kind = block[-1]
                if ".q_proj." in part:
                    renamed[f"{stem}attn.in_proj_{kind}"] = torch.cat(
                        [tensors[name.replace("q_proj", which)] for which in ("q_proj", "k_proj", "v_proj")])
                continue
            for old, new in (("self_attn.out_proj", "attn.out_proj"), ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"),
                             ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj")):
                rest = rest.replace(old, new)
            renamed[stem + rest] = value
        else:
            new = {"embeddings.class_embedding": "class_embedding", "embeddings.patch_embedding.weight": "conv1.weight",
                   "embeddings.position_embedding.weight": "positional_embedding"}.get(part, part)
            renamed[new.replace("pre_layrnorm", "ln_pre").replace("post_layernorm", "ln_post")] = value
    return {prefix + name: value for name, value in renamed.items()}


def clip(open_clip: dict | None, layers: int, **sizes) -> Callable:
    def make(name: str, folder: Path, tools) -> None:
        config = transformers.CLIPVisionConfig(image_size=8, patch_size=4, num_hidden_layers=layers, projection_dim=6, **sizes)
        model = transformers.CLIPVisionModelWithProjection(config)
        tools.randomise(model, name, 0.02)
        halved(model)
        tensors = clip_names(dict(model.state_dict()), "visual.")
        tensors["logit_scale"] = torch.ones(())
        tensors["transformer.resblocks.0.ln_1.weight"] = torch.ones(4)
        save_half(tensors, folder)
        if open_clip is not None:
            (folder / "open_clip_config.json").write_text(json.dumps(open_clip, indent=2) + "\n")
        pixels = tools.random_pixels(name, 8, 8)
        expected = transformers_outputs(model, pixels)
        del expected["pooler_output"]
        tools.save_expected(folder, "expected", pixels, expected)

    return make


def attentional_pool(embed_dim: int, multimodal: dict | None) -> Callable:
    """CoCa itself, whose side of texts and whose decoder are passed over, or CLIP with the same pooling."""
    text = dict(context_length=4, vocab_size=9, width=4, heads=1, layers=1)
    vision = dict(image_size=8, layers=2, width=16, head_width=8, patch_size=4, attentional_pool=True, attn_pooler_queries=3,
                  attn_pooler_heads=4)
    if multimodal is not None:
        text |= dict(embed_cls=True, output_tokens=True)
        vision |= dict(output_tokens=True)

    def make(name: str, folder: Path, tools) -> None:
        # A package that no other case needs: make_open_clip.py says which.
        from open_clip.coca_model import CoCa
        from open_clip.model import CLIP

        config = dict(embed_dim=embed_dim, vision_cfg=vision, text_cfg=text)
        if multimodal is not None:
            config["multimodal_cfg"] = multimodal
        model = (CLIP if multimodal is None else CoCa)(**config)
        tools.randomise(model, name, 0.02)
        halved(model)
        save_half(model.state_dict(), folder)
        if multimodal is not None:
            config["custom_text"] = True
        preprocess = dict(mean=[0.5] * 3, std=[0.5] * 3, resize_mode="squash", interpolation="bicubic")
        (folder / "open_clip_config.json").write_text(
            json.dumps(dict(model_cfg=config, preprocess_cfg=preprocess), indent=2) + "\n")
        seen = {}
        model.visual.attn_pool.ln_k.register_forward_hook(lambda _module, _inputs, output: seen.update(tokens=output))
        model.visual.ln_post.register_forward_hook(lambda _module, _inputs, output: seen.update(pooled=output[:, 0]))
        pixels = tools.random_pixels(name, 8, 8)
        embeds = model.encode_image(pixels, normalize=False)
        tools.save_expected(folder, "expected", pixels, {**seen, "image_embeds": embeds})

    return make


CASES = {
    "torchvision_vit": make_torchvision,
    "dino": release("vit_small_patch16_224", with_a_tenth, num_classes=0),
    "dinov2_original": release("vit_small_patch14_dinov2", with_a_tenth, extra=("mask_token",), num_classes=0),
    "dinov2_giant_original": release("vit_giant_patch14_dinov2", with_a_tenth, extra=("mask_token",), num_classes=0,
                                     renamed=(("mlp.fc1", "mlp.w12"), ("mlp.fc2", "mlp.w3"))),
    "dinov2_registers_original": release("vit_small_patch14_reg4_dinov2", antialiased, extra=("mask_token",),
                                         num_classes=0),
    "mae_finetuned": release("vit_base_patch16_224", antialiased, global_pool="avg", num_classes=5),
    "openai_clip": clip(None, 1, hidden_size=64, num_attention_heads=1, intermediate_size=24, hidden_act="quick_gelu"),
    "open_clip": clip(dict(model_cfg=dict(embed_dim=6, vision_cfg=dict(image_size=8, layers=2, width=16, head_width=8,
                                                                       patch_size=4), text_cfg={}),
                           preprocess_cfg=dict(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5], resize_mode="squash",
                                               interpolation="bicubic")),
                      2, hidden_size=16, num_attention_heads=2, intermediate_size=24, hidden_act="gelu"),
    # Keys as wide as queries are in one tensor with them, others are not.
    "open_clip_attentional_pool": attentional_pool(16, None),
    "open_clip_coca": attentional_pool(12, dict(context_length=4, vocab_size=9, width=4, heads=1, layers=1)),
}
