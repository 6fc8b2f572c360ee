"""Random preprocessor_config.json of transformers' classes, read by both sides."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import AutoImageProcessor

from case import Case
from program import Refused

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
# Small models, of whose folders all but the preprocessing is used.
FOLDERS = ("hf_beit", "hf_deit", "hf_dinov2", "hf_clip_classifier", "hf_siglip_classifier", "hf_vit", "hf_blip_captions",
           "hf_chinese_clip", "hf_owlvit_detector", "hf_pixio")
CLASSES = ("ViT", "DeiT", "Beit", "CLIP", "Siglip", "Bit", "Blip", "ChineseCLIP", "DPT", "ZoeDepth")


class Processors:
    bound = 1e-5

    def __init__(self, random: Random, scratch: Path):
        self.random, self.scratch = random, scratch
        for name in FOLDERS:
            folder = scratch / name
            folder.mkdir(exist_ok=True)
            for file in (MODELS / name).iterdir():
                link = folder / file.name
                if not link.exists() and (file.name == "config.json" or file.name.startswith("model")):
                    link.symlink_to(file)

    def side(self) -> int:
        return self.random.choice((16, 24, 32, 33, 40, 47))

    def size(self):
        side = self.side()
        return self.random.choice((side, {"height": side, "width": side}, {"height": side, "width": self.side()},
                                   {"shortest_edge": side}, {"shortest_edge": 24, "longest_edge": 24 + side},
                                   [side, self.side()], None))

    def configuration(self) -> dict:
        random = self.random
        name = random.choice(CLASSES)
        fields = random.choice((
            {"image_processor_type": name + "ImageProcessor" + random.choice(("", "Fast", "Pil"))},
            {"feature_extractor_type": name + "FeatureExtractor"}, {}))
        choices = {
            "do_resize": (True, True, False), "do_rescale": (True, True, False), "do_normalize": (True, True, False),
            "do_center_crop": (True, False), "do_convert_rgb": (True, False), "size": (self.size(),),
            "crop_size": (self.size(),), "resample": range(6), "rescale_factor": (1 / 255, 1 / 127.5, 1, 0.5),
            "image_mean": ([0.5] * 3, [0.485, 0.456, 0.406], 0.25), "image_std": ([0.5] * 3, [0.229, 0.224, 0.225], 0.5),
            "do_reduce_labels": (False,), "size_divisor": (None, 14), "keep_aspect_ratio": (True, False),
            "ensure_multiple_of": (1, 14, 1 / 32), "do_pad": (True, False), "use_square_size": (True, False), "default_to_square": (True, False),
            "crop_pct": (0.875, 1.0),
        }
        for key, values in choices.items():
            often = key in ("size", "crop_size", "resample") or key.startswith("do_")
            if random.random() < (0.5 if often else 0.15):
                fields[key] = random.choice(values)
        return fields

    def make(self, number: int) -> Case:
        random = self.random
        folder = self.scratch / random.choice(FOLDERS)
        fields = self.configuration()
        (folder / "preprocessor_config.json").write_text(json.dumps(fields))
        size = (random.randint(1, 90), random.randint(1, 90), 3)
        pixels = np.random.default_rng(number).integers(0, 256, size, dtype=np.uint8)

        def theirs() -> dict[str, np.ndarray]:
            try:
                processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
                values = processor(Image.fromarray(pixels), return_tensors="np")["pixel_values"]
            except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
                raise Refused(f"{type(error).__name__} {error}".partition("\n")[0]) from error
            return {"pixel_values": np.asarray(values)[0]}

        return Case(f"{folder.name}, {size[1]}x{size[0]}, {json.dumps(fields)}",
                    lambda program: program.preprocess(folder, pixels), theirs)
