"""What the example program `classify` says of pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def first_predictions(classify: Path, model_folder: Path, paths: list[Path], *options: str,
                      chunk: int = 1000) -> list[dict]:
    """The first prediction {"index", "label", "score"} of every picture; ends the program where there is none."""
    predictions = []
    for start in range(0, len(paths), chunk):
        part = paths[start:start + chunk]
        command = [str(classify), "--model", str(model_folder), "--json", "--top-k", "1", *options]
        result = subprocess.run(command + [str(path) for path in part], capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{classify} ended with {result.returncode}: {result.stderr.strip()}")
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.strip()]
        if [Path(line["image"]) for line in lines] != part:
            sys.exit(f"{classify}: {len(lines)} lines of JSON for {len(part)} images, or in another order")
        predictions += [line["predictions"][0] for line in lines]
    return predictions
