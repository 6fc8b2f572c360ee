#!/usr/bin/env python3
"""Makes tests/golden/poses: what transformers' VitPoseImageProcessor makes of boxes and of heatmaps.

    warp.safetensors       image [H,W,3] of bytes; for the boxes [N,4] (left, top, width, height) samples [N,h,w,3], bytes
    keypoints.safetensors  heatmaps [N,K,h,w] for the boxes [N,4]; keypoints [N,K,2] and scores [N,K] as
                           post_process_pose_estimation finds them in images of `input_size` [height, width]

How to run, with the versions of make_models.py and scipy 1.17.1:

    /tmp/reference/bin/python tests/golden/make_poses.py
"""

import types
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import VitPoseImageProcessor
from transformers.image_utils import SizeDict
from transformers.models.vitpose.image_processing_vitpose import box_to_center_and_scale

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


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    save_file(warps(), FOLDER / "warp.safetensors")
    save_file(keypoints(), FOLDER / "keypoints.safetensors")


if __name__ == "__main__":
    main()
