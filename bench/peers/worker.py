"""The side of the measured process: one runtime, one network, one output, one batch size, one number of threads,
one precision.

    worker_RUNTIME.py FOLDER OUTPUT BATCH THREADS PRECISION VARIANT

speaks by lines on stdin and stdout, as eigenvit_worker.cpp does:

    (start)        -> ready             after the imports
    load           -> loaded            the network is in memory, and compiled where that is done beforehand
    run COUNT      -> MS MS ...         COUNT forward passes, milliseconds each
    output FILE    -> written           what passes over all batches of the folder's inputs give, float32
    (end of stdin)                      ends it
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Protocol

import numpy as np

from networks import NETWORKS, AnyNetwork


@dataclass(frozen=True)
class Job:
    folder: Path
    output: str
    batch: int
    threads: int
    precision: str
    variant: str

    @property
    def network(self) -> AnyNetwork:
        return NETWORKS[self.folder.name]

    def batches(self) -> np.ndarray:
        """Pixel values [batches, batch, 3, H, W] or tokens [batches, batch, T]; images and texts that do not fill a
        batch are left out."""
        shape = self.network.input_shape(self.batch)
        inputs = np.fromfile(self.folder / self.network.input_file, self.network.input_type)
        count = inputs.size // int(np.prod(shape))
        return inputs[:count * int(np.prod(shape))].reshape(count, *shape)


class Model(Protocol):
    """Made from a job and the array that each pass reads its input from."""

    def run(self) -> None: ...

    def outputs(self) -> list[np.ndarray]:
        """The tensors of the output, each an image's or text's values after another's."""
        ...


def all_outputs(job: Job, model: Model, inputs: np.ndarray) -> np.ndarray:
    outputs = []
    for batch in job.batches():
        inputs[...] = batch
        model.run()
        parts = [part.reshape(job.batch, -1) for part in model.outputs()]
        outputs.append(np.concatenate(parts, axis=1).astype(np.float32))  # a copy
    return np.concatenate(outputs)


def serve(load: Callable[[Job, np.ndarray], Model]) -> None:
    folder, output, batch, threads, precision, variant = sys.argv[1:]
    job = Job(Path(folder), output, int(batch), int(threads), precision, variant)
    # Runtimes that print do not garble the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    print("ready", file=answers)
    for line in sys.stdin:
        command, *arguments = line.split(maxsplit=1)
        if command == "load":
            inputs = job.batches()[0].copy()
            model = load(job, inputs)
            print("loaded", file=answers)
        elif command == "run":
            times = []
            for _ in range(int(arguments[0])):
                begin = time.perf_counter()
                model.run()
                times.append(1e3 * (time.perf_counter() - begin))
            print(*times, file=answers)
        elif command == "output":
            all_outputs(job, model, inputs).tofile(arguments[0].rstrip("\n"))
            print("written", file=answers)
        else:
            raise ValueError(f"unknown command {line!r}")
