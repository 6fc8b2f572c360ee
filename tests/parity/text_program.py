"""What the comparisons of texts share: the program that reads networks of texts, and files of tensors for it."""

import json
import os
import struct
import subprocess
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def build(folder: Path, flags: list[str]) -> Path:
    """Compiles read_towers.cpp with c++ (or CXX); `flags` may name further folders of headers."""
    program = folder / "read_towers"
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O2", str(HERE / "read_towers.cpp"), "-o", str(program),
                    f"-I{ROOT / 'include'}", "-I/usr/include/eigen3", *flags, "-lutf8proc", "-pthread"], check=True)
    return program


def write_empty(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """A file of float32 tensors of zeros, which takes no place on the disk."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * int(np.prod(shape, dtype=np.int64))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def run(program: Path, what: str, folder: Path, given: bytes, rows: int) -> np.ndarray:
    done = subprocess.run([program, what, folder], input=given, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip().replace(f"{folder}/", ""))
    return np.frombuffer(done.stdout, np.float32).reshape(rows, -1)


def embeds(program: Path, folder: Path, ids: torch.Tensor) -> np.ndarray:
    given = struct.pack("<2i", *ids.shape) + ids.to(torch.int32).numpy().tobytes()
    return run(program, "texts", folder, given, len(ids))


def image_embeds(program: Path, folder: Path, pixels: torch.Tensor) -> np.ndarray:
    images, _, height, width = pixels.shape
    given = struct.pack("<3i", images, height, width) + pixels.numpy().tobytes()
    return run(program, "images", folder, given, images)


def error(found: np.ndarray, expected: torch.Tensor) -> float:
    """Relative to the largest value of the reference."""
    expected = expected.float().numpy()
    if found.shape != expected.shape:
        raise RuntimeError(f"expected {expected.shape}, found {found.shape}")
    largest = float(np.abs(found - expected).max() / np.abs(expected).max())
    return largest if np.isfinite(largest) else float("inf")
