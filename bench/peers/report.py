"""The tables, in Markdown."""

from __future__ import annotations

import platform
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

from client import EIGENVIT, WORKERS, Variant
from footprint import ColdStart
from speed import Result

PACKAGES = ("onnxruntime", "openvino", "torch", "timm")
INSTRUCTION_SETS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd")


def table(header: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows]) + "\n"


def machine() -> str:
    info: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        info.setdefault(key.strip(), value.strip())
    flags = info.get("flags", info.get("Features", "")).split()
    sets = ", ".join(name for name in INSTRUCTION_SETS if name in flags)
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    family = f", family {info['cpu family']}, model {info['model']}" if "cpu family" in info else ""
    return f"{info.get('model name', platform.machine())}{family}, {cores} cores, {sets}"


def compiler() -> str:
    return subprocess.run(["c++", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def milliseconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def speed_table(results: list[Result]) -> str:
    header = ["network", "output", "batch", "threads", "EigenViT, ms", "share of peak"]
    for runtime in WORKERS:
        header += [f"{runtime}, ms", "ratio"]
    rows = []
    for result in results:
        cell, own = result.cell, result.median(EIGENVIT)
        row = [cell.network.title, cell.output, str(cell.batch), str(cell.threads), milliseconds(own),
               f"{result.share_of_peak(EIGENVIT):.0%}"]
        for runtime in WORKERS:
            best = result.best(runtime)
            row += [f"{milliseconds(result.median(best))} ({best.name})", f"{result.median(best) / own:.2f}"] \
                if best else ["", ""]
        rows.append(row)
    return table(header, rows)


def threads_table(results: list[Result]) -> str:
    """How much faster each runtime, in its best variant, is on more threads than on one."""
    by_key = {(r.cell.network, r.cell.output, r.cell.batch, r.cell.threads): r for r in results}
    runtimes = [EIGENVIT.runtime, *WORKERS]
    rows = []
    for (network, output, batch, threads), result in by_key.items():
        single = by_key.get((network, output, batch, 1))
        if threads == 1 or single is None:
            continue
        row = [network.title, output, str(batch), str(threads)]
        for runtime in runtimes:
            best, best_single = result.best(runtime), single.best(runtime)
            row.append(f"{single.median(best_single) / result.median(best):.2f}" if best and best_single else "")
        rows.append(row + [f"{result.peak / single.peak:.2f}"])
    return table(["network", "output", "batch", "threads", *runtimes, "FMA peak"], rows) if rows else ""


def variants_table(results: list[Result]) -> str:
    variants = sorted({variant for result in results for variant in result.times})
    rows = []
    for result in results:
        cell = result.cell
        rows.append([f"{cell.network.title}, {cell.output}", str(cell.batch), str(cell.threads),
                     *(f"{milliseconds(result.median(v))} / {milliseconds(min(result.times[v]))}" for v in variants),
                     f"{result.peak:.0f}", f"{result.idle_share:.1%}"])
    return table(["network", "batch", "threads", *(v.label for v in variants), "FMA peak, GFLOP/s", "waiting"], rows)


def errors_table(results: list[Result]) -> str:
    runtimes = [EIGENVIT.runtime, *WORKERS]
    rows = []
    for name in dict.fromkeys(f"{r.cell.network.title}, {r.cell.output}" for r in results):
        errors = [item for r in results if f"{r.cell.network.title}, {r.cell.output}" == name
                  for item in r.errors.items()]
        rows.append([name, *(f"{max((e for v, e in errors if v.runtime == runtime), default=0):.1e}"
                             for runtime in runtimes)])
    return table(["network", *runtimes], rows)


def cold_table(cold: dict[Variant, ColdStart]) -> str:
    rows = [[variant.label, milliseconds(start.median("from_start")), milliseconds(start.median("from_import")),
             f"{start.median('memory'):.0f}"] for variant, start in cold.items()]
    return table(["", "from process start, ms", "imports excluded, ms", "VmHWM, MB"], rows)


def report(command: str, flags: str, results: list[Result], cold: dict[Variant, ColdStart], cold_title: str,
           sizes: dict[str, float]) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"""# EigenViT beside other runtimes

{date.today()}, `{command}`

Machine: {machine()}.
EigenViT: {compiler()}, {flags}. Python {platform.python_version()}, {versions}.
All on the CPU, float32, the same random weights.

## Forward passes

Medians of interleaved runs. In brackets the runtime's fastest configuration, whose time it is; ratio: its time over
EigenViT's. Share of peak: operations that the output takes (`networks.py`) over time and FMA peak of so many threads,
measured in the same rounds.

{speed_table(results)}
## Times as fast as on one thread

{threads_table(results)}
## Every configuration

Median / least, ms. Waiting: the most that any process was running while others were measured.

{variants_table(results)}
## Agreement

Largest difference from PyTorch's eager result, relative to its largest magnitude.

{errors_table(results)}
## Cold start and memory: {cold_title}

A new process to its first logits, page cache warm; medians. VmHWM is that of the whole process after one pass.

{cold_table(cold)}
## Size on disk

Stripped, MB (10^6 bytes).

{table(["", "MB"], [[name, f"{size:.2f}"] for name, size in sizes.items()])}"""
