#!/usr/bin/env python3
"""Measures EigenViT and its peers side by side and prints the tables; run.sh prepares what it needs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from client import (COLD_VARIANTS, EIGENVIT, PRECISIONS, VARIANTS, Paths, Variant, openvino_takes_bfloat16)
from footprint import cold_starts, sizes
from networks import NETWORKS, Network
from report import report
from speed import Cell, measure


def comma_separated(kind: type, valid: range | dict[str, object]):
    def parse(text: str) -> list:
        values = [kind(value) for value in text.split(",")]
        for value in values:
            if value not in valid:
                raise argparse.ArgumentTypeError(f"{value!r} is not one of {valid if kind is int else ', '.join(valid)}")
        return values

    return parse


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=comma_separated(str, NETWORKS), help="default: those of images, with --quick ti,b")
    parser.add_argument("--rounds", type=int, help="default: 9, with --quick 3")
    parser.add_argument("--threads", type=comma_separated(int, range(1, 1025)), default=[1, 2])
    parser.add_argument("--batches", type=comma_separated(int, range(1, 17)),
                        help="default: 1,8, of texts 1,16, with --quick and of dense heads 1; of images 8 at most")
    parser.add_argument("--precisions", type=comma_separated(str, dict.fromkeys(PRECISIONS)),
                        default=list(PRECISIONS))
    parser.add_argument("--quick", action="store_true", help="a first look")
    parser.add_argument("--only", help="measure configurations whose name contains this, beside EigenViT; "
                        "'autotuned' adds PyTorch's")
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--flags", default="", help="what the programs were compiled with, for the record")
    parser.add_argument("--command", default="compare.py", help="likewise, the command line")
    options = parser.parse_args()
    images = [key for key, network in NETWORKS.items() if isinstance(network, Network)]
    options.models = options.models or (["ti", "b"] if options.quick else images)
    options.rounds = options.rounds or (3 if options.quick else 9)
    if options.quick and not options.batches:
        options.batches = [1]
    for key in options.models:
        if max(options.batches or [1]) > max(NETWORKS[key].batches):
            parser.error(f"--batches: of {key} at most {max(NETWORKS[key].batches)}")
    return options


def offered(variants: tuple[Variant, ...], precisions: list[str]) -> list[Variant]:
    """Without those that this machine lacks."""
    lacking = [] if openvino_takes_bfloat16() else [("OpenVINO", "bfloat16")]
    return [v for v in variants if v.precision in precisions and (v.runtime, v.precision) not in lacking]


def chosen(precision: str, only: str | None) -> list[Variant]:
    """Of a precision, and EigenViT in float32 as the yardstick of all."""
    variants = offered(VARIANTS, [precision])
    if only is not None:
        variants += [Variant("PyTorch", "autotuned", precision)]
        variants = [v for v in variants if v.runtime == EIGENVIT.runtime or only in v.label]
    return list(dict.fromkeys([EIGENVIT, *variants]))


def main() -> int:
    options = parse_arguments()
    paths = Paths(options.programs, options.cache / "models", options.cache)
    networks = [NETWORKS[key] for key in options.models]
    # Tokens at batch 1 only: beyond it they take what the logits take.
    cells = [Cell(network, output, batch, threads, precision) for precision in options.precisions
             for network in networks for output in network.outputs
             for batch in options.batches or network.batches
             for threads in options.threads if output != "tokens" or batch == 1]
    try:
        results = [measure(cell, chosen(cell.precision, options.only), paths, options.rounds) for cell in cells]
        cold_network = NETWORKS["b"] if "b" in options.models else networks[0]
        cold_threads = max(options.threads)
        cold = cold_starts(offered(COLD_VARIANTS, options.precisions), paths, cold_network, cold_threads, options.rounds)
    except RuntimeError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 1
    text = report(options.command, options.flags, results, cold,
                  f"{cold_network.title}, {cold_threads} threads", sizes(paths))
    (options.cache / "results.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
