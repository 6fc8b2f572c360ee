#!/usr/bin/env python3
"""Runs every model of the lists through EigenViT and through its Python reference. How to call it: run.sh."""

from __future__ import annotations

import argparse
import csv
import gc
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import safetensors
import timm
import torch
import transformers
from safetensors.numpy import load_file
from safetensors.torch import save_file

import timm_models
import transformers_models
from dense_answers import CLASS_BOUND, JOINT_BOUND

# Relative to a tensor's largest magnitude, at full size.
BOUND = 5e-4
# The same of the maps of dense heads.
MAPS = ("depth", "segment_logits", "mask_logits", "heatmaps")
MAP_BOUND = 1e-4
# The mean cosine to the reference that outputs in other precisions have at least, unless something is broken.
LEAST_COSINES = {"bfloat16": 0.999, "int8": 0.95}
COLUMNS = ("reference", "model", "depth", "full_depth", "size", "tokens", "pooled", "logits", "map", "other_size",
           "other_tokens", "other_pooled", "other_logits", "other_map", "answer", *LEAST_COSINES, "result", "reason")


class Program:
    """The built extract_tokens."""

    def __init__(self, path: Path, threads: int):
        self.path, self.threads = path, threads

    def outputs(self, folder: Path, pixels: torch.Tensor, expected: dict[str, torch.Tensor],
                *arguments: str) -> dict[str, np.ndarray]:
        """Those of the names and shapes that are expected."""
        with tempfile.TemporaryDirectory(prefix="eigenvit-parity-") as scratch:
            given, output = Path(scratch) / "pixels.safetensors", Path(scratch) / "found.safetensors"
            save_file({"pixel_values": pixels.contiguous()}, given)
            command = [str(self.path), "--model", str(folder), "--output", str(output), "--threads", str(self.threads),
                       "--save", ",".join(expected), "--pixel-values", str(given),
                       "--image-size", "{}x{}".format(*pixels.shape[2:]), *arguments]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
                raise RuntimeError(lines[-1].replace(f"{folder}/", ""))
            found = load_file(output)
        for name, value in expected.items():
            shape = found[name].shape if name in found else None
            if shape != tuple(value.shape):
                raise RuntimeError(f"{name}: expected shape {tuple(value.shape)}, found {shape}")
        return found

    def errors(self, folder: Path, pixels: torch.Tensor, expected: dict[str, torch.Tensor],
               *arguments: str) -> dict[str, float]:
        found = self.outputs(folder, pixels, expected, *arguments)
        errors = {}
        for name, value in expected.items():
            value = value.float().numpy()
            largest = float(np.abs(value).max())
            # NaN in either is an error without bound, and no number passes beside it.
            error = float(np.abs(found[name] - value).max()) / largest
            errors[name] = error if np.isfinite(error) else float("inf")
        return errors

    def cosine(self, folder: Path, pixels: torch.Tensor, expected: dict[str, torch.Tensor], *arguments: str) -> float:
        """The least over the outputs of their rows' mean cosine; 0 where one is not a number."""
        found = self.outputs(folder, pixels, expected, *arguments)
        means = [0.0 if not np.isfinite(found[name]).all() else
                 torch.nn.functional.cosine_similarity(torch.from_numpy(found[name]).double(), value.double(), dim=-1)
                 .mean().item() for name, value in expected.items()]
        return min(means)


def check(reference: str, name: str, make, program: Program, precisions: list[str]) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "") | {"reference": reference, "model": name}
    try:
        with tempfile.TemporaryDirectory(prefix="eigenvit-parity-") as scratch:
            folder = Path(scratch)
            model = make(folder)
            row.update(depth=str(model.depth), full_depth=str(model.full_depth))
            worst: dict[str, float] = {}
            sizes = [("", model.native)]
            if model.other_size() is not None:
                sizes.append(("other_", model.other_size()))
            for prefix, size in sizes:
                pixels, expected = model.reference(size)
                row[f"{prefix}size"] = "{}x{}".format(*size)
                for output, error in program.errors(folder, pixels, expected, *model.arguments).items():
                    # Further outputs, such as boxes, have no column of their own.
                    column = f"{prefix}{'map' if output in MAPS else output}"
                    if column in COLUMNS:
                        row[column] = f"{error:.1e}"
                    worst[f"{prefix}{output}"] = error
            failures = [f"{key} {error:.1e}" for key, error in worst.items()
                        if not error <= (MAP_BOUND if key.endswith(MAPS) else BOUND)]
            if (answer := model.answer()) is not None:
                row["answer"], failure = answer.compare(program.path.parent, program.threads)
                failures += [failure] if failure else []
            if precisions:
                pixels, expected = model.reference(model.native)
            for precision in precisions:
                cosine = program.cosine(folder, pixels, expected, *model.arguments, "--precision", precision)
                row[precision] = f"{cosine:.5f}"
                if not cosine >= LEAST_COSINES[precision]:
                    failures.append(f"{precision}: cosine {cosine:.5f}")
            row["result"] = "fail" if failures else "pass"
            row["reason"] = ", ".join(failures)
    except LookupError as error:
        row.update(result="skip", reason=str(error))
    except Exception as error:  # One model's failure must not end the run over the others.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        row.update(result="fail", reason=reason.replace("RuntimeError: ", ""))
    gc.collect()
    return row


def write_tables(rows: list[dict[str, str]], path: Path) -> None:
    with path.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    versions = f"timm {timm.__version__}, transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"
    lines = [
        "# EigenViT beside timm and transformers", "",
        f"Made by `bash tests/parity/run.sh`, with {versions}. Errors are relative",
        f"to the largest magnitude of the reference's tensor; the bound is {BOUND:.0e}, and {MAP_BOUND:.0e} for the maps of dense",
        "heads. `answer` compares what a program says of an image with the post-processing of transformers: depths at the image's",
        f"size, the share of pixels of the same class (at least {100 * CLASS_BOUND} %), the farthest joint (at most {JOINT_BOUND} pixels).",
        "Joints are in doubt whose place in the reference itself moves by half of that when its heatmaps change by a millionth of",
        "their largest value: heatmaps of random weights are flat at some tops. They are within eight times what they move by.",
        "Weights are random. `blocks` is the depth that was run: all, or a cut that is named. The other size is not the model's",
        "own: position embeddings, tables and rotary angles are those of another grid. bfloat16 and int8: the least mean cosine of",
        "the rows of these outputs, at the model's own size, or nothing where they were not run;",
        f"the bounds are {' and '.join(map(str, LEAST_COSINES.values()))}.", ""]
    for reference in sorted({row["reference"] for row in rows}):
        mine = [row for row in rows if row["reference"] == reference]
        passed = sum(row["result"] == "pass" for row in mine)
        listed = len(timm_models.names()) if reference == "timm" else len(transformers_models.CASES)
        lines += [f"## {reference}: {passed} of {listed}", ""]
        if len(mine) < listed:
            lines += [f"{listed - len(mine)} have not been run; those that have are below.", ""]
        whole = sum(row["result"] == "pass" and row["depth"] == row["full_depth"] for row in mine)
        lines += [f"Of those that pass, {whole} were run with all of their blocks and {passed - whole} were cut to fewer.", ""]
        lines += [
            "| model | blocks | size | tokens | pooled | logits | map "
            "| other size | tokens | pooled | logits | map | answer | bfloat16 | int8 | result |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
        for row in mine:
            cut = row["depth"] != row["full_depth"]
            cells = [row["model"], f"{row['depth']} of {row['full_depth']}" if cut else row["depth"]]
            cells += [row.get(column, "") for column in COLUMNS[COLUMNS.index("size"):-1]]
            if row["reason"]:
                cells[-1] += ": " + row["reason"].replace("|", "\\|")[:160]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    path.write_text("\n".join(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--reference", choices=("timm", "transformers"))
    parser.add_argument("--only", type=re.compile, default=re.compile(""))
    parser.add_argument("--depth", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precisions", type=lambda text: text.split(","), default=[])
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.precisions) - set(LEAST_COSINES):
        parser.error(f"--precisions {','.join(sorted(unknown))}: expected some of {','.join(LEAST_COSINES)}")

    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    jobs = []
    if options.reference != "transformers":
        jobs += [("timm", name, lambda folder, name=name: timm_models.TimmModel(name, options.depth, folder))
                 for name in timm_models.names()]
    if options.reference != "timm":
        jobs += [("transformers", case.name,
                  lambda folder, case=case: transformers_models.TransformersModel(case, options.depth, folder))
                 for case in transformers_models.CASES]
    jobs = [job for job in jobs if options.only.search(job[1])]
    if options.list:
        for reference, name, _ in jobs:
            print(reference, name)
        return 0

    rows = {}
    if options.merge and options.results.with_suffix(".csv").is_file():
        with options.results.with_suffix(".csv").open(newline="") as file:
            rows = {(row["reference"], row["model"]): row for row in csv.DictReader(file)}
    program = Program(options.program.resolve(), options.threads)
    passed = 0
    for reference, name, make in jobs:
        start = time.monotonic()
        row = check(reference, name, make, program, options.precisions)
        passed += row["result"] == "pass"
        rows[reference, name] = row
        errors = " ".join(f"{row[key] or '-':>7}" for key in COLUMNS if row[key] != "" and key.endswith(
            ("tokens", "pooled", "logits", "map", "answer", *LEAST_COSINES)))
        print(f"{row['result']:4} {reference:12} {name:52} {errors} {row['reason'][:200]} "
              f"({time.monotonic() - start:.0f} s)", flush=True)
        write_tables([rows[key] for key in sorted(rows)], options.results)
    failed = sum(rows[reference, name]["result"] == "fail" for reference, name, _ in jobs)
    print(f"{passed} of {len(jobs)} agree, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
