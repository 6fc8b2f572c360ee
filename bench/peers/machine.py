"""What the machine is and has."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

INSTRUCTION_SETS = ("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16",
                    "amx_int8", "asimd", "asimddp", "bf16", "i8mm")


def cpu_info() -> dict[str, str]:
    info: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        info.setdefault(key.strip(), value.strip())
    return info


def instruction_sets() -> list[str]:
    info = cpu_info()
    flags = info.get("flags", info.get("Features", "")).split()
    return [name for name in INSTRUCTION_SETS if name in flags]


def has_int8_products() -> bool:
    """Whether sums of products of bytes are exact, as those of AVX2 alone are not."""
    return platform.machine() == "aarch64" or not {"avx_vnni", "avx512_vnni", "amx_int8"}.isdisjoint(instruction_sets())


def description() -> str:
    info = cpu_info()
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    family = f", family {info['cpu family']}, model {info['model']}" if "cpu family" in info else ""
    return f"{info.get('model name', platform.machine())}{family}, {cores} cores, {', '.join(instruction_sets())}"
