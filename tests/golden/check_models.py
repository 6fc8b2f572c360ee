#!/usr/bin/env python3
"""Runs the example program `extract_tokens` over golden model folders and prints how far it is from the reference.

    python tests/golden/check_models.py build/examples/extract_tokens              all folders of tests/golden/models
    python tests/golden/check_models.py build/examples/extract_tokens timm_vit ... some of them
    python tests/golden/check_models.py build/examples/extract_tokens --full       full-size models, random weights

The error of a tensor is max|found - expected| / max|expected|. Bounds: 1e-4 for the golden folders, 5e-4 at full size
(--bound changes it), and for pixel values 1e-6 as they are (not relative). Exit status 1 when one is passed or a tensor
is missing.

The golden folders need numpy and safetensors only. --full builds the models with the reference packages (versions:
make_models.py) in a temporary folder: timm's vit_base_patch16_224 and deit_base_distilled_patch16_384 and
transformers' ViT-B/16, with random weights of a deviation at which attention is far from uniform; about 1.5 GB of
memory and disk at a time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
MODELS = HERE / "models"
PIPELINE = HERE / "pipeline"
PIXEL_BOUND = 1e-6
NOT_SAVED = {"pixel_values"}
# What must be said to read a folder, as in tests/unit/golden.hpp.
RELEASES = {"torchvision_vit": "torchvision", "dino": "dino", "mae_finetuned": "mae_finetuned",
            "openai_clip": "openai_clip", "dinov2_original": "dinov2", "dinov2_giant_original": "dinov2",
            "dinov2_registers_original": "dinov2"}
ARGUMENTS = {name: ["--release", release] for name, release in RELEASES.items()}
ARGUMENTS["hf_vitpose_plus"] = ["--dataset-index", "1"]
# Their networks take squares that programs cut out of pictures: tests/unit/pipeline compares those.
WITHOUT_PICTURES = {"hf_eomt_split"}


class Checker:
    def __init__(self, program: Path, bound: float, threads: int, scratch: Path):
        self.program, self.bound, self.threads, self.scratch = program, bound, threads, scratch
        self.failures = 0
        self.worst: dict[str, float] = {}

    def extract(self, model: Path, names: list[str], arguments: list[str]) -> dict[str, np.ndarray]:
        output = self.scratch / "found.safetensors"
        output.unlink(missing_ok=True)
        command = [str(self.program), "--model", str(model), "--output", str(output), "--save", ",".join(names),
                   "--threads", str(self.threads), *ARGUMENTS.get(model.name, [])]
        result = subprocess.run(command + arguments, capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"{self.program.name} ended with {result.returncode}: {result.stderr.strip()}")
        return load_file(output)

    def report(self, what: str, errors: dict[str, tuple[float, float]]) -> None:
        """errors: tensor name -> (error, bound)."""
        cells = []
        for name, (error, bound) in errors.items():
            good = error <= bound  # false for NaN
            self.failures += not good
            cells.append(f"{name} {error:.1e}{'' if good else ' <-- over ' + format(bound, '.0e')}")
            self.worst[name] = max(self.worst.get(name, 0.0), error)
        print(f"{what:34} " + "  ".join(cells), flush=True)

    def fail(self, what: str, reason: str) -> None:
        self.failures += 1
        print(f"{what:34} FAILED: {reason}", flush=True)

    def compare(self, found: np.ndarray | None, expected: np.ndarray) -> float:
        if found is None or found.shape != expected.shape:
            raise RuntimeError(f"expected shape {expected.shape}, found {None if found is None else found.shape}")
        return float(np.abs(found - expected).max() / np.abs(expected).max())

    def pixel_values(self, model: Path, expected_path: Path, what: str) -> None:
        """A forward pass on given pixel values."""
        try:
            expected = load_file(expected_path)
            names = [name for name in expected if name not in NOT_SAVED]
            found = self.extract(model, names, ["--pixel-values", str(expected_path)])
            self.report(what, {name: (self.compare(found.get(name), expected[name]), self.bound) for name in names})
        except (RuntimeError, OSError) as error:
            self.fail(what, str(error))

    def photographs(self, model: Path, expected_path: Path, what: str) -> None:
        """The whole way from an image file to the logits."""
        expected = load_file(expected_path)
        for image in sorted({name.rsplit(".", 1)[0] for name in expected}):
            try:
                classifies = f"{image}.logits" in expected
                found = self.extract(model, ["pixel_values"] + ["logits"] * classifies, [str(PIPELINE / image)])
                pixels = expected[f"{image}.pixel_values"]
                if found["pixel_values"].shape != (1, *pixels.shape):
                    raise RuntimeError(f"pixel_values: expected {pixels.shape}, found {found['pixel_values'].shape[1:]}")
                errors = {"pixel_values": (float(np.abs(found["pixel_values"][0] - pixels).max()), PIXEL_BOUND)}
                if classifies:
                    errors["logits"] = (self.compare(found["logits"][0], expected[f"{image}.logits"]), self.bound)
                self.report(f"{what} {image}", errors)
            except (RuntimeError, OSError, KeyError) as error:
                self.fail(f"{what} {image}", str(error))

    def folder(self, model: Path) -> None:
        for kind, check in (("expected", self.pixel_values), ("expected_resized", self.pixel_values),
                            ("expected_pipeline", self.photographs)):
            path = model / f"{kind}.safetensors"
            if path.is_file() and not (kind == "expected_pipeline" and model.name in WITHOUT_PICTURES):
                check(model, path, model.name + kind.removeprefix("expected"))


def make_full_size(name: str, folder: Path) -> None:
    """Writes a full-size folder with random weights and its expected.safetensors."""
    import torch

    torch.manual_seed(0)
    torch.set_grad_enabled(False)

    def randomise(model: torch.nn.Module) -> None:
        for key, value in model.state_dict().items():
            if value.ndim == 1 and key.endswith("weight"):
                value.uniform_(0.5, 1.5)
            elif value.ndim == 1:
                value.normal_(0, 0.3)
            elif value.ndim == 3:
                value.normal_(0, 0.2)
            else:
                value.normal_(0, 1.3 / value[0].numel() ** 0.5)

    if name.startswith("hf"):
        from transformers import ViTConfig, ViTForImageClassification, logging

        logging.disable_progress_bar()
        model = ViTForImageClassification(ViTConfig(num_labels=1000)).eval()
        randomise(model)
        model.save_pretrained(folder)
        pixels = torch.randn(1, 3, 224, 224)
        tokens = model.vit(pixels).last_hidden_state
        outputs = {"tokens": tokens, "pooled": tokens[:, 0], "logits": model(pixels).logits}
    else:
        import timm
        from timm.models import save_for_hf

        model = timm.create_model(name).eval()
        randomise(model)
        save_for_hf(model, folder, safe_serialization=True)
        pixels = torch.randn(1, *model.pretrained_cfg["input_size"])
        tokens = model.forward_features(pixels)
        outputs = {"tokens": tokens, "pooled": model.forward_head(tokens, pre_logits=True), "logits": model(pixels)}

    from safetensors.torch import save_file

    outputs["pixel_values"] = pixels
    save_file({key: value.contiguous().clone() for key, value in outputs.items()}, folder / "expected.safetensors")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", type=Path, help="the built example program extract_tokens")
    parser.add_argument("cases", nargs="*", help="names of folders in tests/golden/models; default: all")
    parser.add_argument("--full", action="store_true", help="full-size models instead of the golden folders")
    parser.add_argument("--bound", type=float, help="relative error allowed")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not options.program.is_file():
        parser.error(f"{options.program}: no such file")
    bound = options.bound or (5e-4 if options.full else 1e-4)

    with tempfile.TemporaryDirectory(prefix="eigenvit-golden-") as scratch:
        checker = Checker(options.program.resolve(), bound, options.threads, Path(scratch))
        if options.full:
            for name in ("vit_base_patch16_224", "deit_base_distilled_patch16_384", "hf_vit_base_patch16_224"):
                with tempfile.TemporaryDirectory(prefix="eigenvit-full-") as folder:
                    make_full_size(name, Path(folder))
                    checker.pixel_values(Path(folder), Path(folder) / "expected.safetensors", name)
        else:
            folders = [MODELS / name for name in options.cases] or sorted(MODELS.iterdir())
            for folder in folders:
                if not (folder / "expected.safetensors").is_file():
                    parser.error(f"{folder}: not a golden folder")
                checker.folder(folder)
    print("largest errors: " + "  ".join(f"{name} {error:.1e}" for name, error in sorted(checker.worst.items())))
    print(f"{checker.failures} failures")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
