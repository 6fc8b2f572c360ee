"""Maps of dense heads, and what programs make of them for an image: depths, classes of pixels, joints."""

from __future__ import annotations

import json
import subprocess
import types
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image

from random_weights import seed_of

# How far joints may be apart, in pixels of the image; the share of pixels that have the same class.
JOINT_BOUND = 1e-3
CLASS_BOUND = 0.999
# By how much of their largest value heatmaps differ between orders of the same sums.
ROUNDING = 1e-6


def dense_maps(model: torch.nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """What `outputs` of the goldens does not give of a class with a dense head."""
    if type(model).__name__ == "VitPoseForPoseEstimation":
        result = model(pixels, dataset_index=torch.ones(len(pixels), dtype=torch.long))
        return {"heatmaps": result.heatmaps.permute(0, 2, 3, 1)}
    return {}


def random_image(name: str, height: int, width: int) -> Image.Image:
    """Soft shapes: an image whose neighbouring pixels are alike."""
    rng = np.random.default_rng(seed_of(name, "image"))
    coarse = Image.fromarray(rng.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


class DenseAnswer:
    """What a model says of an image: transformers' processor, model and post-processing, and a program of ours."""

    def __init__(self, folder: Path, model: torch.nn.Module, name: str, arguments: tuple[str, ...]):
        self.folder, self.model, self.name, self.arguments = folder, model, name, arguments
        self.processor = transformers.AutoImageProcessor.from_pretrained(
            folder, backend="torchvision" if type(model).__name__.startswith("Zoe") else "pil")
        self.image = random_image(name, 420, 560)
        self.path = folder / "image.png"
        self.image.save(self.path)

    def compare(self, programs: Path, threads: int) -> tuple[str, str | None]:
        """The figure of the table, and what is wrong with it."""
        kind = type(self.model).__name__
        self.command = ["--model", str(self.folder), "--threads", str(threads), "--output", str(self.folder / "drawn.png"),
                        *self.arguments]
        if kind.endswith("DepthEstimation"):
            return self.compare_depths(programs / "depth_map")
        if kind.endswith("SemanticSegmentation"):
            return self.compare_classes(programs / "segmentation_map", self.model(**self.inputs()))
        if kind.startswith("Eomt"):
            result = self.model(self.inputs()["pixel_values"], patch_offsets=[])
            return self.compare_classes(programs / "segmentation_map", result, "--task", "semantic")
        return self.compare_joints(programs / "pose")

    def run(self, program: Path, *arguments: str) -> None:
        done = subprocess.run([str(program), *self.command, *arguments, str(self.path)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1].replace(f"{self.folder}/", ""))

    def inputs(self, **options) -> dict:
        return self.processor(self.image, return_tensors="pt", **options)

    def compare_depths(self, program: Path) -> tuple[str, str | None]:
        result = self.model(**self.inputs())
        size = (self.image.height, self.image.width)
        expected = self.processor.post_process_depth_estimation(result, [size])[0]["predicted_depth"].numpy()
        self.run(program, "--raw", str(self.folder / "depth.npy"))
        found = np.load(self.folder / "depth.npy")
        error = float(np.abs(found - expected).max() / np.abs(expected).max())
        return f"depth {error:.1e}", None if error <= 1e-4 else f"depths of the image {error:.1e}"

    def compare_classes(self, program: Path, result, *arguments: str) -> tuple[str, str | None]:
        size = (self.image.height, self.image.width)
        expected = self.processor.post_process_semantic_segmentation(result, [size])[0].numpy()
        self.run(program, "--labels", str(self.folder / "labels.png"), *arguments)
        share = float((np.asarray(Image.open(self.folder / "labels.png")) == expected).mean())
        return f"classes {100 * share:.3f} %", None if share >= CLASS_BOUND else f"classes of {1 - share:.1e} of the pixels"

    def places(self, heatmaps: torch.Tensor, boxes: list[list[float]]) -> np.ndarray:
        """Of the joints of each box, [N, K, 2]."""
        result = types.SimpleNamespace(heatmaps=heatmaps)
        poses = self.processor.post_process_pose_estimation(result, [boxes])[0]
        return np.stack([pose["keypoints"].numpy() for pose in poses])

    def compare_joints(self, program: Path) -> tuple[str, str | None]:
        boxes = [[40.0, 30.0, 200.0, 350.0], [300.0, 100.0, 150.0, 220.0], [-20.0, 5.0, 580.0, 400.0]]
        inputs = self.inputs(boxes=[boxes])
        heatmaps = self.model(**inputs, dataset_index=torch.ones(len(boxes), dtype=torch.long)).heatmaps
        expected = self.places(heatmaps, boxes)
        # Where a heatmap of random weights has no curvature at its top, Newton's step divides noise by noise: how far
        # the reference's own joints go when its heatmaps are rounded otherwise.
        generator = torch.Generator().manual_seed(seed_of(self.name, "noise"))
        noise = [torch.empty_like(heatmaps).uniform_(-1, 1, generator=generator) for _ in range(8)]
        shift = np.max([np.abs(self.places(heatmaps + ROUNDING * heatmaps.abs().max() * one, boxes) - expected).max(-1)
                        for one in noise], axis=0)
        texts = [value for box in boxes for value in ("--box", ",".join(map(str, box)))]
        self.run(program, "--json", str(self.folder / "pose.json"), "--threshold", "0", *texts)
        worst, doubtful, count = 0.0, 0, 0
        failures = []
        for i, pose in enumerate(json.loads((self.folder / "pose.json").read_text())):
            for joint in pose["keypoints"]:
                k = joint["index"]
                distance = float(np.abs(np.array([joint["x"], joint["y"]]) - expected[i, k]).max())
                count += 1
                if shift[i, k] > JOINT_BOUND / 2:
                    doubtful += 1
                    # As far as its own noise takes it, and no further.
                    bound = 8 * shift[i, k]
                else:
                    bound = JOINT_BOUND
                    worst = max(worst, distance)
                if distance > bound:
                    failures.append(f"joint {k} of box {i}: {distance:.1e} px, by rounding {shift[i, k]:.1e}")
        figure = f"{count - doubtful} joints {worst:.1e} px"
        return figure + (f", {doubtful} in doubt" if doubtful else ""), ", ".join(failures) or None
