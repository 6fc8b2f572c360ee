#!/usr/bin/env python3
"""What bfloat16 and int8 cost the shipped model on the test images of CIFAR-10.

    python tests/precision_cifar10.py FOLDER [--classify build/examples/classify] [--precisions bfloat16,int8]

FOLDER contains <label>/*.jpg or *.png. Prints the top-1 of each precision and how many predictions are those of float32;
exits with 1 when a precision loses more than its bound. Needs Python alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from classified import first_predictions

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Bound:
    """Percentage points of top-1 that may be lost, and percent of predictions that have to be those of float32."""

    loss: float
    same: float


BOUNDS = {"bfloat16": Bound(0.05, 0), "int8": Bound(0.2, 98.5)}


def precisions(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(BOUNDS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: expected some of {', '.join(BOUNDS)}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="<label>/*.jpg or *.png")
    parser.add_argument("--model", type=Path, default=ROOT / "examples/models/vit_cifar10_patch4_32")
    parser.add_argument("--classify", type=Path, default=ROOT / "build/examples/classify", help="the example program")
    parser.add_argument("--precisions", type=precisions, default=list(BOUNDS), help="default: bfloat16,int8")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    for path in (options.folder, options.model / "config.json", options.classify):
        if not path.exists():
            parser.error(f"{path}: no such file")
    paths = sorted(path for kind in ("jpg", "png") for path in options.folder.glob(f"*/*.{kind}"))
    names = json.loads((options.model / "config.json").read_text())["label_names"]
    if not paths:
        parser.error(f"{options.folder}: no files <label>/*.jpg or *.png in it")
    if unknown := {path.parent.name for path in paths} - set(names):
        parser.error(f"{options.model}: label_names lack {', '.join(sorted(unknown))}")

    def predictions(precision: str) -> list[str]:
        found = first_predictions(options.classify.resolve(), options.model, paths, "--threads", str(options.threads),
                                  "--precision", precision)
        return [prediction["label"] for prediction in found]

    def percent(ones: list[str], others: list[str]) -> float:
        return 100 * sum(a == b for a, b in zip(ones, others)) / len(paths)

    truth = [path.parent.name for path in paths]
    expected = predictions("float32")
    top1 = percent(expected, truth)
    print(f"{len(paths)} images\nfloat32   top-1 {top1:.2f} %", flush=True)
    failed = False
    for precision in options.precisions:
        found, bound = predictions(precision), BOUNDS[precision]
        own, same = percent(found, truth), percent(found, expected)
        print(f"{precision:9} top-1 {own:.2f} % ({own - top1:+.2f} points), the same prediction as float32 {same:.2f} %",
              flush=True)
        failed |= own < top1 - bound.loss or same < bound.same
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
