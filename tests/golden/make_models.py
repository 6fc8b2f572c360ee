#!/usr/bin/env python3
"""Makes the golden model folders of tests/golden/models from the real timm and transformers.

Every case is a small model folder in the form in which the Hugging Face Hub has it, with weights that are all random
(norms, LayerScale, biases and tokens too, so that nothing hides behind zeros and ones), and beside it what the Python
reference makes of that folder. The reference always reads the folder back from disk, so that a golden says what the
*files* mean, stored precision included.

    models/<case>/config.json, *.safetensors, ...   the folder
    models/<case>/expected.safetensors              pixel_values [B,3,H,W] and, in float32: tokens [B,T,D], pooled [B,D],
                                                    logits [B,C], pooler_output [B,D], image_embeds, hidden.K [B,T,D],
                                                    attention.K [B,H,T,T] for the first and the last block K
    models/<case>/expected_resized.safetensors      pixel_values of another size and the tokens, pooled and logits
                                                    after the position table has been resampled
    models/<case>/expected_pipeline.safetensors     for each photograph of pipeline/: <file name>.pixel_values [3,H,W]
                                                    and <file name>.logits [C]
    pipeline/*.png                                  two crops of the photographs in examples/images

Meanings:
    timm          tokens = forward_features(x), pooled = forward_head(tokens, pre_logits=True), logits = forward(x)
    transformers  transformers_reference.py tells
    hidden.K      the residual stream after block K, before the final norm; attention.K after softmax, of every head,
                  in differential attention before they are subtracted

The preprocessing references are timm's evaluation transform and the transformers image processors in their PIL form.
Expected tensors do not depend on the machine beyond the last bits of float32; the folders do not depend on it at all.

How to run (the versions matter):

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 transformers==5.24.0 \
        safetensors==0.8.0 numpy==2.4.6 pillow==13.0.0
    /tmp/reference/bin/python tests/golden/make_models.py [CASE...]
"""

from __future__ import annotations

import argparse
import inspect
import json
import math
import os
import shutil
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import timm
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf
from transformers import AutoImageProcessor

import state_dict_models
from transformers_reference import takes_patches
from transformers_reference import outputs as transformers_outputs

HERE = Path(__file__).resolve().parent
MODELS = HERE / "models"
PHOTOGRAPHS = HERE / "pipeline"
EXAMPLE_IMAGES = HERE.parents[1] / "examples" / "images"

BATCH = 2
PRECISIONS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
ELEVEN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)
# How folders store their weights, where a case says nothing else. timm rounds resampled tables to it: a value that lies
# halfway can turn out otherwise here and there, and then a case needs another precision.
HALF_THE_SIZE = "F16"


# ---- random numbers ----------------------------------------------------------------------------------------------


def generator(*names: str) -> np.random.Generator:
    """A generator that depends on the names alone, so that adding a case changes no other."""
    return np.random.Generator(np.random.PCG64(zlib.crc32("/".join(names).encode())))


def random_weight(case: str, name: str, shape: tuple[int, ...], embedding_scale: float) -> torch.Tensor:
    """One parameter. The scales are chosen so that every branch shows in the result.

    Tokens enter the first block with the deviation `embedding_scale`; a small one makes the epsilon of the norms
    matter. Every other hidden unit of the MLP lives near -2.2, where the variants of GELU differ most, and is
    amplified afterwards. Queries and keys are large enough for an attention that is far from uniform.
    """
    rng = generator(case, name)
    normal = rng.standard_normal(shape)
    owner, _, kind = name.rpartition(".")
    leaf = owner.rsplit(".", 1)[-1]
    hidden_side = leaf in ("fc1", "intermediate")

    if kind == "freqs":
        value = 0.4 * normal
    elif kind == "relative_position_bias_table":
        value = normal
    elif kind in ("latent", "probe"):
        value = normal
    elif "mid_position" in name or "position_embedding.weight" in name:
        value = 0.3 * normal
    elif name == "embeds.pos_embed":
        value = normal * embedding_scale
    elif name == "query.weight":
        value = 2.0 * normal
    elif owner == "class_predictor":
        # Sure of a few classes, seldom of none.
        value = 4.0 * normal / math.sqrt(shape[1]) if kind == "weight" else 0.1 * normal
        value[-1] -= 4.0 if kind == "bias" else 0.0
    elif name == "metric_head.patch_transformer.embedding_convPxP.weight":
        value = 5.5 * normal
    elif name == "metric_head.mlp_classifier.linear2.bias":
        # Two images of one batch are of different domains.
        value = 0.3 * normal + np.array([-0.45, 0.0])
    elif owner == "mask_head.fc3":
        value = 2.0 * normal / math.sqrt(shape[1]) if kind == "weight" else 0.0 * normal
    elif kind == "running_var":
        value = rng.uniform(0.5, 1.5, shape)
    elif len(shape) == 4 and name.startswith(("neck.", "head.", "fpn", "decode_head.", "auxiliary_head.",
                                                "upscale_block.", "relative_head.", "metric_head.")):
        value = normal / math.sqrt(math.prod(shape[1:]))
    elif len(shape) == 4 or name in ("embeds.proj.weight", "embeddings.patch_projection.weight"):
        value = normal * embedding_scale / math.sqrt(math.prod(shape[1:]))
    elif len(shape) == 3 or "patch_embed" in name:
        value = normal * embedding_scale
    elif kind == "in_proj_weight":
        value = 1.6 * normal / math.sqrt(shape[1])
    elif kind in ("gamma", "gamma_1", "gamma_2", "lambda1", "lambda_1", "lambda_2"):
        value = rng.uniform(0.3, 1.2, shape) * np.sign(normal)
    elif kind == "running_var" or (kind == "weight" and len(shape) == 1):
        value = rng.uniform(0.5, 1.5, shape)
    elif kind == "weight" and hidden_side:
        value = normal / math.sqrt(shape[1])
        value[1::2] *= 0.2
    elif kind == "bias" and hidden_side:
        value = 0.3 * normal
        value[1::2] = -2.2 + 0.1 * normal[1::2]
    elif kind == "weight" and leaf == "fc2":
        value = normal / math.sqrt(shape[1])
        value[:, 1::2] *= 12.0
    elif kind == "weight" and leaf in ("qkv", "q_proj", "k_proj", "v_proj", "query", "key", "value"):
        value = 1.6 * normal / math.sqrt(shape[1])
    elif kind == "weight":
        value = normal / math.sqrt(shape[1])
    else:
        value = 0.3 * normal
    return torch.from_numpy(np.asarray(value, dtype=np.float32))


def randomise(model: torch.nn.Module, case: str, embedding_scale: float) -> None:
    weights = model.state_dict()
    # RADIO's are stated by its configuration; another counts what training saw.
    buffers = {name: old for name, old in weights.items()
               if name.startswith(("input_conditioner.", "summary_idxs")) or name.endswith("num_batches_tracked")}
    # Training ends without masked attention.
    buffers |= {name: torch.zeros_like(old) for name, old in weights.items() if name == "attn_mask_probs"}
    model.load_state_dict({name: random_weight(case, name, tuple(old.shape), embedding_scale)
                           for name, old in weights.items()} | buffers)


def random_pixels(case: str, height: int, width: int) -> torch.Tensor:
    values = generator(case, "pixel_values", f"{height}x{width}").standard_normal((BATCH, 3, height, width))
    return torch.from_numpy(values.astype(np.float32))


# ---- cases ---------------------------------------------------------------------------------------------------------


@dataclass
class TimmCase:
    """A folder of timm. `style`: "export" is written by timm's own save_for_hf, which records all arguments;
    "hub" is the form of the folders on the Hub, which record only what differs from the architecture;
    "flat" is the oldest form, without a pretrained_cfg object."""

    name: str
    architecture: str
    args: dict = field(default_factory=dict)
    preprocessing: dict = field(default_factory=dict)
    style: str = "export"
    labels: dict = field(default_factory=dict)
    stored: str = HALF_THE_SIZE
    file_name: str = "model.safetensors"
    embedding_scale: float = 0.02
    pipeline: bool = False
    resized: tuple[int, int] | None = None
    taps: bool = True


@dataclass
class TransformersCase:
    """A folder of transformers. `edit` changes config.json after it has been written; None removes a key."""

    name: str
    model: str
    config: dict = field(default_factory=dict)
    edit: dict = field(default_factory=dict)
    build: dict = field(default_factory=dict)
    save: dict = field(default_factory=dict)
    stored: str = HALF_THE_SIZE
    rename_prefix: tuple[str, str] | None = None
    extra_tensors: dict = field(default_factory=dict)
    processor: str | dict | None = None
    embedding_scale: float = 0.02
    pipeline: bool = False
    resized: tuple[int, int] | None = None


TINY = dict(img_size=16, patch_size=4, embed_dim=18, depth=2, num_heads=3, mlp_ratio=2.7, num_classes=7)


def tiny(**changes) -> dict:
    return dict(TINY, **changes)


def wide(**changes) -> dict:
    """With heads of a width that rotary embeddings can be made for."""
    return tiny(**{"embed_dim": 24, **changes})


TIMM_CASES = [
    # Pre-norm blocks, CLS token, one head: the plain ViT in all the forms that a folder can take.
    TimmCase("timm_vit", "vit_tiny_patch16_224", tiny(depth=3), stored="F32", resized=(24, 20)),
    TimmCase("timm_vit_hub_style", "vit_small_patch16_224", tiny(num_classes=10), style="hub",
             stored="F32", labels=dict(label_names=CIFAR10), pipeline=True,
             preprocessing=dict(crop_pct=0.9, interpolation="bicubic", mean=HALF, std=HALF)),
    TimmCase("timm_vit_flat_config", "test_vit", style="flat", taps=False,
             preprocessing=dict(input_size=[3, 32, 32], num_classes=5)),
    TimmCase("timm_vit_labels", "vit_tiny_patch16_224", tiny(depth=1, num_classes=5), style="hub",
             file_name="augreg.safetensors",
             labels=dict(label_names=["n01", "n02", "n03", "n04", "n05"],
                         label_descriptions={"n01": "a tench", "n02": "a goldfish", "n03": "a great white shark",
                                             "n04": "a tiger shark", "n05": "a hammerhead"})),
    TimmCase("timm_vit_1000_classes", "vit_tiny_patch16_224", tiny(embed_dim=16, num_heads=2, num_classes=1000),
             style="hub", pipeline=True,
             preprocessing=dict(crop_pct=1.0, crop_mode="squash", interpolation="bilinear",
                                mean=IMAGENET_MEAN, std=IMAGENET_STD)),
    TimmCase("timm_vit_f16", "vit_tiny_patch16_224", tiny(), stored="F16"),
    TimmCase("timm_vit_bf16", "vit_tiny_patch16_224", tiny(), stored="BF16"),
    TimmCase("timm_vit_f64", "vit_tiny_patch16_224", tiny(depth=1), stored="F64"),
    TimmCase("timm_vit_non_square", "vit_tiny_patch16_224", tiny(img_size=[24, 40], patch_size=[6, 8]), pipeline=True,
             preprocessing=dict(crop_pct=0.875, interpolation="bicubic", mean=IMAGENET_MEAN, std=IMAGENET_STD)),
    TimmCase("timm_vit_no_head", "vit_base_patch8_224", tiny(num_classes=0, patch_size=8, img_size=24), style="hub"),
    TimmCase("timm_vit_no_qkv_bias", "vit_base_patch16_224_miil", tiny(), style="hub", pipeline=True,
             preprocessing=dict(crop_pct=0.875, crop_mode="border", interpolation="bilinear", mean=(0.3, 0.4, 0.55),
                                std=(1.0, 1.0, 1.0))),
    # Pooling and where the last norm stands.
    TimmCase("timm_vit_avg", "vit_tiny_patch16_224", tiny(global_pool="avg")),
    TimmCase("timm_vit_avg_norm_before", "vit_tiny_patch16_224", tiny(global_pool="avg", fc_norm=False)),
    TimmCase("timm_vit_avg_no_head", "vit_tiny_patch16_224", tiny(global_pool="avg", num_classes=0)),
    TimmCase("timm_vit_token_fc_norm", "vit_tiny_patch16_224", tiny(fc_norm=True)),
    TimmCase("timm_vit_no_final_norm", "vit_intern300m_patch14_448",
             tiny(num_classes=7, dynamic_img_size=False), style="hub"),
    TimmCase("timm_vit_no_class_token_gap", "vit_medium_patch16_gap_240", tiny(), style="hub"),
    # LayerScale, position tables without prefix rows, registers.
    TimmCase("timm_deit3", "deit3_small_patch16_224", tiny(), style="hub", resized=(12, 24), pipeline=True,
             preprocessing=dict(crop_pct=0.84, interpolation="lanczos")),
    TimmCase("timm_reg4_dinov2", "vit_small_patch14_reg4_dinov2", tiny(num_classes=0), style="hub", resized=(24, 16)),
    TimmCase("timm_reg4_gap_fc_norm", "vit_medium_patch16_reg4_gap_256", tiny(), style="hub"),
    TimmCase("timm_reg4_with_positions", "vit_so150m_patch16_reg4_gap_256", tiny(mlp_ratio=None), style="hub"),
    TimmCase("timm_reg1_so150m2", "vit_so150m2_patch16_reg1_gap_256", tiny(), style="hub"),
    # NaFlexVit: patches as rows of pixels; each way to make positions of another grid.
    TimmCase("timm_naflex", "naflexvit_base_patch16_gap", tiny(), style="hub", resized=(24, 12), pipeline=True,
             preprocessing=dict(crop_pct=1.0, interpolation="bicubic", mean=HALF, std=HALF)),
    TimmCase("timm_naflex_par", "naflexvit_base_patch16_par_gap", tiny(depth=1, pos_embed_grid_size=[5, 5]),
             style="hub", resized=(8, 24)),
    TimmCase("timm_naflex_parfac", "naflexvit_base_patch16_parfac_gap", tiny(depth=1), style="hub", resized=(24, 8)),
    TimmCase("timm_naflex_siglip", "naflexvit_base_patch16_siglip", tiny(depth=1, num_classes=0), style="hub",
             resized=(12, 20)),
    TimmCase("timm_naflex_radio", "naflexvit_base_patch16_radio_v3",
             tiny(depth=1, num_classes=0, pos_embed_grid_size=[6, 6]), style="hub", resized=(8, 20)),
    # CLIP's towers: a norm before the blocks, no bias in the patch embedding, epsilon 1e-5.
    TimmCase("timm_clip_quickgelu", "vit_base_patch32_clip_quickgelu_224", tiny(num_classes=12), style="hub",
             embedding_scale=0.005),
    TimmCase("timm_clip", "vit_base_patch32_clip_224", tiny(), style="hub", embedding_scale=0.005),
    TimmCase("timm_eps", "vit_tiny_patch16_224", tiny(depth=1), embedding_scale=0.001),
    # DeiT.
    TimmCase("timm_deit", "deit_tiny_patch16_224", tiny(), style="hub"),
    TimmCase("timm_deit_distilled", "deit_tiny_distilled_patch16_224", tiny(), style="hub", resized=(20, 28)),
    TimmCase("timm_deit_distilled_no_head", "deit_small_distilled_patch16_224", tiny(num_classes=0)),
    # Norms, biases and positions that are otherwise or not at all.
    TimmCase("timm_rmsnorm", "test_vit4", tiny(), style="hub", embedding_scale=0.005),
    TimmCase("timm_aimv2", "aimv2_large_patch14_224", tiny(), style="hub", resized=(12, 20)),
    TimmCase("timm_beit3", "beit3_base_patch16_224", tiny(), style="hub"),
    TimmCase("timm_qk_norm", "vit_tiny_patch16_224", tiny(qk_norm=True, scale_attn_norm=True)),
    TimmCase("timm_no_positions", "vit_tiny_patch16_224", tiny(pos_embed="none", proj_bias=False)),
    # RADIO: bilinear positions, whose corners stay in some of its releases.
    TimmCase("timm_radio", "vit_base_patch16_radio_v3", tiny(depth=1, num_classes=0), style="hub", stored="F32",
             resized=(24, 12)),
    TimmCase("timm_radio_v4", "vit_huge_patch16_radio_v4", tiny(depth=1, num_classes=0), style="hub",
             resized=(12, 20)),
    TimmCase("timm_flexivit", "flexivit_small", tiny(), style="hub", stored="F32", resized=(24, 20)),
    # Pooling.
    TimmCase("timm_max", "vit_tiny_patch16_224", tiny(depth=1, global_pool="max", reg_tokens=1)),
    TimmCase("timm_avgmax", "vit_tiny_patch16_224", tiny(depth=1, global_pool="avgmax")),
    TimmCase("timm_avg_with_prefix", "vit_tiny_patch16_224",
             tiny(depth=1, global_pool="avg", pool_include_prefix=True)),
    TimmCase("timm_siglip", "vit_base_patch16_siglip_224", tiny(num_classes=0), style="hub", resized=(12, 20)),
    TimmCase("timm_siglip_tanh", "vit_base_patch32_siglip_256", tiny(depth=1), style="hub"),
    TimmCase("timm_map_with_prefix", "test_vit3", tiny(), style="hub"),
    TimmCase("timm_map_registers", "vit_so150m_patch16_reg4_map_256", tiny(depth=1), style="hub"),
    # Other blocks.
    TimmCase("timm_swiglu_packed", "vit_giant_patch14_dinov2", tiny(num_classes=0), style="hub"),
    TimmCase("timm_post_norm", "vit_base_patch16_rpn_224", tiny(), style="hub"),
    TimmCase("timm_parallel_scaling", "vit_base_patch16_xp_224", tiny(), style="hub", stored="F32", resized=(12, 20)),
    TimmCase("timm_parallel_scaling_bias", "vit_pwee_patch16_reg1_gap_256", tiny(), style="hub"),
    TimmCase("timm_parallel_scaling_diff", "vit_dpwee_patch16_reg1_gap_256", wide(depth=3), style="hub"),
    TimmCase("timm_diff_attention", "vit_dwee_patch16_reg1_gap_256", wide(depth=3), style="hub"),
    TimmCase("timm_parallel_things", "vit_small_patch16_18x2_224", tiny(), style="hub"),
    # EVA: biases of queries and values only, rotary embeddings, gated MLPs, norms inside.
    TimmCase("timm_eva", "eva_giant_patch14_224", tiny(), style="hub", resized=(12, 20)),
    TimmCase("timm_eva_clip", "eva_giant_patch14_clip_224", tiny(), style="hub"),
    TimmCase("timm_eva02", "eva02_base_patch14_448", wide(), style="hub", resized=(12, 20)),
    TimmCase("timm_eva02_packed", "eva02_tiny_patch14_224", wide(num_classes=0), style="hub", resized=(20, 16)),
    TimmCase("timm_eva02_clip", "eva02_base_patch16_clip_224", wide(), style="hub"),
    TimmCase("timm_eva02_post_norm", "eva02_enormous_patch14_clip_224", tiny(), style="hub"),
    TimmCase("timm_eva02_exported", "eva02_tiny_patch14_224",
             wide(scale_mlp=True, qk_norm=True, num_reg_tokens=2, rope_type="cat", use_fc_norm=False)),
    # Perception encoders.
    TimmCase("timm_pe_core", "vit_pe_core_base_patch16_224", wide(attn_pool_num_heads=2), style="hub",
             resized=(12, 20)),
    TimmCase("timm_pe_core_no_class_token", "vit_pe_core_gigantic_patch14_448", wide(attn_pool_num_heads=4),
             style="hub"),
    TimmCase("timm_pe_lang", "vit_pe_lang_large_patch14_448", wide(num_classes=0), style="hub", resized=(12, 20)),
    # RoPE-ViT.
    TimmCase("timm_rope", "vit_small_patch16_rope_224", wide(), style="hub", resized=(12, 20)),
    TimmCase("timm_rope_mixed", "vit_small_patch16_rope_mixed_224", wide(), style="hub", resized=(12, 20)),
    TimmCase("timm_rope_mixed_ape", "vit_small_patch16_rope_mixed_ape_224", wide(), style="hub"),
    TimmCase("timm_rope_gap", "vit_medium_patch16_rope_reg1_gap_256", wide(), style="hub", resized=(20, 12)),
    # DINOv3.
    TimmCase("timm_dinov3", "vit_small_patch16_dinov3", wide(num_classes=0), style="hub", resized=(12, 20)),
    TimmCase("timm_dinov3_qkvb", "vit_small_patch16_dinov3_qkvb", wide(), style="hub"),
    # Heads that share keys and values in the middle block, LayerScale of the attention only.
    TimmCase("timm_sapiens2", "vit_base_patch16_sapiens2",
             wide(img_size=[16, 12], num_heads=6, depth=3, num_kv_heads=[6, 2, 6], num_classes=0), style="hub"),
    TimmCase("timm_dinov3_plus", "vit_huge_plus_patch16_dinov3_qkvb", wide(num_classes=0), style="hub"),
    # BEiT: relative positions of each block, of all blocks, of both.
    TimmCase("timm_beit", "beit_base_patch16_224", tiny(), style="hub", resized=(24, 20)),
    TimmCase("timm_beit_shared", "beitv2_base_patch16_224",
             tiny(use_rel_pos_bias=False, use_shared_rel_pos_bias=True, global_pool="token"), style="hub"),
    TimmCase("timm_beit_both", "beit_large_patch16_224",
             tiny(img_size=[16, 24], use_shared_rel_pos_bias=True, use_abs_pos_emb=True, swiglu_mlp=True)),
]

VIT = dict(image_size=16, patch_size=4, hidden_size=18, num_hidden_layers=2, num_attention_heads=3,
           intermediate_size=44, num_labels=7)
PATCH8 = dict(VIT, image_size=24, patch_size=8)


def vit(**changes) -> dict:
    return dict(VIT, **changes)


def labels(names: list[str]) -> dict:
    return dict(id2label=dict(enumerate(names)), label2id={name: index for index, name in enumerate(names)})


def without(config: dict, *keys: str) -> dict:
    return {key: value for key, value in config.items() if key not in keys}


SPARSE = {key: None for key in ("layer_norm_eps", "qkv_bias", "num_channels", "hidden_act", "pooler_act",
                                "pooler_output_size", "encoder_stride", "initializer_range", "dtype",
                                "hidden_dropout_prob", "attention_probs_dropout_prob", "transformers_version")}

DINOV2 = dict(image_size=12, patch_size=4, hidden_size=18, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=2)
CLIP = without(VIT, "num_labels")
TEXT = dict(hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=9,
            max_position_embeddings=8)

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CHINESE_TEXT = dict(TEXT, pad_token_id=0)
BLIP = dict(CLIP)
BLIP_TEXT = dict(TEXT, encoder_hidden_size=18)
SIGLIP = without(VIT, "num_labels")
SIGLIP2 = dict(without(VIT, "num_labels", "image_size"), num_patches=16)
RADIO = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=2.0, image_size=16, patch_size=4,
             max_img_size=24, num_cls_tokens=2, num_registers=3, norm_mean=[0.4, 0.5, 0.6], norm_std=[0.3, 0.2, 0.4])
BEIT = without(VIT, "num_labels")
SEGMENTER = dict(BEIT, hidden_size=12, num_hidden_layers=5, num_labels=5, auxiliary_channels=4)
DINOV3 = dict(image_size=16, patch_size=4, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
              intermediate_size=44)
AIMV2 = without(VIT, "num_labels")
MLCD = dict(AIMV2, hidden_size=24)


def depth_anything(apply_layernorm: bool = True, **changes) -> dict:
    backbone = transformers.Dinov2Config(**dict(DINOV2, image_size=16, num_hidden_layers=5), out_indices=[1, 3, 4, 5],
                                         reshape_hidden_states=False, apply_layernorm=apply_layernorm)
    return dict(dict(backbone_config=backbone, patch_size=4, reassemble_hidden_size=18, neck_hidden_sizes=[5, 6, 7, 8],
                     fusion_hidden_size=6, head_hidden_size=4), **changes)


def dpt(backbone: transformers.PreTrainedConfig | None = None, **changes) -> dict:
    if backbone is not None:
        changes["backbone_config"] = backbone
    return dict(dict(without(VIT, "num_labels"), num_hidden_layers=4, backbone_out_indices=[0, 1, 2, 3],
                     neck_hidden_sizes=[5, 6, 7, 8], fusion_hidden_size=6), **changes)


DPT_DINOV2 = transformers.Dinov2Config(**dict(DINOV2, image_size=16, num_hidden_layers=5), out_indices=[1, 3, 4, 5],
                                       reshape_hidden_states=False, apply_layernorm=True)
DPT_BEIT = transformers.BeitConfig(**dict(without(VIT, "num_labels"), num_hidden_layers=4), out_indices=[1, 2, 3, 4],
                                   reshape_hidden_states=False, use_relative_position_bias=True)
ZOE = dict(backbone_config=DPT_BEIT, neck_hidden_sizes=[5, 6, 7, 8], fusion_hidden_size=6, bottleneck_features=6,
           num_relative_features=4, bin_embedding_dim=8, num_attractors=[5, 4, 3, 1])
ZOE_PROCESSOR = dict(image_processor_type="ZoeDepthImageProcessor", do_resize=True, do_pad=True, do_rescale=True,
                     do_normalize=True, ensure_multiple_of=4, keep_aspect_ratio=True, resample=2, rescale_factor=1 / 255,
                     size={"height": 16, "width": 24}, image_mean=HALF, image_std=HALF)
ZOE_DOMAINS = dict(num_patch_transformer_layers=4, patch_transformer_hidden_size=128,
                   patch_transformer_intermediate_size=24, patch_transformer_num_attention_heads=4,
                   bin_configurations=[{"name": "nyu", "n_bins": 9, "min_depth": 1e-3, "max_depth": 10.0},
                                       {"name": "kitti", "n_bins": 7, "min_depth": 1e-3, "max_depth": 80.0}])
TIPSV2 = dict(DINOV2)
PIXIO = dict(DINOV2, n_cls_tokens=3)
SAPIENS2 = dict(image_size=[16, 12], patch_size=4, hidden_size=24, num_attention_heads=6, intermediate_size=44,
                num_register_tokens=2)
VITPOSE = dict(image_size=[12, 15], patch_size=[6, 5], hidden_size=18, num_hidden_layers=2, num_attention_heads=3,
               mlp_ratio=2)
EOMT = dict(image_size=16, patch_size=4, hidden_size=18, num_hidden_layers=3, num_attention_heads=3, mlp_ratio=2,
            num_blocks=2, num_queries=5, num_register_tokens=2)
EOMT_DINOV3 = dict(without(EOMT, "mlp_ratio"), hidden_size=24, intermediate_size=44)
YOLOS = dict(image_size=[8, 12], patch_size=4, hidden_size=18, num_hidden_layers=2, num_attention_heads=3,
             intermediate_size=44, num_detection_tokens=5)

TRANSFORMERS_CASES = [
    # The classifier in the forms that a folder can take.
    TransformersCase("hf_vit", "ViTForImageClassification",
                     dict(without(PATCH8, "num_labels"), **labels(ELEVEN), num_hidden_layers=3),
                     processor=dict(image_processor_type="ViTImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, size={"height": 24, "width": 24}, resample=2,
                                    rescale_factor=0.00392156862745098, image_mean=HALF, image_std=HALF),
                     pipeline=True, stored="F32"),
    TransformersCase("hf_vit_sparse_config", "ViTForImageClassification", vit(num_labels=2),
                     edit=dict(SPARSE, id2label=None, label2id=None), embedding_scale=0.001, stored="F32"),
    TransformersCase("hf_vit_layer_norm_eps", "ViTForImageClassification", vit(layer_norm_eps=1e-5, num_hidden_layers=1),
                     embedding_scale=0.001),
    TransformersCase("hf_vit_new_names", "ViTForImageClassification", vit(), save=dict(save_original_format=False),
                     resized=(24, 20), stored="F32"),
    TransformersCase("hf_vit_sharded", "ViTForImageClassification", vit(), save=dict(max_shard_size="8KB"), stored="F32"),
    TransformersCase("hf_vit_f16", "ViTForImageClassification", vit(), stored="F16"),
    TransformersCase("hf_vit_unused_pooler", "ViTForImageClassification", vit(num_hidden_layers=1),
                     extra_tensors={"vit.pooler.dense.weight": (18, 18), "vit.pooler.dense.bias": (18,),
                                    "vit.embeddings.mask_token": (1, 1, 18)}),
    TransformersCase("hf_vit_non_square", "ViTForImageClassification", vit(image_size=[24, 40], patch_size=[6, 8])),
    TransformersCase("hf_vit_gelu_new", "ViTForImageClassification", vit(hidden_act="gelu_new", num_hidden_layers=1)),
    TransformersCase("hf_vit_gelu_pytorch_tanh", "ViTForImageClassification",
                     vit(hidden_act="gelu_pytorch_tanh", num_hidden_layers=1)),
    TransformersCase("hf_vit_quick_gelu", "ViTForImageClassification",
                     vit(hidden_act="quick_gelu", num_hidden_layers=1)),
    TransformersCase("hf_vit_no_qkv_bias", "ViTForImageClassification", vit(qkv_bias=False)),
    # facebook/deit-base-patch16-224 is such a folder: model_type vit, the image processor of DeiT, old key names.
    TransformersCase("hf_vit_deit_processor", "ViTForImageClassification", PATCH8, edit=SPARSE,
                     processor=dict(feature_extractor_type="DeiTFeatureExtractor", do_resize=True, do_center_crop=True,
                                    do_normalize=True, size=27, crop_size=24, resample=3,
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True),
    TransformersCase("hf_vit_shortest_edge", "ViTForImageClassification", PATCH8,
                     processor=dict(image_processor_type="ViTImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, size={"shortest_edge": 27},
                                    crop_size={"height": 24, "width": 24}, resample=3, rescale_factor=1 / 127.5,
                                    image_mean=(1.0, 1.0, 1.0), image_std=(1.0, 0.9, 1.1)),
                     pipeline=True),
    TransformersCase("hf_vit_crop_pads", "ViTForImageClassification", PATCH8,
                     processor=dict(image_processor_type="ViTImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=False, size={"height": 21, "width": 29},
                                    crop_size={"height": 24, "width": 24}, resample=1),
                     pipeline=True),
    # The backbone alone.
    TransformersCase("hf_vit_model", "ViTModel", without(VIT, "num_labels"), processor="ViTImageProcessor", stored="F32"),
    TransformersCase("hf_vit_model_no_pooler", "ViTModel", without(VIT, "num_labels"),
                     build=dict(add_pooling_layer=False), resized=(20, 24)),
    TransformersCase("hf_vit_model_pooler_size", "ViTModel",
                     vit(pooler_output_size=10, pooler_act="gelu", num_hidden_layers=1)),
    TransformersCase("hf_vit_model_prefixed", "ViTModel", without(VIT, "num_labels"), rename_prefix=("", "vit.")),
    # DeiT.
    TransformersCase("hf_deit", "DeiTForImageClassification", dict(PATCH8, num_labels=5),
                     processor="DeiTImageProcessor"),
    TransformersCase("hf_deit_model", "DeiTModel", without(VIT, "num_labels")),
    TransformersCase("hf_deit_with_teacher", "DeiTForImageClassificationWithTeacher",
                     dict(without(PATCH8, "num_labels"), **labels(CIFAR10)), resized=(32, 24),
                     processor=dict(image_processor_type="DeiTImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, size={"height": 28, "width": 31},
                                    crop_size={"height": 24, "width": 24}, resample=3,
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True),
    # The same network by other names and with other defaults.
    TransformersCase("hf_vit_mae", "ViTMAEForPreTraining",
                     vit(hidden_size=20, num_attention_heads=2, num_hidden_layers=1, decoder_hidden_size=8,
                         decoder_num_hidden_layers=1, decoder_num_attention_heads=2, decoder_intermediate_size=8),
                     resized=(24, 20)),
    TransformersCase("hf_vit_msn", "ViTMSNForImageClassification", vit(num_hidden_layers=1), resized=(12, 24)),
    TransformersCase("hf_vit_msn_model", "ViTMSNModel", vit(num_hidden_layers=1), edit=SPARSE, embedding_scale=0.001),
    TransformersCase("hf_ijepa", "IJepaForImageClassification", vit(num_hidden_layers=1), resized=(24, 20)),
    TransformersCase("hf_ijepa_model", "IJepaModel", vit(num_hidden_layers=1, layer_norm_eps=1e-6),
                     embedding_scale=0.001),
    # DINOv2.
    TransformersCase("hf_depth_anything", "DepthAnythingForDepthEstimation",
                     depth_anything(reassemble_factors=[4, 2, 1, 0.5]), resized=(20, 28),
                     processor=dict(image_processor_type="DPTImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, ensure_multiple_of=4, keep_aspect_ratio=True, resample=3,
                                    rescale_factor=1 / 255, size={"height": 24, "width": 24},
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True),
    TransformersCase("hf_depth_anything_metric", "DepthAnythingForDepthEstimation",
                     depth_anything(depth_estimation_type="metric", max_depth=80, reassemble_factors=[2, 4, 1, 0.5],
                                    neck_hidden_sizes=[3, 17, 4, 5])),
    TransformersCase("hf_depth_anything_unnormed", "DepthAnythingForDepthEstimation",
                     depth_anything(apply_layernorm=False, depth_estimation_type="metric", max_depth=20),
                     embedding_scale=1.0),
    TransformersCase("hf_dpt", "DPTForDepthEstimation", dpt(), resized=(20, 20),
                     processor=dict(image_processor_type="DPTImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, ensure_multiple_of=4, keep_aspect_ratio=True, resample=3,
                                    rescale_factor=1 / 255, size={"height": 16, "width": 16},
                                    image_mean=HALF, image_std=HALF)),
    TransformersCase("hf_dpt_add", "DPTForDepthEstimation",
                     dpt(readout_type="add", use_batch_norm_in_fusion_residual=True, backbone_out_indices=[3, 1, 0, 2])),
    TransformersCase("hf_dpt_dinov2", "DPTForDepthEstimation",
                     dpt(DPT_DINOV2, use_bias_in_fusion_residual=False), resized=(20, 28)),
    TransformersCase("hf_dpt_beit", "DPTForDepthEstimation", dpt(DPT_BEIT, readout_type="ignore")),
    # ZoeDepth: one domain with bins of either kind, and two.
    TransformersCase("hf_zoedepth", "ZoeDepthForDepthEstimation",
                     dict(ZOE, max_temp=2.0,
                          bin_configurations=[{"n_bins": 19, "min_depth": 1e-3, "max_depth": 10.0}]), resized=(20, 28),
                     processor=ZOE_PROCESSOR,
                     pipeline=True),
    TransformersCase("hf_zoedepth_normed", "ZoeDepthForDepthEstimation",
                     dict(ZOE, backbone_config=DPT_DINOV2, bin_centers_type="normed", attractor_kind="sum",
                          hidden_act="relu", use_batch_norm_in_fusion_residual=True, batch_norm_eps=0.2, min_temp=0.5,
                          reassemble_factors=[2, 4, 1, 0.5],
                          bin_configurations=[{"n_bins": 17, "min_depth": 0.5, "max_depth": 6.0}])),
    TransformersCase("hf_zoedepth_nk", "ZoeDepthForDepthEstimation", dict(ZOE, **ZOE_DOMAINS), resized=(24, 16),
                     processor=dict(ZOE_PROCESSOR, image_processor_type="ZoeDepthImageProcessorFast", do_pad=False,
                                    keep_aspect_ratio=False),
                     pipeline=True),
    TransformersCase("hf_dpt_segmentation", "DPTForSemanticSegmentation",
                     dpt(use_batch_norm_in_fusion_residual=True, **labels(["wall", "sky", "tree", "road", "water, river"])),
                     resized=(12, 12),
                     processor=dict(image_processor_type="DPTImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, ensure_multiple_of=1, keep_aspect_ratio=False, resample=2,
                                    rescale_factor=1 / 255, size={"height": 16, "width": 16},
                                    image_mean=HALF, image_std=HALF),
                     pipeline=True),
    TransformersCase("hf_dpt_segmentation_add", "DPTForSemanticSegmentation",
                     dpt(readout_type="add", use_auxiliary_head=False, num_labels=3, reassemble_factors=[2, 4, 1, 0.5],
                         use_bias_in_fusion_residual=False)),
    TransformersCase("hf_dinov2", "Dinov2ForImageClassification", dict(DINOV2, num_labels=7), resized=(16, 12),
                     processor=dict(image_processor_type="BitImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, do_convert_rgb=True, resample=3,
                                    size={"shortest_edge": 15}, crop_size={"height": 12, "width": 12},
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True),
    TransformersCase("hf_dinov2_model", "Dinov2Model",
                     dict(DINOV2, image_size=28, patch_size=14, num_hidden_layers=1, mlp_ratio=4),
                     edit=dict(SPARSE, patch_size=None, mlp_ratio=None), embedding_scale=0.001),
    TransformersCase("hf_dinov2_new_names", "Dinov2Model", dict(DINOV2, num_hidden_layers=1),
                     save=dict(save_original_format=False), resized=(8, 20)),
    TransformersCase("hf_dinov2_with_registers", "Dinov2WithRegistersForImageClassification",
                     dict(DINOV2, num_labels=7, num_register_tokens=3, num_hidden_layers=1), resized=(16, 8)),
    TransformersCase("hf_dinov2_with_registers_model", "Dinov2WithRegistersModel",
                     dict(DINOV2, image_size=32, patch_size=16, num_hidden_layers=1),
                     edit=dict(SPARSE, patch_size=None, num_register_tokens=None), embedding_scale=0.001),
    # CLIP: alone, with its projection, beside its text model, with a classifier.
    TransformersCase("hf_clip_vision", "CLIPVisionModel",
                     dict(image_size=32, hidden_size=6, num_hidden_layers=1, num_attention_heads=2,
                          intermediate_size=20),
                     edit=dict(SPARSE, patch_size=None), embedding_scale=0.005),
    TransformersCase("hf_clip_vision_new_names", "CLIPVisionModel", dict(CLIP, num_hidden_layers=1),
                     save=dict(save_original_format=False), resized=(24, 16)),
    TransformersCase("hf_clip_vision_projection", "CLIPVisionModelWithProjection",
                     dict(CLIP, projection_dim=10, hidden_act="gelu"), embedding_scale=0.005, resized=(16, 20)),
    TransformersCase("hf_clip", "CLIPModel", dict(text_config=TEXT, vision_config=CLIP, projection_dim=11),
                     embedding_scale=0.005),
    # Old files state the image model twice; the second statement is the one that counts.
    TransformersCase("hf_clip_config_dict", "CLIPModel",
                     dict(text_config=TEXT, vision_config=dict(CLIP, hidden_act="quick_gelu"), projection_dim=5),
                     edit=dict(vision_config=dict(CLIP, hidden_act="gelu", num_hidden_layers=7),
                               vision_config_dict=CLIP)),
    TransformersCase("hf_clip_classifier", "CLIPForImageClassification",
                     dict(labels(CIFAR10), text_config=TEXT, vision_config=dict(CLIP, num_hidden_layers=1)),
                     resized=(12, 16),
                     processor=dict(image_processor_type="CLIPImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, do_convert_rgb=True, resample=3, size=16,
                                    crop_size=16),
                     pipeline=True),
    # CLIP's image model by other names: alone, with its projection, beside its text model, with a classifier.
    TransformersCase("hf_metaclip_2", "MetaClip2Model",
                     dict(text_config=dict(TEXT, eos_token_id=1), vision_config=CLIP, projection_dim=11),
                     embedding_scale=0.005),
    TransformersCase("hf_metaclip_2_classifier", "MetaClip2ForImageClassification",
                     dict(labels(CIFAR10), text_config=TEXT, vision_config=dict(CLIP, num_hidden_layers=1)),
                     resized=(12, 16)),
    TransformersCase("hf_metaclip_2_projection", "MetaClip2VisionModelWithProjection",
                     dict(CLIP, num_hidden_layers=1, projection_dim=10), embedding_scale=0.005),
    TransformersCase("hf_chinese_clip", "ChineseCLIPModel",
                     dict(text_config=CHINESE_TEXT, vision_config=dict(CLIP, num_hidden_layers=1), projection_dim=10),
                     processor=dict(image_processor_type="ChineseCLIPImageProcessor", do_resize=True,
                                    do_center_crop=True, do_normalize=True, size=18, crop_size=16, resample=3,
                                    image_mean=CLIP_MEAN, image_std=CLIP_STD), pipeline=True),
    TransformersCase("hf_chinese_clip_vision", "ChineseCLIPVisionModel", dict(CLIP, num_hidden_layers=1),
                     resized=(24, 16)),
    TransformersCase("hf_altclip", "AltCLIPModel",
                     dict(text_config=dict(CHINESE_TEXT, project_dim=14), vision_config=dict(CLIP, num_hidden_layers=1),
                          projection_dim=14)),
    TransformersCase("hf_altclip_vision", "AltCLIPVisionModel", dict(CLIP, num_hidden_layers=1), resized=(12, 20)),
    # OWL-ViT: alone, as a pair, and the pair inside of the detector.
    TransformersCase("hf_owlvit_vision", "OwlViTVisionModel", dict(CLIP, num_hidden_layers=1), resized=(24, 16)),
    TransformersCase("hf_owlvit", "OwlViTModel",
                     dict(text_config=TEXT, vision_config=dict(CLIP, num_hidden_layers=1), projection_dim=11)),
    TransformersCase("hf_owlvit_detector", "OwlViTForObjectDetection",
                     dict(text_config=TEXT, vision_config=CLIP, projection_dim=12), embedding_scale=0.005,
                     processor=dict(image_processor_type="OwlViTImageProcessor", do_resize=True,
                                    do_center_crop=False, do_normalize=True, size=[16, 16], crop_size=16, resample=3,
                                    image_mean=CLIP_MEAN, image_std=CLIP_STD), pipeline=True),
    # OWLv2: the same, with another processor.
    TransformersCase("hf_owlv2_vision", "Owlv2VisionModel", dict(CLIP, num_hidden_layers=1), resized=(24, 16)),
    TransformersCase("hf_owlv2_detector", "Owlv2ForObjectDetection",
                     dict(text_config=TEXT, vision_config=dict(CLIP, num_hidden_layers=1), projection_dim=11),
                     processor=dict(image_processor_type="Owlv2ImageProcessor", do_pad=True, do_resize=True,
                                    do_normalize=True, size={"height": 20, "width": 16}, resample=2,
                                    image_mean=CLIP_MEAN, image_std=CLIP_STD), pipeline=True),
    # BLIP: alone, as a pair, for retrieval, for captions.
    TransformersCase("hf_blip_vision", "BlipVisionModel", BLIP, resized=(24, 16), embedding_scale=0.005),
    TransformersCase("hf_blip", "BlipModel",
                     dict(text_config=BLIP_TEXT, vision_config=dict(BLIP, num_hidden_layers=1), projection_dim=11)),
    TransformersCase("hf_blip_retrieval", "BlipForImageTextRetrieval",
                     dict(text_config=BLIP_TEXT, vision_config=dict(BLIP, num_hidden_layers=1),
                          image_text_hidden_size=9)),
    TransformersCase("hf_blip_captions", "BlipForConditionalGeneration",
                     dict(text_config=BLIP_TEXT, vision_config=dict(BLIP, num_hidden_layers=1)),
                     processor=dict(image_processor_type="BlipImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, size={"height": 16, "width": 16}, resample=3,
                                    image_mean=CLIP_MEAN, image_std=CLIP_STD), pipeline=True),
    # SigLIP.
    TransformersCase("hf_siglip_vision", "SiglipVisionModel", SIGLIP, resized=(24, 16)),
    TransformersCase("hf_siglip_vision_new_names", "SiglipVisionModel", dict(SIGLIP, num_hidden_layers=1),
                     save=dict(save_original_format=False)),
    TransformersCase("hf_siglip_no_head", "SiglipVisionModel",
                     dict(SIGLIP, num_hidden_layers=1, vision_use_head=False)),
    TransformersCase("hf_siglip", "SiglipModel",
                     dict(text_config=dict(TEXT, projection_size=18), vision_config=dict(SIGLIP, image_size=18)),
                     edit=dict(vision_config=dict(SIGLIP, image_size=18, model_type="siglip_vision_model"))),
    TransformersCase("hf_siglip_classifier", "SiglipForImageClassification",
                     dict(labels(CIFAR10), text_config=TEXT, vision_config=dict(SIGLIP, num_hidden_layers=1)),
                     resized=(12, 20),
                     processor=dict(image_processor_type="SiglipImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, resample=3, size={"height": 16, "width": 16},
                                    image_mean=HALF, image_std=HALF),
                     pipeline=True),
    # BEiT and Data2VecVision.
    TransformersCase("hf_beit", "BeitForImageClassification",
                     dict(BEIT, use_relative_position_bias=True, num_labels=7, num_hidden_layers=1),
                     resized=(24, 20),
                     processor=dict(image_processor_type="BeitImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, size=18, crop_size=16, resample=3,
                                    image_mean=HALF, image_std=HALF),
                     pipeline=True),
    TransformersCase("hf_beit_model", "BeitModel", dict(BEIT, use_relative_position_bias=True, num_hidden_layers=1),
                     save=dict(save_original_format=False), resized=(16, 24)),
    TransformersCase("hf_beit_shared", "BeitForMaskedImageModeling",
                     dict(BEIT, use_shared_relative_position_bias=True, vocab_size=12, use_mask_token=True),
                     resized=(12, 16)),
    TransformersCase("hf_beit_absolute", "BeitForImageClassification",
                     dict(BEIT, use_absolute_position_embeddings=True, use_mean_pooling=False, num_labels=5,
                          layer_scale_init_value=0.0, num_hidden_layers=1), resized=(20, 16)),
    TransformersCase("hf_beit_cls_model", "BeitModel",
                     dict(BEIT, use_relative_position_bias=True, use_shared_relative_position_bias=True,
                          use_mean_pooling=False, image_size=[16, 24]), embedding_scale=0.001, resized=(12, 16)),
    TransformersCase("hf_data2vec", "Data2VecVisionForImageClassification",
                     dict(BEIT, use_relative_position_bias=True, num_labels=7, num_hidden_layers=1), resized=(24, 20)),
    TransformersCase("hf_data2vec_model", "Data2VecVisionModel",
                     dict(BEIT, use_shared_relative_position_bias=True, num_hidden_layers=1)),
    # DINOv2's giant, DINOv3.
    TransformersCase("hf_dinov2_giant", "Dinov2Model",
                     dict(DINOV2, use_swiglu_ffn=True, num_hidden_layers=1), resized=(16, 12)),
    TransformersCase("hf_dinov2_giant_new_names", "Dinov2Model",
                     dict(DINOV2, use_swiglu_ffn=True, num_hidden_layers=1), save=dict(save_original_format=False)),
    TransformersCase("hf_dinov3", "DINOv3ViTModel", dict(DINOV3, num_register_tokens=2), resized=(24, 12)),
    TransformersCase("hf_dinov3_gated", "DINOv3ViTModel",
                     dict(DINOV3, use_gated_mlp=True, hidden_act="silu", rope_theta=50.0, key_bias=True,
                          query_bias=False, num_hidden_layers=1), resized=(16, 20), save=dict(save_original_format=False)),
    TransformersCase("hf_dinov3_no_bias", "DINOv3ViTModel",
                     dict(DINOV3, num_hidden_layers=1, query_bias=False, value_bias=False, proj_bias=False,
                          mlp_bias=False), edit=dict(SPARSE, rope_theta=None, num_register_tokens=None),
                     embedding_scale=0.002,
                     processor=dict(image_processor_type="DINOv3ViTImageProcessorFast", do_resize=True,
                                    size={"height": 12, "width": 16}, image_mean=IMAGENET_MEAN,
                                    image_std=IMAGENET_STD, rescale_factor=0.00392156862745098, resample=2),
                     pipeline=True),
    # TIPSv2, alone and beside its text model, with the names of its release and of transformers.
    TransformersCase("hf_tipsv2", "Tipsv2Model",
                     dict(text_config=dict(TEXT, hidden_size=18, num_attention_heads=2), vision_config=TIPSV2)),
    TransformersCase("hf_tipsv2_vision", "Tipsv2VisionModel", dict(TIPSV2, num_hidden_layers=1), resized=(20, 12)),
    TransformersCase("hf_tipsv2_gated", "Tipsv2VisionModel",
                     dict(TIPSV2, num_hidden_layers=1, use_swiglu_ffn=True, num_register_tokens=2)),
    TransformersCase("hf_tipsv2_new_names", "Tipsv2Model",
                     dict(text_config=dict(TEXT, hidden_size=18, num_attention_heads=2),
                          vision_config=dict(TIPSV2, num_hidden_layers=1, use_swiglu_ffn=True)),
                     save=dict(save_original_format=False)),
    # AIMv2: alone, with biases and without a head, beside its text model.
    TransformersCase("hf_aimv2_vision", "Aimv2VisionModel", AIMV2, embedding_scale=0.005),
    TransformersCase("hf_aimv2_no_head", "Aimv2VisionModel",
                     dict(AIMV2, num_hidden_layers=1, use_head=False, hidden_act="gelu")),
    TransformersCase("hf_aimv2", "Aimv2Model",
                     dict(text_config=TEXT, projection_dim=11,
                          vision_config=dict(AIMV2, num_hidden_layers=1, qkv_bias=True, mlp_bias=True))),
    # SigLIP 2 NaFlex: alone, as a pair, with a classifier.
    TransformersCase("hf_siglip2_vision", "Siglip2VisionModel", SIGLIP2, resized=(8, 20)),
    TransformersCase("hf_siglip2", "Siglip2Model",
                     dict(text_config=dict(TEXT, projection_size=18), vision_config=dict(SIGLIP2, num_hidden_layers=1)),
                     resized=(20, 12)),
    TransformersCase("hf_siglip2_classifier", "Siglip2ForImageClassification",
                     dict(labels(CIFAR10), text_config=TEXT, vision_config=dict(SIGLIP2, num_hidden_layers=1)),
                     processor=dict(image_processor_type="Siglip2ImageProcessor", do_resize=True, do_rescale=True,
                                    do_normalize=True, patch_size=4, max_num_patches=30, resample=2,
                                    image_mean=HALF, image_std=HALF), pipeline=True),
    # AIMv2 of native resolution, whose positions are computed for each size.
    TransformersCase("hf_aimv2_native", "Aimv2VisionModel",
                     dict(AIMV2, hidden_size=24, num_hidden_layers=1, is_native=True),
                     resized=(12, 20)),
    # RADIO: in the names of the release with two tokens for the summary, in transformers' own with one.
    TransformersCase("hf_radio", "RadioModel", RADIO, resized=(8, 20),
                     processor=dict(image_processor_type="CLIPImageProcessor", do_resize=True, do_rescale=True,
                                    do_center_crop=False, do_normalize=False, resample=3,
                                    size={"height": 16, "width": 12}), pipeline=True),
    TransformersCase("hf_radio_gated", "RadioModel",
                     dict(RADIO, num_hidden_layers=1, use_swiglu_ffn=True, summary_idxs=[0], num_registers=0,
                          qkv_bias=False), resized=(20, 12), save=dict(save_original_format=False)),
    # MLCD: rotary positions, of CLS too.
    TransformersCase("hf_mlcd", "MLCDVisionModel", MLCD, resized=(24, 12)),
    TransformersCase("hf_mlcd_theta", "MLCDVisionModel",
                     dict(MLCD, num_hidden_layers=1, rope_parameters=dict(rope_type="axial", rope_theta=50.0)),
                     embedding_scale=0.005),
    # Pixio, which has several CLS tokens.
    TransformersCase("hf_pixio", "PixioModel", PIXIO, resized=(20, 12),
                     processor=dict(image_processor_type="BitImageProcessor", do_resize=True, do_center_crop=True,
                                    do_rescale=True, do_normalize=True, do_convert_rgb=True, resample=3,
                                    size={"shortest_edge": 15}, crop_size={"height": 12, "width": 12},
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True),
    TransformersCase("hf_pixio_new_names", "PixioModel", dict(PIXIO, num_hidden_layers=1, n_cls_tokens=2),
                     save=dict(save_original_format=False), embedding_scale=0.001),
    # BEiT and Data2Vec with the head that segments: in the names of their release, and in transformers' own.
    TransformersCase("hf_beit_segmentation", "BeitForSemanticSegmentation",
                     dict(without(SEGMENTER, "num_labels"), use_relative_position_bias=True, out_indices=[2, 3, 4, 5],
                          **labels(["wall", "sky", "tree", "road", "water, river"])),
                     resized=(20, 28),
                     processor=dict(image_processor_type="BeitImageProcessor", do_resize=True, do_center_crop=False,
                                    do_normalize=True, resample=2, size={"height": 28, "width": 20},
                                    reduce_labels=True, image_mean=HALF, image_std=HALF),
                     pipeline=True, embedding_scale=0.5),
    TransformersCase("hf_beit_segmentation_new_names", "BeitForSemanticSegmentation",
                     dict(SEGMENTER, hidden_size=18, num_labels=17, use_absolute_position_embeddings=True,
                          use_auxiliary_head=False, pool_scales=[2],
                          out_features=["stage2", "stage3", "stage4", "stage5"]),
                     resized=(8, 20), save=dict(save_original_format=False), edit=dict(out_indices=None)),
    # The class takes one from each number: 0 is then the last block.
    TransformersCase("hf_beit_segmentation_last_first", "BeitForSemanticSegmentation",
                     dict(SEGMENTER, use_auxiliary_head=False, pool_scales=[2], out_indices=[0, 2, 3, -1]),
                     edit=dict(out_features=None), embedding_scale=0.5),
    TransformersCase("hf_data2vec_vision_segmentation", "Data2VecVisionForSemanticSegmentation",
                     dict(SEGMENTER, use_shared_relative_position_bias=True, out_indices=[6, 3, 2, 4],
                          pool_scales=[3, 5])),
    # EoMT: things and their masks; classes of pixels, from windows.
    TransformersCase("hf_eomt", "EomtForUniversalSegmentation",
                     dict(EOMT, num_queries=12, **labels(["wall", "sky", "tree", "water, river"])),
                     processor=dict(image_processor_type="EomtImageProcessorFast", do_resize=True, do_pad=True,
                                    do_split_image=False, size={"shortest_edge": 16, "longest_edge": 16}, resample=2,
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True, embedding_scale=1.0),
    TransformersCase("hf_eomt_split", "EomtForUniversalSegmentation",
                     dict(EOMT, num_queries=17, num_labels=9, num_upscale_blocks=1, hidden_act="relu"),
                     processor=dict(image_processor_type="EomtImageProcessor", do_resize=True, do_split_image=True,
                                    size={"shortest_edge": 16, "longest_edge": None}),
                     pipeline=True, embedding_scale=1.0),
    TransformersCase("hf_eomt_gated", "EomtForUniversalSegmentation",
                     dict(EOMT, num_hidden_layers=1, num_blocks=1, num_register_tokens=0, num_labels=3,
                          use_swiglu_ffn=True, layer_norm_eps=1e-5), embedding_scale=0.001),
    TransformersCase("hf_eomt_dinov3", "EomtDinov3ForUniversalSegmentation", dict(EOMT_DINOV3, num_labels=3)),
    TransformersCase("hf_eomt_dinov3_gated", "EomtDinov3ForUniversalSegmentation",
                     dict(EOMT_DINOV3, num_labels=3, use_gated_mlp=True, hidden_act="silu", num_upscale_blocks=0,
                          rope_parameters=dict(rope_type="default", rope_theta=50.0))),
    # Sapiens2: with the names of its release and of transformers, inside of a task model.
    TransformersCase("hf_sapiens2", "Sapiens2Model",
                     dict(SAPIENS2, num_hidden_layers=3, num_key_value_heads_per_layer=[6, 2, 6]), resized=(12, 20)),
    TransformersCase("hf_sapiens2_segmentation", "Sapiens2ForSemanticSegmentation",
                     dict(SAPIENS2, num_hidden_layers=3, num_key_value_attention_heads=3,
                          num_first_full_attention_layers=1, num_last_full_attention_layers=1, key_bias=False,
                          head_config=dict(upsample_out_channels=[4], conv_out_channels=[4])),
                     save=dict(save_original_format=False), edit=dict(num_key_value_heads_per_layer=None)),
    TransformersCase("hf_sapiens2_plain_mlp", "Sapiens2Model",
                     dict(SAPIENS2, num_hidden_layers=1, use_gated_mlp=False, use_qk_norm=False, hidden_act="gelu",
                          num_register_tokens=0, rope_theta=50.0), embedding_scale=0.002,
                     save=dict(save_original_format=False)),
    # ViTPose, and ViTPose+ with experts.
    TransformersCase("hf_vitpose_backbone", "VitPoseBackbone", dict(VITPOSE, hidden_act="relu", qkv_bias=False)),
    TransformersCase("hf_vitpose_plus", "VitPoseForPoseEstimation",
                     dict(backbone_config=dict(VITPOSE, model_type="vitpose_backbone", num_experts=3, part_features=5,
                                               out_indices=[2]),
                          scale_factor=3, id2label={0: "nose", 1: "left hand", 2: "right hand"},
                          edges=[[0, 1], [0, 2]]),
                     processor=dict(image_processor_type="VitPoseImageProcessor", do_affine_transform=True,
                                    do_rescale=True, do_normalize=True, normalize_factor=200.0,
                                    rescale_factor=1 / 255, size={"height": 12, "width": 15},
                                    image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD),
                     pipeline=True, embedding_scale=0.001),
    # YOLOS: detection.
    TransformersCase("hf_yolos", "YolosForObjectDetection", dict(YOLOS, num_hidden_layers=3, num_labels=6),
                     resized=(16, 12),
                     processor=dict(feature_extractor_type="YolosFeatureExtractor", do_resize=True, do_normalize=True,
                                    size=33, max_size=48, image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD,
                                    format="coco_detection"),
                     pipeline=True),
    TransformersCase("hf_yolos_first_positions", "YolosForObjectDetection",
                     dict(YOLOS, use_mid_position_embeddings=False, num_labels=3, num_hidden_layers=1),
                     resized=(12, 8)),
    TransformersCase("hf_yolos_model", "YolosModel", YOLOS),
]

# transformers' wrapper around timm: timm's config.json with a model_type, tensor names with a prefix.
WRAPPER_CASE = "timm_wrapper"


# ---- the timm side -------------------------------------------------------------------------------------------------


def timm_arguments(case: TimmCase) -> dict:
    return {key: tuple(value) if isinstance(value, list) else value
            for key, value in case.args.items() if value is not None}


def timm_image_size(model: torch.nn.Module) -> tuple[int, int]:
    """The size that the model is built for; NaFlexVit is for any."""
    return model.patch_embed.img_size if hasattr(model, "patch_embed") else (TINY["img_size"],) * 2


def write_timm_config(case: TimmCase, model: torch.nn.Module, folder: Path) -> None:
    args = {key: value for key, value in case.args.items() if value is not None}
    if case.style == "export":
        size = {"input_size": (3, *timm_image_size(model))}
        save_for_hf(model, folder, model_config=dict(case.labels), data_config=dict(size, **case.preprocessing),
                    safe_serialization=True)
        return

    known = {key: value for key, value in model.pretrained_cfg.items()
             if value is not None and key in ("tag", "custom_load", "input_size", "fixed_input_size", "interpolation",
                                              "crop_pct", "crop_mode", "mean", "std", "num_classes", "pool_size",
                                              "first_conv", "classifier", "license", "architecture")}
    preprocessing = dict(known, pool_size=None, custom_load=False, num_classes=model.num_classes,
                         input_size=[3, *timm_image_size(model)])
    preprocessing.update(case.preprocessing)
    architecture = preprocessing.pop("architecture")
    top = dict(architecture=architecture, num_classes=model.num_classes, num_features=model.num_features)
    if case.style == "flat":
        config = dict(top, **preprocessing)
    else:
        config = dict(top, global_pool=model.global_pool, **case.labels)
        if args:
            config["model_args"] = args
        config["pretrained_cfg"] = preprocessing
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def watch_timm(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Collects the residual stream and the attention of the first and the last block in the next forward pass."""
    taps: dict[str, torch.Tensor] = {}
    last = len(model.blocks) - 1
    for index in {0, last}:
        block = model.blocks[index]
        block.register_forward_hook(lambda _module, _inputs, output, k=index: taps.update({f"hidden.{k}": output}))
        # One attention, in a module of its own or not, or several side by side.
        attentions = [part.attn for part in block.attns] if hasattr(block, "attns") else [getattr(block, "attn", block)]
        parts: dict[int, torch.Tensor] = {}

        def keep(inputs, k=index, branch=0, parts=parts):
            parts[branch] = inputs[0]
            taps[f"attention.{k}"] = torch.cat([parts[j] for j in sorted(parts)], dim=1)

        for branch, attention in enumerate(attentions):
            attention.fused_attn = False
            attention.attn_drop.register_forward_hook(
                lambda _module, inputs, _output, branch=branch, keep=keep: keep(inputs, branch=branch))
    return taps


def timm_outputs(model: torch.nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    tokens = model.forward_features(pixels)
    outputs = {"tokens": tokens, "pooled": model.forward_head(tokens, pre_logits=True)}
    if model.num_classes > 0:
        outputs["logits"] = model(pixels)
    return outputs


def load_timm(folder: Path, **changes) -> torch.nn.Module:
    return timm.create_model(f"local-dir:{folder}", pretrained=True, **changes).eval()


def make_timm(case: TimmCase, folder: Path) -> None:
    arguments = timm_arguments(case)
    if case.style == "flat":
        arguments.update(img_size=case.preprocessing["input_size"][1:], num_classes=case.preprocessing["num_classes"])
    model = timm.create_model(case.architecture, **arguments).eval()
    randomise(model, case.name, case.embedding_scale)
    write_timm_config(case, model, folder)
    stored = {name: tensor.to(PRECISIONS[case.stored]).contiguous() for name, tensor in model.state_dict().items()}
    save_file(stored, folder / case.file_name, metadata={"format": "pt"})

    reference = load_timm(folder)
    loaded = reference.state_dict()
    assert set(loaded) == set(stored), case.name
    assert all(torch.equal(loaded[name], stored[name].float()) for name in stored), case.name

    pixels = random_pixels(case.name, *timm_image_size(reference))
    if case.taps:
        taps = watch_timm(reference)
        save_expected(folder, "expected", pixels, {**timm_outputs(reference, pixels), **taps})
        check_against_double(case.name, lambda: timm_outputs(reference.double(), pixels.double()), folder)
        reference = load_timm(folder)
    else:
        save_expected(folder, "expected", pixels, timm_outputs(reference, pixels))

    if case.resized:
        pixels = random_pixels(case.name, *case.resized)
        other = load_timm(folder, img_size=case.resized)
        save_expected(folder, "expected_resized", pixels, timm_outputs(other, pixels))

    if case.pipeline:
        transform = timm.data.create_transform(**timm.data.resolve_model_data_config(reference), is_training=False)
        save_pipeline(folder, transform, reference)


def make_wrapper(folder: Path) -> None:
    config = transformers.TimmWrapperConfig.from_dict(dict(
        architecture="vit_tiny_patch16_224", num_classes=10, label_names=CIFAR10, num_features=18, global_pool="token",
        model_args={key: value for key, value in TINY.items() if key != "num_classes"},
        pretrained_cfg=dict(input_size=[3, 16, 16], fixed_input_size=True, interpolation="bicubic", crop_pct=0.9,
                            crop_mode="center", mean=HALF, std=HALF, first_conv="patch_embed.proj",
                            classifier="head")))
    model = transformers.TimmWrapperForImageClassification(config).eval()
    randomise(model, WRAPPER_CASE, 0.02)
    model.save_pretrained(folder)
    assert all(name.startswith("timm_model.") for name in load_file(folder / "model.safetensors"))

    reference = transformers.AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()
    timm_model = reference.timm_model
    pixels = random_pixels(WRAPPER_CASE, 16, 16)
    taps = watch_timm(timm_model)
    outputs = timm_outputs(timm_model, pixels)
    assert torch.equal(outputs["logits"], reference(pixels).logits)
    save_expected(folder, "expected", pixels, {**outputs, **taps})
    save_pipeline(folder, AutoImageProcessor.from_pretrained(folder).val_transforms, timm_model)


# ---- the transformers side -----------------------------------------------------------------------------------------


def rewrite_safetensors(case: TransformersCase, folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    if case.rename_prefix:
        old, new = case.rename_prefix
        tensors = {new + name.removeprefix(old): tensor for name, tensor in tensors.items()}
    for name, shape in case.extra_tensors.items():
        tensors[name] = random_weight(case.name, name, shape, 1.0)
    save_file(tensors, path, metadata={"format": "pt"})


def pixels_of(processed) -> torch.Tensor:
    """`[3,H,W]` of the one image that a processor was given; from its patches, where it makes such."""
    values = torch.as_tensor(processed.pixel_values[0])
    if "spatial_shapes" not in processed:
        return values
    height, width = (int(side) for side in processed.spatial_shapes[0])
    patch = math.isqrt(values.shape[1] // 3)
    patches = values[:height * width].reshape(height, width, patch, patch, 3).permute(4, 0, 2, 1, 3)
    return patches.reshape(3, height * patch, width * patch)


def eomt_segments(processor, model: torch.nn.Module, image: Image.Image) -> dict[str, torch.Tensor]:
    """What the image processor makes of the class's output: of things, ids of the pixels and id, class and score of
    each; of windows, which are put together here, the classes of the pixels."""
    size = (image.height, image.width)
    processed = processor(image, return_tensors="pt" if not processor.do_split_image else None)
    offsets = processed["patch_offsets"]
    windows = torch.stack([torch.as_tensor(values) for values in processed["pixel_values"]])
    result = model(windows, patch_offsets=offsets)
    if offsets:
        length = int(max(end for _, _, end in offsets))
        tall = image.height > image.width
        side = windows.shape[-1]
        whole = torch.zeros((3, length, side) if tall else (3, side, length))
        for window, (_, start, end) in zip(windows, offsets):
            whole[(slice(None), slice(start, end)) if tall else (slice(None), slice(None), slice(start, end))] = window
        return {"pixel_values": whole,
                "semantic": processor.post_process_semantic_segmentation(result, [size])[0].half()}
    found = {"pixel_values": windows[0],
             "semantic": processor.post_process_semantic_segmentation(result, [size])[0].half()}
    options = dict(threshold=0.3, mask_threshold=0.4, overlap_mask_area_threshold=0.1)
    kinds = {"panoptic": processor.post_process_panoptic_segmentation(result, [size], **options)[0],
             "stuff": processor.post_process_panoptic_segmentation(result, [size], **options, stuff_classes=[1, 2, 3])[0],
             "panoptic_default": processor.post_process_panoptic_segmentation(result, [size])[0],
             "instance": processor.post_process_instance_segmentation(result, [size], threshold=0.3)[0]}
    for kind, segments in kinds.items():
        # The ids are small whole numbers.
        found[kind] = segments["segmentation"].half()
        found[f"{kind}_segments"] = torch.tensor(
            [[one["id"], one["label_id"], one["score"]] for one in segments["segments_info"]]).reshape(-1, 3)
    return found


def make_transformers(case: TransformersCase, folder: Path) -> None:
    model_class = getattr(transformers, case.model)
    model = model_class(model_class.config_class(**case.config), **case.build).eval()
    randomise(model, case.name, case.embedding_scale)
    model.to(PRECISIONS[case.stored]).save_pretrained(folder, **case.save)
    if case.rename_prefix or case.extra_tensors:
        rewrite_safetensors(case, folder)

    config_path = folder / "config.json"
    config = json.loads(config_path.read_text())
    for key, value in case.edit.items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value
    config_path.write_text(json.dumps(config, indent=2) + "\n")

    if isinstance(case.processor, dict):
        (folder / "preprocessor_config.json").write_text(json.dumps(case.processor, indent=2) + "\n")
    elif case.processor:
        size = case.config["image_size"]
        changes = {"size": {"height": size, "width": size}}
        if case.processor == "DeiTImageProcessor":
            changes = {"size": {"height": size + 4, "width": size + 4}, "crop_size": {"height": size, "width": size}}
        getattr(transformers, case.processor + "Pil")(**changes).save_pretrained(folder)

    reference, report = model_class.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32,
                                                    output_loading_info=True, **case.build)
    assert not report["missing_keys"] and not report["mismatched_keys"], (case.name, report)
    reference.eval()
    original = model.float().state_dict()
    loaded = reference.state_dict()
    # Text models zero the row of the padding word when they are loaded.
    differing = [name for name in original if not torch.equal(loaded[name], original[name])
                 and not name.endswith("word_embeddings.weight")]
    assert not differing, (case.name, differing)

    vision = getattr(reference.config, "vision_config", None) or getattr(reference.config, "backbone_config", None)
    vision = vision or reference.config
    size = math.isqrt(vision.num_patches) * vision.patch_size if takes_patches(reference) else vision.image_size
    height, width = (size, size) if isinstance(size, int) else size
    # RADIO normalises by itself; here pixel values are those after that.
    conditioner = getattr(reference, "make_preprocessor_external", torch.nn.Identity)()
    pixels = random_pixels(case.name, height, width)
    save_expected(folder, "expected", pixels, transformers_outputs(reference, pixels, taps=True))
    if case.resized:
        other = random_pixels(case.name, *case.resized)
        save_expected(folder, "expected_resized", other, transformers_outputs(reference, other, interpolate=True))
    if case.pipeline and case.model.startswith("Eomt"):
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        save_file({f"{path.name}.{key}": value.contiguous()
                   for path in sorted(PHOTOGRAPHS.glob("*.png"))
                   for key, value in eomt_segments(processor, reference, Image.open(path).convert("RGB")).items()},
                  folder / "expected_pipeline.safetensors")
    elif case.pipeline:
        # DINOv3 and ZoeDepth resize numbers by PyTorch.
        backend = "torchvision" if case.model.startswith(("DINOv3", "Zoe")) else "pil"
        processor = AutoImageProcessor.from_pretrained(folder, backend=backend)
        assert type(processor).__name__.endswith("Pil") == (backend == "pil"), type(processor)
        objects = None
        if hasattr(processor, "post_process_object_detection") and not reads_texts(reference):
            def objects(result, size):
                return processor.post_process_object_detection(result, threshold=0.0, target_sizes=[size])[0]
        if case.model.endswith("SemanticSegmentation"):
            def objects(result, size):
                return {"segmentation": processor.post_process_semantic_segmentation(result, [size])[0]}
        if case.model.endswith("DepthEstimation"):
            def objects(result, size):
                return {"depth": processor.post_process_depth_estimation(result, [size])[0]["predicted_depth"]}
        # Lists of patches are filled up to the greatest number, and masked.
        inputs = (lambda image: processor(image, return_tensors="pt")) if takes_patches(reference) else None
        process = processor
        if case.model.startswith("VitPose"):
            def process(image, **options):
                return processor(image, boxes=[[[0, 0, *image.size]]], **options)

            def inputs(image):
                return dict(process(image, return_tensors="pt"), dataset_index=torch.tensor([1]))
        save_pipeline(folder, lambda image: conditioner(pixels_of(process(image))), reference, objects, inputs)
    check_against_double(case.name, lambda: transformers_outputs(reference.double(), pixels.double()), folder)


# ---- files ---------------------------------------------------------------------------------------------------------


def save_expected(folder: Path, name: str, pixels: torch.Tensor, outputs: dict[str, torch.Tensor]) -> None:
    tensors = {"pixel_values": pixels, **outputs}
    assert all(tensor.dtype == torch.float32 and torch.isfinite(tensor).all() for tensor in tensors.values()), folder
    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()},
              folder / f"{name}.safetensors")


def check_against_double(case: str, outputs, folder: Path) -> None:
    """The goldens are the reference's float32; this shows how much of the bound of 1e-4 its own rounding takes."""
    expected = load_file(folder / "expected.safetensors")
    worst = max(float((value - expected[name]).abs().max() / expected[name].abs().max())
                for name, value in outputs().items())
    assert worst < 1e-5, f"{case}: float32 and float64 of the reference differ by {worst:.1e}"


def make_photographs() -> None:
    PHOTOGRAPHS.mkdir(exist_ok=True)
    for name, (left, top, width, height) in {"chelsea.png": (160, 70, 100, 70), "coffee.png": (230, 180, 64, 96)}.items():
        photograph = Image.open(EXAMPLE_IMAGES / name).convert("RGB")
        photograph.crop((left, top, left + width, top + height)).save(PHOTOGRAPHS / name, optimize=True)


def reads_texts(model: torch.nn.Module) -> bool:
    """Models of images and texts have no logits of an image alone."""
    return "input_ids" in inspect.signature(model.forward).parameters


def save_pipeline(folder: Path, transform, model: torch.nn.Module, objects=None, inputs=None) -> None:
    """`objects` makes of an output, for an image of a height and width, scores, labels and boxes, depth or classes of
    pixels. `inputs` makes the model's arguments of an image; without it they are the pixels."""
    tensors = {}
    for path in sorted(PHOTOGRAPHS.glob("*.png")):
        image = Image.open(path).convert("RGB")
        pixels = transform(image)
        logits = None if reads_texts(model) else model(**inputs(image)) if inputs else model(pixels[None])
        logits = logits if isinstance(logits, torch.Tensor) else getattr(logits, "logits", None)
        if hasattr(model, "auxiliary_head"):
            logits = None
        tensors[f"{path.name}.pixel_values"] = pixels.contiguous()
        if logits is not None:
            tensors[f"{path.name}.logits"] = logits[0].clone()
        if objects is not None:
            found = objects(model(pixels[None]), (image.height, image.width))
            if "scores" in found:
                best = found["scores"].argsort(descending=True)
                found = {key: found[key][best] for key in ("scores", "labels", "boxes")}
            for key, value in found.items():
                # Classes are small whole numbers.
                stored = value.half() if key == "segmentation" else value.float()
                tensors[f"{path.name}.{key}"] = stored.contiguous()
    save_file(tensors, folder / "expected_pipeline.safetensors")


def make_readable(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o644)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes tests/golden/models and tests/golden/pipeline.")
    parser.add_argument("cases", nargs="*", help="names of cases; default: all")
    wanted = set(parser.parse_args().cases)

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    jobs = {case.name: (lambda folder, case=case: make_timm(case, folder)) for case in TIMM_CASES}
    jobs |= {case.name: (lambda folder, case=case: make_transformers(case, folder)) for case in TRANSFORMERS_CASES}
    jobs |= {name: (lambda folder, name=name, make=make: make(name, folder, sys.modules[__name__]))
             for name, make in state_dict_models.CASES.items()}
    jobs[WRAPPER_CASE] = make_wrapper
    if unknown := wanted - set(jobs):
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(sorted(jobs))}")

    make_photographs()
    total = 0
    for name, job in jobs.items():
        folder = MODELS / name
        if not wanted or name in wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            job(folder)
            make_readable(folder)
        size = sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
        total += size
        print(f"{name:32} {size / 1000:7.1f} kB")
    print(f"{'all':32} {total / 1000:7.1f} kB")


if __name__ == "__main__":
    main()
