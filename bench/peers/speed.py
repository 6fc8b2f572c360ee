"""Forward passes of all runtimes, side by side."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from client import EIGENVIT, Paths, Variant, Worker
from networks import AnyNetwork

REFERENCE = Variant("PyTorch", "eager")
# Of the largest magnitude: what outputs in float32 may differ by.
BOUND = 5e-4
# What the mean cosine to float32 is not below, unless something is broken.
LEAST_COSINE = 0.9
# Thread pools spin for a while after a pass, in wait of the next; none may do so while another is measured.
SETTLE_SECONDS = 0.1
TURN_MS = 150
LONGEST_TURN = 10


@dataclass(frozen=True)
class Cell:
    network: AnyNetwork
    output: str
    batch: int
    threads: int
    precision: str

    @property
    def flops(self) -> float:
        return self.batch * self.network.flops(self.output)

    @property
    def own(self) -> Variant:
        return replace(EIGENVIT, precision=self.precision)

    def __str__(self) -> str:
        return f"{self.network.title}, {self.output}, batch {self.batch}, threads {self.threads}, {self.precision}"


@dataclass(frozen=True)
class Agreement:
    """With REFERENCE."""

    error: float  # the largest difference, of the largest magnitude
    cosine: float  # mean over images, of tokens over images and tokens
    least_cosine: float

    @staticmethod
    def of(output: np.ndarray, expected: np.ndarray) -> Agreement:
        products, squares, expected_squares = (np.sum(a * b, axis=-1, dtype=np.float64) for a, b in
                                               ((output, expected), (output, output), (expected, expected)))
        cosines = products / np.sqrt(squares * expected_squares)
        return Agreement(float(np.abs(output - expected).max() / np.abs(expected).max()), float(cosines.mean()),
                         float(cosines.min()))

    @staticmethod
    def of_parts(output: np.ndarray, expected: np.ndarray, parts: list[tuple[int, int]]) -> Agreement:
        """The worst of those of the tensors that an image's values are, `[images, values]`."""
        agreements = []
        begin = 0
        for vectors, length in parts:
            part = slice(begin, begin + vectors * length)
            agreements.append(Agreement.of(output[:, part].reshape(-1, length), expected[:, part].reshape(-1, length)))
            begin = part.stop
        return Agreement(max(one.error for one in agreements), min(one.cosine for one in agreements),
                         min(one.least_cosine for one in agreements))


@dataclass
class Result:
    cell: Cell
    times: dict[Variant, list[float]]  # milliseconds
    agreement: dict[Variant, Agreement] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)  # GFLOP/s
    instruction: str = ""  # whose peak that is
    idle_share: float = 0  # of the time of others' turns, the most that a waiting worker was running

    def median(self, variant: Variant) -> float:
        return statistics.median(self.times[variant])

    @property
    def peak(self) -> float:
        return statistics.median(self.peaks)

    def share_of_peak(self, variant: Variant) -> float:
        return 1e-6 * self.cell.flops / self.median(variant) / self.peak

    def best(self, runtime: str) -> Variant | None:
        """The runtime's variant of the cell's precision with the smallest median."""
        variants = [v for v in self.times if v.runtime == runtime and v.precision == self.cell.precision]
        return min(variants, key=self.median, default=None)


def instruction_peak(paths: Paths, threads: int, precision: str) -> tuple[float, str]:
    """GFLOP/s, and the instruction that reaches them."""
    program = [str(paths.programs / "instruction_peak"), str(threads), precision]
    rate, name = subprocess.run(program, check=True, capture_output=True, text=True).stdout.split(maxsplit=1)
    return float(rate), name.strip()


@cache
def reference_output(paths: Paths, network: AnyNetwork, output: str) -> np.ndarray:
    """One image or text after the other."""
    with closing(Worker(REFERENCE, paths, network.key, output, 1, os.cpu_count())) as worker:
        worker.load()
        return worker.output()


def check_outputs(workers: list[Worker], paths: Paths, result: Result) -> None:
    cell = result.cell
    largest, parts = cell.network.largest_batch, cell.network.output_parts(cell.output)
    expected = reference_output(paths, cell.network, cell.output)
    expected = expected.reshape(largest, sum(vectors * length for vectors, length in parts))
    expected = expected[:largest // cell.batch * cell.batch]
    for worker in workers:
        output, label = worker.output(), f"{cell}: {worker.variant.label}"
        if output.size != expected.size:
            raise RuntimeError(f"{label} gives {output.size} values, not {expected.size}")
        agreement = Agreement.of_parts(output.reshape(expected.shape), expected, parts)
        # So written, NaN is caught too.
        if worker.variant.precision == "float32" and not agreement.error <= BOUND:
            raise RuntimeError(f"{label} is off by {agreement.error:.1e}, more than {BOUND:.0e}")
        if not agreement.cosine >= LEAST_COSINE:
            raise RuntimeError(f"{label} has a cosine of {agreement.cosine:.3f}, less than {LEAST_COSINE}")
        result.agreement[worker.variant] = agreement


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
        check_outputs(workers, paths, result)

        idle = dict.fromkeys(workers, 0.0)
        measured = 0.0
        for index in range(rounds):
            peak, result.instruction = instruction_peak(paths, cell.threads, cell.precision)
            result.peaks.append(peak)
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
    own = result.cell.own
    share = f", {result.share_of_peak(own):.0%} of peak" if own in result.times else ""
    print(f"{result.cell}: {times} ms{share}", file=sys.stderr, flush=True)
    if result.idle_share > 0.02:
        print(f"  a waiting worker was running for {result.idle_share:.0%} of the time", file=sys.stderr, flush=True)
