#!/usr/bin/env python3
"""What token merging costs in accuracy: top-1 of a model on labelled images for several r, and how many of the
predictions are those of the model without merging.

    python bench/token_merging_agreement.py cifar10-jpeg.tar.xz --model examples/models/vit_cifar10_patch4_32 \
        --classify build/examples/classify

ARCHIVE is a tar file (any compression) with test/<label>/<image>. Needs nothing but Python.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def unpack(archive: Path, folder: Path, limit: int) -> list[tuple[Path, str]]:
    """The paths and labels of the archive's test images, `limit` of them evenly out of all."""
    images = []
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if not (member.isfile() and len(parts) >= 3 and parts[-3] == "test"):
                continue
            path = folder / f"{parts[-2]}_{parts[-1]}"
            path.write_bytes(tar.extractfile(member).read())
            images.append((path, parts[-2]))
    if not images:
        sys.exit(f"{archive}: no files test/<label>/<image> in it")
    images.sort()
    return images[:: max(1, len(images) // limit)] if limit else images


def predict(classify: Path, model: Path, paths: list[Path], merge_tokens: int) -> list[str]:
    labels = []
    for start in range(0, len(paths), 1000):
        command = [classify, "--model", model, "--json", "--top-k", "1", "--merge-tokens", str(merge_tokens)]
        result = subprocess.run(command + paths[start:start + 1000], capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{classify} ended with {result.returncode}: {result.stderr.strip()}")
        labels += [json.loads(line)["predictions"][0]["label"] for line in result.stdout.splitlines()]
    return labels


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("archive", type=Path, help="tar file with test/<label>/<image>")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--classify", type=Path, required=True, help="the example program")
    parser.add_argument("--merge-tokens", type=int, nargs="+", default=[1, 2, 4, 8, 16], metavar="R")
    parser.add_argument("--limit", type=int, default=0, help="only so many images (default: all)")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="eigenvit-merging-") as folder:
        images = unpack(options.archive, Path(folder), options.limit)
        paths = [path for path, _ in images]
        truth = [label for _, label in images]
        ordinary = predict(options.classify.resolve(), options.model, paths, 0)
        print(f"{len(images)} images")
        print("   r   top-1  as without merging")
        for r in [0] + options.merge_tokens:
            found = ordinary if r == 0 else predict(options.classify.resolve(), options.model, paths, r)
            right = sum(a == b for a, b in zip(found, truth))
            same = sum(a == b for a, b in zip(found, ordinary))
            print(f"{r:4d}  {100 * right / len(images):5.2f} %  {100 * same / len(images):6.2f} %")


if __name__ == "__main__":
    main()
