"""The side of the measured process: one runtime, one network, one output, one batch size, one number of threads.

    worker_RUNTIME.py FOLDER OUTPUT BATCH THREADS VARIANT

speaks by lines on stdin and stdout, as eigenvit_worker.cpp does:

    (start)        -> ready             after the imports
    load           -> loaded            the network is in memory, and compiled where that is done beforehand
    run COUNT      -> MS MS ...         COUNT forward passes, milliseconds each
    output FILE    -> written           what the last pass gave, float32
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

from networks import NETWORKS, Network


@dataclass(frozen=True)
class Job:
    folder: Path
    output: str
    batch: int
    threads: int
    variant: str

    @property
    def network(self) -> Network:
        return NETWORKS[self.folder.name]

    def pixels(self) -> np.ndarray:
        shape = self.network.pixel_shape(self.batch)
        return np.fromfile(self.folder / "pixels.f32", np.float32, int(np.prod(shape))).reshape(shape)


class Model(Protocol):
    def run(self) -> None: ...

    def output(self) -> np.ndarray: ...


def serve(load: Callable[[Job], Model]) -> None:
    folder, output, batch, threads, variant = sys.argv[1:]
    job = Job(Path(folder), output, int(batch), int(threads), variant)
    # Runtimes that print do not garble the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    print("ready", file=answers)
    for line in sys.stdin:
        command, *arguments = line.split(maxsplit=1)
        if command == "load":
            model = load(job)
            print("loaded", file=answers)
        elif command == "run":
            times = []
            for _ in range(int(arguments[0])):
                begin = time.perf_counter()
                model.run()
                times.append(1e3 * (time.perf_counter() - begin))
            print(*times, file=answers)
        elif command == "output":
            model.output().astype(np.float32).tofile(arguments[0].rstrip("\n"))
            print("written", file=answers)
        else:
            raise ValueError(f"unknown command {line!r}")
