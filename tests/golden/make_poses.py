#!/usr/bin/env python3
"""Makes tests/golden/poses: what transformers' VitPoseImageProcessor makes of boxes and of heatmaps.

    warp.safetensors       image [H,W,3] of bytes; for the boxes [N,4] (left, top, width, height) samples [N,h,w,3], bytes
    NAME.safetensors       of models/hf_vitpose_plus, with its second expert, and of classic, for each photograph
                           PHOTO of pipeline/ and its boxes: PHOTO.boxes, PHOTO.heatmaps [N,K,h,w], PHOTO.keypoints
                           [N,K,2], PHOTO.scores [N,K]
    classic/               a folder with the other decoder, but for the weights of its transposed convolutions, which are
                           large: numbers of SplitMix64, as tests/unit/support.hpp makes them, over 16
    keypoints.safetensors  heatmaps [N,K,h,w] for the boxes [N,4]; keypoints [N,K,2] and scores [N,K] as
                           post_process_pose_estimation finds them in images of `input_size` [height, width]

How to run, with the versions of make_models.py and scipy 1.17.1:

    /tmp/reference/bin/python tests/golden/make_poses.py
"""

import json
import types
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor
from transformers.image_utils import SizeDict
from transformers.models.vitpose.image_processing_vitpose import box_to_center_and_scale

from make_models import MODELS, PHOTOGRAPHS, random_weight

FOLDER = Path(__file__).resolve().parent / "poses"

# In numbers that single precision holds: inside, over each edge, outside, all of the image, without a height, on whole pixels, less than a pixel.
BOXES = [[5.25, 3.5, 12.75, 20.125], [-7.5, -4, 20, 30], [20.5, 15, 30, 12], [60, 50, 10, 10], [0, 0, 37, 29],
         [4, 6, 9, 0], [2, 3, 4.75, 6.5], [10.25, 11.75, 0.375, 0.3125], [0, 0, 0, 14.375], [-1000, -900, 3000, 2500]]


def warps() -> dict[str, torch.Tensor]:
    height, width = 9, 7
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (29, 37, 3), dtype=np.uint8)
    processor = VitPoseImageProcessor(size={"height": height, "width": width})
    samples = []
    for box in BOXES:
        center, scale = box_to_center_and_scale(box, image_width=width, image_height=height)
        size = SizeDict(height=height, width=width)
        samples.append(processor.affine_transform(torch.from_numpy(image).permute(2, 0, 1), center, scale, 0, size))
    samples = torch.stack(samples)
    assert samples.dtype == torch.uint8
    return {"image": torch.from_numpy(image).float(), "boxes": torch.tensor(BOXES).float(),
            "samples": samples.permute(0, 2, 3, 1).contiguous().float()}


def bumps(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    total = 0.02 * rng.standard_normal((height, width))
    for weight in (1.0, 0.4):
        top, left = rng.uniform(-0.6, height - 0.4), rng.uniform(-0.6, width - 0.4)
        total += weight * np.exp(-((y - top) ** 2 + (x - left) ** 2) / (2 * rng.uniform(0.8, 2.0) ** 2))
    return total


def keypoints() -> dict[str, torch.Tensor]:
    height, width = 16, 12
    rng = np.random.default_rng(2)
    heatmaps = np.stack([np.stack([bumps(rng, height, width) for _ in range(4)]) for _ in BOXES]).astype(np.float32)
    # All below the least that has a logarithm, and more than the greatest.
    heatmaps[0, 0] *= 5e-4
    heatmaps[1, 1] *= 200
    processor = VitPoseImageProcessor(size={"height": 64, "width": 48})
    results = processor.post_process_pose_estimation(
        types.SimpleNamespace(heatmaps=torch.from_numpy(heatmaps)), [BOXES])[0]
    return {"heatmaps": torch.from_numpy(heatmaps), "boxes": torch.tensor(BOXES).float(),
            "input_size": torch.tensor([64.0, 48.0]),
            "keypoints": torch.stack([result["keypoints"] for result in results]),
            "scores": torch.stack([result["scores"] for result in results])}


def split_mix(count: int, seed: int) -> np.ndarray:
    """`count` numbers in [-1, 1)."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) * np.uint64(0xD1B54A32D192ED03)
        bits = state + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1


def make_classic(folder: Path) -> VitPoseForPoseEstimation:
    backbone = dict(model_type="vitpose_backbone", image_size=[18, 12], patch_size=[6, 6], hidden_size=12,
                    num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, out_indices=[1])
    model = VitPoseForPoseEstimation(VitPoseConfig(backbone_config=backbone, use_simple_decoder=False,
                                                   id2label={0: "nose", 1: "tail"})).eval()
    weights = model.state_dict()
    for name, old in weights.items():
        if name.endswith("running_var"):
            weights[name] = random_weight("classic", name, tuple(old.shape), 1.0).abs() + 0.5
        elif old.dtype == torch.float32:
            weights[name] = random_weight("classic", name, tuple(old.shape), 1.0)
    weights = {name: value.half().float() if value.dtype == torch.float32 else value for name, value in weights.items()}
    left_out = {f"head.deconv{seed}.weight": seed for seed in (1, 2)}
    for name, seed in left_out.items():
        values = split_mix(weights[name].numel(), seed).astype(np.float32) / 16
        weights[name] = torch.from_numpy(values).reshape(weights[name].shape)
    model.load_state_dict(weights)
    model.save_pretrained(folder)
    stored = load_file(folder / "model.safetensors")
    save_file({name: value.half() if value.dtype == torch.float32 else value for name, value in stored.items()
               if name not in left_out}, folder / "model.safetensors", metadata={"format": "pt"})
    processor = dict(image_processor_type="VitPoseImageProcessor", size={"height": 18, "width": 12})
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")
    return model


def poses(model: VitPoseForPoseEstimation, folder: Path) -> dict[str, torch.Tensor]:
    processor = VitPoseImageProcessor.from_pretrained(folder)
    tensors = {}
    for name, boxes in {"chelsea.png": [[10, 5, 60, 50], [-20.5, 30, 80, 60.25]], "coffee.png": [[0, 0, 64, 96]]}.items():
        inputs = processor(Image.open(PHOTOGRAPHS / name).convert("RGB"), boxes=[boxes], return_tensors="pt")
        outputs = model(**inputs, dataset_index=torch.ones(len(boxes), dtype=torch.long))
        results = processor.post_process_pose_estimation(outputs, [boxes])[0]
        tensors |= {f"{name}.boxes": torch.tensor(boxes).float(), f"{name}.heatmaps": outputs.heatmaps,
                    f"{name}.keypoints": torch.stack([result["keypoints"] for result in results]),
                    f"{name}.scores": torch.stack([result["scores"] for result in results])}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    torch.set_grad_enabled(False)
    classic = make_classic(FOLDER / "classic")
    save_file(poses(classic, FOLDER / "classic"), FOLDER / "classic.safetensors")
    plus = VitPoseForPoseEstimation.from_pretrained(MODELS / "hf_vitpose_plus", dtype=torch.float32).eval()
    save_file(poses(plus, MODELS / "hf_vitpose_plus"), FOLDER / "hf_vitpose_plus.safetensors")
    save_file(warps(), FOLDER / "warp.safetensors")
    save_file(keypoints(), FOLDER / "keypoints.safetensors")


if __name__ == "__main__":
    main()
