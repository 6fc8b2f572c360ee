"""The tables, in Markdown."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import replace
from datetime import date
from importlib.metadata import version

import machine
from client import EIGENVIT, OUT_OF_THE_BOX, WORKERS, Variant
from footprint import ColdStart
from speed import Result

PACKAGES = ("onnxruntime", "openvino", "nncf", "torch", "torchao", "timm")


def table(header: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows]) + "\n"


def compiler() -> str:
    return subprocess.run(["c++", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def cosine(result: Result, variant: Variant) -> str:
    return f"{result.agreement[variant].cosine:.5f}"


def milliseconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def speed_table(results: list[Result], precision: str) -> str:
    lower = precision != "float32"
    header = ["network", "output", "batch", "threads", "EigenViT, ms", "share of peak"]
    if lower:
        header += ["float32's time", "cosine"]
    for runtime in WORKERS:
        header += [f"{runtime}, ms", "ratio"] + ["cosine"] * lower
    rows = []
    for result in results:
        cell = result.cell
        own = result.median(cell.own) if cell.own in result.times else None
        row = [cell.network.title, cell.output, str(cell.batch), str(cell.threads)]
        row += [milliseconds(own), f"{result.share_of_peak(cell.own):.0%}"] if own else ["", ""]
        if lower:
            row += [f"{result.median(EIGENVIT) / own:.2f}", cosine(result, cell.own)] if own else ["", ""]
        for runtime in WORKERS:
            best = result.best(runtime)
            row += [f"{milliseconds(result.median(best))} ({best.name})" if best else "",
                    f"{result.median(best) / own:.2f}" if best and own else ""]
            row += [cosine(result, best) if best else ""] * lower
        rows.append(row)
    return table(header, rows)


def out_of_the_box_table(results: list[Result]) -> str:
    """What who sets nothing gets, over EigenViT's float32, which every precision is measured beside."""
    by_key: dict[tuple, list[Result]] = {}
    for result in results:
        cell = result.cell
        by_key.setdefault((cell.network.title, cell.output, cell.batch, cell.threads), []).append(result)
    rows = []
    for key, group in by_key.items():
        row = [*map(str, key)]
        for runtime in (EIGENVIT.runtime, *WORKERS):
            found = next(((r, v) for v in OUT_OF_THE_BOX for r in group if v.runtime == runtime and v in r.times), None)
            if found is None:
                row.append("")
                continue
            result, variant = found
            ratio = result.median(variant) / result.median(EIGENVIT)
            row.append(milliseconds(result.median(variant)) + (f" ({variant.precision}), {ratio:.2f}" if
                                                               variant != EIGENVIT else ""))
        rows.append(row)
    return table(["network", "output", "batch", "threads", *(f"{r}, ms" for r in (EIGENVIT.runtime, *WORKERS))], rows)


def threads_table(results: list[Result]) -> str:
    """How much faster each runtime, in its best variant, is on more threads than on one."""
    by_cell = {result.cell: result for result in results}
    runtimes = [EIGENVIT.runtime, *WORKERS]
    rows = []
    for cell, result in by_cell.items():
        single = by_cell.get(replace(cell, threads=1))
        if cell.threads == 1 or single is None:
            continue
        row = [cell.network.title, cell.output, cell.precision, str(cell.batch), str(cell.threads)]
        for runtime in runtimes:
            best, best_single = result.best(runtime), single.best(runtime)
            row.append(f"{single.median(best_single) / result.median(best):.2f}" if best and best_single else "")
        rows.append(row + [f"{result.peak / single.peak:.2f}"])
    return table(["network", "output", "precision", "batch", "threads", *runtimes, "peak"], rows) if rows else ""


def variants_table(results: list[Result]) -> str:
    variants = list(dict.fromkeys(variant for result in results for variant in result.times))
    rows = []
    for result in results:
        cell = result.cell
        rows.append([f"{cell.network.title}, {cell.output}", str(cell.batch), str(cell.threads),
                     *(f"{milliseconds(result.median(v))} / {milliseconds(min(result.times[v]))}" for v in variants),
                     f"{result.peak:.0f} ({result.instruction})", f"{result.idle_share:.1%}"])
    return table(["network", "batch", "threads", *(v.label for v in variants), "peak, GFLOP/s", "waiting"], rows)


def agreement_table(results: list[Result]) -> str:
    variants = list(dict.fromkeys(variant for result in results for variant in result.agreement))
    rows = []
    for result in results:
        if result.cell.threads > 1 or result.cell.batch > 1:
            continue
        values = [result.agreement[variant] for variant in variants]
        rows.append([f"{result.cell.network.title}, {result.cell.output}",
                     *(f"{value.error:.1e}, {value.cosine:.5f}, {value.least_cosine:.5f}" for value in values)])
    return table(["network", *(v.label for v in variants)], rows)


def cold_table(cold: dict[Variant, ColdStart]) -> str:
    rows = [[variant.label, milliseconds(start.median("from_start")), milliseconds(start.median("from_import")),
             f"{start.median('memory'):.0f}"] for variant, start in cold.items()]
    return table(["", "from process start, ms", "imports excluded, ms", "VmHWM, MB"], rows)


def precision_section(results: list[Result], precision: str) -> str:
    beside = " Float32's time: EigenViT's own in float32, measured in the same rounds, over its time." \
        if precision != "float32" else ""
    return f"""## {precision}

Medians of interleaved runs. In brackets the runtime's fastest configuration, whose time it is; ratio: its time over
EigenViT's. Share of peak: operations that the output takes (`networks.py`) over time and the peak of the machine's
fastest multiply-add instruction for the precision on so many threads, measured in the same rounds.{beside}

{speed_table(results, precision)}
### Every configuration

Median / least, ms. Waiting: the most that any process was running while others were measured.

{variants_table(results)}
### Agreement

With PyTorch's eager result in float32, of eight photographs or sixteen texts: the largest difference, relative to the largest
magnitude; the mean and the least cosine, of tokens over all of them.

{agreement_table(results)}"""


def report(command: str, flags: str, results: list[Result], cold: dict[Variant, ColdStart], cold_title: str,
           sizes: dict[str, float]) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    precisions = list(dict.fromkeys(result.cell.precision for result in results))
    sections = "\n".join(precision_section([r for r in results if r.cell.precision == p], p) for p in precisions)
    return f"""# EigenViT beside other runtimes

{date.today()}, `{command}`

Machine: {machine.description()}.
EigenViT: {compiler()}, {flags}. Python {platform.python_version()}, {versions}.
All on the CPU, the same random weights. Rows compare what computes in the same precision, but for those of the first
table.

## Out of the box

Milliseconds where nothing is set but the number of threads, with the precision that a runtime then takes, and its time
over EigenViT's in float32 in the same rounds.

{out_of_the_box_table(results)}
{sections}
## Times as fast as on one thread

{threads_table(results)}
## Cold start and memory: {cold_title}

A new process to its first output, page cache warm; medians. VmHWM is that of the whole process after one pass.

{cold_table(cold)}
## Size on disk

Stripped, MB (10^6 bytes).

{table(["", "MB"], [[name, f"{size:.2f}"] for name, size in sizes.items()])}"""
