"""Forward passes of all runtimes, side by side."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from client import EIGENVIT, Paths, Variant, Worker
from networks import Network

REFERENCE = Variant("PyTorch", "eager")
# Of the largest magnitude: what the outputs may differ by.
BOUND = 5e-4
# Thread pools spin for a while after a pass, in wait of the next; none may do so while another is measured.
SETTLE_SECONDS = 0.1
TURN_MS = 150
LONGEST_TURN = 10


@dataclass(frozen=True)
class Cell:
    network: Network
    output: str
    batch: int
    threads: int

    @property
    def flops(self) -> float:
        return self.batch * self.network.flops(self.output)

    def __str__(self) -> str:
        return f"{self.network.title}, {self.output}, batch {self.batch}, threads {self.threads}"


@dataclass
class Result:
    cell: Cell
    times: dict[Variant, list[float]]  # milliseconds
    errors: dict[Variant, float] = field(default_factory=dict)  # against REFERENCE
    peaks: list[float] = field(default_factory=list)  # GFLOP/s
    idle_share: float = 0  # of the time of others' turns, the most that a waiting worker was running

    def median(self, variant: Variant) -> float:
        return statistics.median(self.times[variant])

    @property
    def peak(self) -> float:
        return statistics.median(self.peaks)

    def share_of_peak(self, variant: Variant) -> float:
        return 1e-6 * self.cell.flops / self.median(variant) / self.peak

    def best(self, runtime: str) -> Variant | None:
        """The runtime's variant with the smallest median."""
        variants = [variant for variant in self.times if variant.runtime == runtime]
        return min(variants, key=self.median, default=None)


def fma_peak(paths: Paths, threads: int) -> float:
    program = [str(paths.programs / "fma_peak"), str(threads)]
    return float(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def check_outputs(workers: list[Worker], result: Result) -> None:
    outputs = {worker.variant: worker.output() for worker in workers}
    expected = outputs[REFERENCE]
    for variant, output in outputs.items():
        if output.shape != expected.shape:
            raise RuntimeError(f"{result.cell}: {variant.label} gives {output.size} values, not {expected.size}")
        error = float(np.abs(output - expected).max() / np.abs(expected).max())
        if not error <= BOUND:  # so written, NaN is caught too
            raise RuntimeError(f"{result.cell}: {variant.label} is off by {error:.1e}, more than {BOUND:.0e}")
        result.errors[variant] = error


def take_turn(worker: Worker, others: list[Worker], count: int, idle: dict[Worker, float]) -> list[float]:
    """Times of `count` passes after one that brings the worker's weights and threads back, with the CPU time that
    the others use meanwhile added to `idle`."""
    time.sleep(SETTLE_SECONDS)
    before = [other.cpu_seconds() for other in others]
    times = worker.run(1 + count)[1:]
    for other, seconds in zip(others, before):
        idle[other] += other.cpu_seconds() - seconds
    return times


def measure(cell: Cell, variants: list[Variant], paths: Paths, rounds: int) -> Result:
    result = Result(cell, {variant: [] for variant in variants})
    with ExitStack() as stack:
        workers = []
        for variant in variants:
            worker = Worker(variant, paths, cell.network.key, cell.output, cell.batch, cell.threads)
            stack.callback(worker.close)
            worker.load()
            workers.append(worker)
        counts = {}
        for worker in workers:
            time.sleep(SETTLE_SECONDS)
            counts[worker] = min(LONGEST_TURN, math.ceil(TURN_MS / min(worker.run(2))))
        check_outputs(workers, result)

        idle = dict.fromkeys(workers, 0.0)
        measured = 0.0
        for index in range(rounds):
            result.peaks.append(fma_peak(paths, cell.threads))
            # Each begins a round in its turn, so that nobody always follows the same neighbour's heat.
            first = index % len(workers)
            for worker in workers[first:] + workers[:first]:
                others = [other for other in workers if other is not worker]
                begin = time.perf_counter()
                result.times[worker.variant] += take_turn(worker, others, counts[worker], idle)
                measured += time.perf_counter() - begin - SETTLE_SECONDS
        result.idle_share = max(idle.values()) / measured
    report_progress(result)
    return result


def report_progress(result: Result) -> None:
    times = "  ".join(f"{variant.label} {result.median(variant):.1f}" for variant in result.times)
    share = f", {result.share_of_peak(EIGENVIT):.0%} of peak" if EIGENVIT in result.times else ""
    print(f"{result.cell}: {times} ms{share}", file=sys.stderr, flush=True)
    if result.idle_share > 0.02:
        print(f"  a waiting worker was running for {result.idle_share:.0%} of the time", file=sys.stderr, flush=True)
