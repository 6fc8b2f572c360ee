#!/usr/bin/env python3
"""Compares EigenViT with its Python references on random inputs. How to call it: run.sh."""

from __future__ import annotations

import argparse
import collections
import random
import sys
import warnings
from pathlib import Path

import numpy as np

import images
import networks
import processors
from program import Program, Refused

KINDS = {"images": images.Images, "processors": processors.Processors, "transformers": networks.Transformers,
         "timm": networks.Timm}


def answer(side) -> tuple[dict[str, np.ndarray] | None, str]:
    try:
        return side(), ""
    except Refused as error:
        return None, str(error)


def difference(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], bound: float) -> str:
    """What differs by more than `bound` of the largest value; empty where nothing does."""
    for name, expected in theirs.items():
        if name not in ours:
            return f"{name}: missing"
        found = ours[name]
        if found.size != expected.size:
            return f"{name}: {found.shape} for {expected.shape}"
        error = np.abs(found.reshape(-1) - expected.reshape(-1).astype(np.float64)).max(initial=0)
        if not error <= bound * np.abs(expected).max(initial=0):
            return f"{name}: {error:.3g}, largest {np.abs(expected).max():.3g}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("kinds", nargs="*", help=", ".join(KINDS))
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(f"expected kinds out of {', '.join(KINDS)}, found {', '.join(sorted(unknown))}")
    warnings.simplefilter("ignore")
    program = Program(given.program)
    failed = False
    for kind in given.kinds or KINDS:
        scratch = given.scratch / kind
        scratch.mkdir(parents=True, exist_ok=True)
        maker = KINDS[kind](random.Random(given.seed), scratch)
        tally, shown = collections.Counter(), collections.Counter()
        for number in range(given.count):
            case = maker.make(number)
            ours, refusal = answer(lambda: case.ours(program))
            theirs, reason = answer(case.theirs)
            if ours is None or theirs is None:
                outcome = "both refuse" if ours is theirs else "only Python" if ours is None else "only EigenViT"
                detail = refusal or reason
            else:
                detail = difference(ours, theirs, maker.bound)
                outcome = "differ" if detail else "equal"
            tally[outcome] += 1
            if outcome == "differ" or (outcome.startswith("only") and shown[detail[:40]] < 2):
                shown[detail[:40]] += 1
                if case.file:
                    (scratch / case.name).write_bytes(case.file)
                    case.description = f"{scratch / case.name}, {case.description}"
                print(f"{kind} {number}: {outcome}: {detail}: {case.description}", flush=True)
        print(kind, ", ".join(f"{name} {count}" for name, count in sorted(tally.items())), flush=True)
        failed |= tally["differ"] > 0 or tally["equal"] == 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
