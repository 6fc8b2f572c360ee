#!/usr/bin/env python3
"""Compares EigenViT's predictions with PyTorch's on the test images of CIFAR-10, image by image.

Both sides get the same pixels: every JPEG is decoded once with Pillow and written as PNG, so that JPEG decoders play no
part. PyTorch's side is timm: the model folder as timm.create_model reads it, with timm's evaluation transform, in
float32. EigenViT's side is the example program `classify --json`, called as anybody would call it.

    python tests/compare_cifar10.py cifar10-jpeg.tar.xz --model examples/models/vit_cifar10_patch4_32 \
        --classify build/examples/classify

ARCHIVE is a tar file (any compression) that contains test/<label>/*.jpg. Prints the top-1 of both sides and exits with 0
only when every single prediction is the same; otherwise it lists the images that differ with PyTorch's margin between
the two classes, so that a near tie can be told from an error.

Needs torch, torchvision, timm and pillow: tests/compare_cifar10.sh makes an environment with the versions that count.
"""

import argparse
import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import timm
import torch
from PIL import Image

from classified import first_predictions


def write_pngs(archive: Path, folder: Path, limit: int) -> list[tuple[Path, str]]:
    """Decodes the archive's test images into `folder`; gives their paths and labels in a fixed order."""
    images = []
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if not (member.isfile() and len(parts) >= 3 and parts[-3] == "test"):
                continue
            label, stem = parts[-2], Path(parts[-1]).stem
            path = folder / f"{label}_{stem}.png"
            with tar.extractfile(member) as file, Image.open(file) as image:
                image.convert("RGB").save(path, compress_level=1)
            images.append((path, label))
    if not images:
        sys.exit(f"{archive}: no files test/<label>/<image> in it")
    images.sort()
    return images[:limit] if limit else images


def predict_with_timm(model_folder: Path, paths: list[Path], threads: int, batch: int = 250) -> torch.Tensor:
    """Logits [images, classes]."""
    torch.set_num_threads(threads)
    model = timm.create_model(f"local-dir:{model_folder}", pretrained=True).float().eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    logits = []
    with torch.inference_mode():
        for start in range(0, len(paths), batch):
            pixels = []
            for path in paths[start:start + batch]:
                with Image.open(path) as image:
                    pixels.append(transform(image.convert("RGB")))
            logits.append(model(torch.stack(pixels)))
    return torch.cat(logits)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("archive", type=Path, help="tar file with test/<label>/*.jpg")
    parser.add_argument("--model", type=Path, required=True, help="timm-style model folder")
    parser.add_argument("--classify", type=Path, required=True, help="EigenViT's example program")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for both sides (default: all cores)")
    parser.add_argument("--limit", type=int, default=0, help="only the first N images (default: all)")
    options = parser.parse_args()
    for path in (options.archive, options.model / "config.json", options.classify):
        if not path.exists():
            parser.error(f"{path}: no such file")

    names = json.loads((options.model / "config.json").read_text())["label_names"]
    with tempfile.TemporaryDirectory(prefix="eigenvit-cifar10-") as folder:
        images = write_pngs(options.archive, Path(folder), options.limit)
        paths = [path for path, _ in images]
        if unknown := {label for _, label in images} - set(names):
            sys.exit(f"{options.model}: label_names lack {', '.join(sorted(unknown))}")
        truth = [names.index(label) for _, label in images]

        logits = predict_with_timm(options.model, paths, options.threads)
        theirs = logits.argmax(dim=1).tolist()
        ours = first_predictions(options.classify.resolve(), options.model, paths, "--threads", str(options.threads))

    count = len(images)
    probabilities = logits.softmax(dim=1)
    top2 = logits.topk(2).values
    right_theirs = sum(int(a == b) for a, b in zip(theirs, truth))
    right_ours = sum(int(a["index"] == b) for a, b in zip(ours, truth))
    score_error = max(abs(mine["score"] - float(probabilities[i, mine["index"]])) for i, mine in enumerate(ours))
    mismatches = [i for i in range(count) if ours[i]["index"] != theirs[i]]
    wrong_labels = [i for i in range(count) if ours[i]["label"] != names[ours[i]["index"]]]

    print(f"images                 {count}")
    print(f"top-1, PyTorch         {100 * right_theirs / count:.2f} %")
    print(f"top-1, EigenViT        {100 * right_ours / count:.2f} %")
    print(f"identical predictions  {count - len(mismatches)}")
    print(f"largest difference of a score  {score_error:.2e}")
    print(f"smallest margin of PyTorch's   {float((top2[:, 0] - top2[:, 1]).min()):.2e}")
    for i in mismatches:
        mine = ours[i]["index"]
        margin = float(logits[i, theirs[i]] - logits[i, mine])
        print(f"differs: {paths[i].name}: PyTorch {names[theirs[i]]}, EigenViT {names[mine]}, margin {margin:.3e}")
    for i in wrong_labels:
        print(f"wrong label: {paths[i].name}: index {ours[i]['index']} is {names[ours[i]['index']]}, "
              f"printed as {ours[i]['label']}")
    return 1 if mismatches or wrong_labels else 0


if __name__ == "__main__":
    sys.exit(main())
