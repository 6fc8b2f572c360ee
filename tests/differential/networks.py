"""Small networks of random configurations and weights, saved as the Hub has them and computed by both sides."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from random import Random

import numpy as np
import timm
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
import transformers
from timm.models import save_for_hf

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from case import Case
from program import Program, Refused
from transformers_reference import outputs

CLASSES = (
    "ViTForImageClassification", "ViTModel", "DeiTForImageClassification", "DeiTForImageClassificationWithTeacher",
    "DeiTModel", "BeitForImageClassification", "Data2VecVisionForImageClassification", "ViTMAEModel", "ViTMSNModel",
    "ViTMSNForImageClassification", "IJepaModel", "IJepaForImageClassification", "Dinov2Model",
    "Dinov2ForImageClassification", "Dinov2WithRegistersModel", "Dinov2WithRegistersForImageClassification",
    "DINOv3ViTModel", "CLIPModel", "CLIPVisionModel", "CLIPVisionModelWithProjection", "CLIPForImageClassification",
    "MetaClip2VisionModelWithProjection", "SiglipVisionModel", "SiglipForImageClassification", "ChineseCLIPVisionModel",
    "AltCLIPVisionModel", "BlipVisionModel", "OwlViTVisionModel", "Aimv2VisionModel", "MLCDVisionModel", "PixioModel",
    "YolosModel", "Tipsv2VisionModel", "Sapiens2Model")

ACTIVATIONS = ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "swish")
KNOBS = {
    "hidden_act": ACTIVATIONS, "layer_norm_eps": (1e-3, 1e-5, 1e-6, 1e-12), "rms_norm_eps": (1e-5, 1e-6),
    "num_register_tokens": (0, 1, 4), "num_detection_tokens": (5,), "pooler_output_size": (None, 8), "mlp_ratio": (1, 2, 4),
    "layer_scale_init_value": (0.1, 1.0), "layerscale_value": (0.1, 1.0), "rope_theta": (100.0, 10000.0),
    "pooler_act": ("tanh", "relu"),
}
SMALL_TEXT = dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=1, intermediate_size=16, vocab_size=50)

# What the classes of timm take, those of an architecture that lacks one excepted.
ARGUMENTS = {
    "global_pool": ("token", "avg", "avgmax", "max", "map"), "class_token": (True, False), "reg_tokens": (0, 2),
    "num_reg_tokens": (0, 2), "no_embed_class": (True, False), "pre_norm": (True, False),
    "use_pre_transformer_norm": (True, False), "final_norm": (True, False), "fc_norm": (True, False, None),
    "use_fc_norm": (True, False), "use_post_transformer_norm": (True, False), "dynamic_img_size": (True, False),
    "init_values": (None, 1e-5, 0.1), "qk_norm": (True, False), "qkv_bias": (True, False), "proj_bias": (True, False),
    "act_layer": ("gelu_tanh", "quick_gelu", "silu"), "norm_layer": ("layernorm", "rmsnorm"), "mlp_ratio": (2, 3.0, 8 / 3),
    "pos_embed": ("learn", "none"), "swiglu_mlp": (True, False), "scale_mlp": (True, False),
    "scale_attn_inner": (True, False), "qkv_fused": (True, False), "use_abs_pos_emb": (True, False),
    "use_rot_pos_emb": (True, False), "use_post_norm": (True, False), "use_rel_pos_bias": (True, False),
    "use_shared_rel_pos_bias": (True, False), "rope_grid_offset": (0.0, 0.5), "rope_grid_indexing": ("ij", "xy"),
    "rope_temperature": (100.0, 10000.0), "rope_rotate_half": (True, False), "ref_feat_shape": (None, (4, 4)),
    "attn_type": ("eva", "rope"), "rope_type": ("cat", "mixed", "dinov3"), "in_chans": (1, 3), "drop_rate": (0.1,),
    "drop_path_rate": (0.1,), "patch_drop_rate": (0.2,),
}


class Networks:
    """The bound is one of float32 beside double precision, with weights that are large for such networks."""

    bound = 2e-4

    def __init__(self, random: Random, scratch: Path):
        self.random, self.folder = random, scratch / "model"
        torch.set_num_threads(1)
        transformers.logging.set_verbosity_error()

    def make(self, number: int) -> Case:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        generator = torch.Generator().manual_seed(number)
        reason = pixels = expected = None
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                description, model, shape = self.build()
                self.randomise(model, generator)
                pixels = torch.randn((2, *shape), generator=generator)
                self.save(model)
                with torch.no_grad():
                    expected = self.outputs(model.double(), pixels.double())
        # What a class cannot be, it says by whatever error comes first.
        except Exception as error:
            reason = f"{type(error).__name__} {error}".partition("\n")[0]

        def ours(program: Program) -> dict[str, np.ndarray]:
            if reason is not None:
                raise Refused(reason)
            return program.forward(self.folder, pixels.numpy().astype(np.float32))

        def theirs() -> dict[str, np.ndarray]:
            if reason is not None:
                raise Refused(reason)
            return {name: values.numpy() for name, values in expected.items()}

        return Case("" if reason else description, ours, theirs)

    @staticmethod
    def randomise(model: torch.nn.Module, generator: torch.Generator) -> None:
        with torch.no_grad():
            for name, values in model.named_parameters():
                values.copy_(torch.randn(values.shape, generator=generator) * (0.3 if values.ndim > 1 else 0.2))
                if "norm" in name.lower() and name.endswith("weight"):
                    values.add_(1)


class Transformers(Networks):
    def change(self, config) -> dict:
        """Makes a configuration small, and other than its class has it in some places."""
        random = self.random
        heads, patch = random.randint(1, 4), random.choice((4, 6, 8))
        side = patch * random.randint(2, 4) + random.choice((0, 0, 1))
        changed = dict(
            hidden_size=heads * random.choice((8, 16)), num_attention_heads=heads, num_hidden_layers=random.randint(1, 3),
            intermediate_size=random.choice((16, 40, 64)), patch_size=patch, projection_dim=random.choice((8, 24)),
            image_size=[2 * patch, 3 * patch] if random.random() < 0.15 else side)
        known = config.to_dict()
        changed = {key: value for key, value in changed.items() if key in known}
        for key, value in known.items():
            if key in changed or key in ("return_dict", "tie_word_embeddings") or random.random() > 0.2:
                continue
            if key in KNOBS:
                changed[key] = random.choice(KNOBS[key])
            elif isinstance(value, bool) and not key.startswith("output_"):
                changed[key] = not value
        for key, value in changed.items():
            setattr(config, key, value)
        return changed

    def build(self):
        name = self.random.choice(CLASSES)
        model_class = getattr(transformers, name)
        config = model_class.config_class()
        image = config
        if hasattr(config, "vision_config"):
            image = config.vision_config
            for key, value in SMALL_TEXT.items():
                setattr(config.text_config, key, value)
            config.projection_dim = self.random.choice((8, 24))
        changed = self.change(image)
        if "Classification" in name:
            config.num_labels = self.random.choice((1, 2, 5, 10))
        size = image.image_size if isinstance(image.image_size, (list, tuple)) else (image.image_size,) * 2
        return f"{name} {json.dumps(changed)}", model_class(config).eval(), (3, *size)

    def save(self, model) -> None:
        model.save_pretrained(self.folder)

    def outputs(self, model, pixels) -> dict[str, torch.Tensor]:
        return outputs(model, pixels)


class Timm(Networks):
    def __init__(self, random: Random, scratch: Path):
        super().__init__(random, scratch)
        self.architectures = [name for module in ("vision_transformer", "deit", "eva", "beit")
                              for name in timm.list_models(module=module)]
        self.arguments = {}

    def build(self):
        random = self.random
        name, heads, patch = random.choice(self.architectures), random.randint(2, 4), random.choice((4, 6, 8))
        size = random.choice(((3, 3), (4, 4), (2, 3), (3, 2)))
        self.arguments = arguments = dict(
            embed_dim=heads * random.choice((8, 16)), num_heads=heads, depth=random.randint(1, 3), patch_size=patch,
            num_classes=random.choice((0, 1, 5, 10)), img_size=[patch * side for side in size])
        for key, values in ARGUMENTS.items():
            if random.random() < 0.12:
                arguments[key] = random.choice(values)
        while True:
            try:
                model = timm.create_model(name, **arguments).eval()
                break
            except TypeError as error:
                unknown = re.search(r"argument '(\w+)'", str(error))
                if not unknown or arguments.pop(unknown[1], None) is None:
                    raise
        shape = (arguments.get("in_chans", 3), *arguments["img_size"])
        return f"{name} {json.dumps(arguments)}", model, shape

    def save(self, model) -> None:
        save_for_hf(model, self.folder, model_args=self.arguments, safe_serialization=True)

    def outputs(self, model, pixels) -> dict[str, torch.Tensor]:
        tokens = model.forward_features(pixels)
        named = {"tokens": tokens, "pooled": model.forward_head(tokens, pre_logits=True)}
        if self.arguments["num_classes"] > 0:
            named["logits"] = model.forward_head(tokens)
        return named
