#!/usr/bin/env python3
"""Makes the golden of the model that ships: 50 generated pictures and what PyTorch makes of them.

    shipped/inputs.rgb             uint8 [50,32,32,3], row-major, nothing else in the file
    shipped/expected.safetensors   logits [50,C] (float32) and prediction [50] (int64, the largest logit)

The pictures are simple scenes (gradients, shapes, stripes, noise) drawn by NumPy from a fixed seed. Out of a larger pool
those are taken that spread over the classes as the model sees them and whose two best logits are not a near tie, so a
changed prediction is an error and not a rounding. The reference is timm: the folder as timm.create_model reads it, its
evaluation transform, float32.

Run again whenever the weights change (versions: make_models.py):

    python tests/golden/make_shipped_model.py [MODEL_FOLDER]
"""

import argparse
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "examples" / "models" / "vit_cifar10_patch4_32"
SIDE, COUNT, POOL, LEAST_MARGIN = 32, 50, 3000, 0.2


def coverage(distance: np.ndarray) -> np.ndarray:
    """1 inside (distance < 0), 0 outside, a soft edge of about a pixel."""
    return np.clip(0.5 - distance, 0.0, 1.0)[..., None]


def draw(rng: np.random.Generator) -> np.ndarray:
    """One picture, uint8 [32,32,3]."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)

    def along(angle: float) -> np.ndarray:
        return x * np.cos(angle) + y * np.sin(angle)

    colour = lambda: rng.uniform(0, 255, 3)
    ramp = along(rng.uniform(0, 2 * np.pi))
    ramp = ((ramp - ramp.min()) / (ramp.max() - ramp.min()))[..., None]
    picture = colour() * (1 - ramp) + colour() * ramp
    if rng.random() < 0.5:
        picture = np.where((y > rng.uniform(8, 28))[..., None], colour(), picture)

    for _ in range(rng.integers(1, 5)):
        centre_x, centre_y = rng.uniform(6, 26, 2)
        half_width, half_height = rng.uniform(2, 13, 2)
        kind = rng.integers(4)
        if kind == 0:
            radius = np.hypot((x - centre_x) / half_width, (y - centre_y) / half_height)
            distance = (radius - 1) * min(half_width, half_height)
        elif kind == 1:
            distance = np.maximum(abs(x - centre_x) - half_width, abs(y - centre_y) - half_height)
        elif kind == 2:
            distance = np.maximum(abs(x - centre_x) * half_height / half_width - (y - centre_y), y - centre_y - half_height)
        else:
            distance = 2 * np.sin(along(rng.uniform(0, np.pi)) * 2 * np.pi / rng.uniform(4, 16))
        alpha = coverage(distance) * rng.uniform(0.5, 1.0)
        picture = picture * (1 - alpha) + colour() * alpha

    coarse = rng.normal(0, rng.uniform(0, 25), (8, 8, 1)).repeat(4, axis=0).repeat(4, axis=1)
    fine = rng.normal(0, rng.uniform(0, 15), (SIDE, SIDE, 3))
    return np.clip(np.rint(picture + coarse + fine), 0, 255).astype(np.uint8)


def choose(logits: torch.Tensor) -> list[int]:
    """Pictures of every class in turn, in the pool's order, until there are enough."""
    best = logits.topk(2)
    clear = (best.values[:, 0] - best.values[:, 1] > LEAST_MARGIN).tolist()
    queues: dict[int, list[int]] = {}
    for index, label in enumerate(best.indices[:, 0].tolist()):
        if clear[index]:
            queues.setdefault(label, []).append(index)
    chosen: list[int] = []
    while len(chosen) < COUNT:
        for label in sorted(queues):
            if queues[label] and len(chosen) < COUNT:
                chosen.append(queues[label].pop(0))
        assert any(queues.values()) or len(chosen) == COUNT, "the pool has too few clear pictures"
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes tests/golden/shipped.")
    parser.add_argument("model", nargs="?", type=Path, default=SHIPPED, help="timm-style model folder")
    folder = parser.parse_args().model

    torch.set_num_threads(1)
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).float().eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    rng = np.random.Generator(np.random.PCG64(20240229))
    pool = np.stack([draw(rng) for _ in range(POOL)])
    with torch.inference_mode():
        logits = torch.cat([model(torch.stack([transform(Image.fromarray(picture)) for picture in part]))
                            for part in np.array_split(pool, 30)])

    chosen = choose(logits)
    target = HERE / "shipped"
    target.mkdir(exist_ok=True)
    (target / "inputs.rgb").write_bytes(pool[chosen].tobytes())
    expected = logits[chosen].contiguous()
    path = target / "expected.safetensors"
    save_file({"logits": expected, "prediction": expected.argmax(dim=1)}, path)
    path.chmod(0o644)

    counts = np.bincount(expected.argmax(dim=1).numpy(), minlength=expected.shape[1])
    margins = expected.topk(2).values
    print("pictures of each class:", " ".join(str(count) for count in counts))
    print(f"smallest margin: {float((margins[:, 0] - margins[:, 1]).min()):.3f}")


if __name__ == "__main__":
    main()
