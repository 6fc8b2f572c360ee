"""What a runtime costs beside the forward pass: start, memory, disk."""

from __future__ import annotations

import statistics
import subprocess
import sysconfig
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from client import Paths, Variant, Worker
from networks import AnyNetwork

SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])
# The least that a C++ program has to ship to run a network on the CPU, beside the C and C++ runtime libraries.
SHARED_LIBRARIES = {
    "ONNX Runtime": ("onnxruntime/capi/libonnxruntime.so*",),
    "OpenVINO": ("openvino/libs/libopenvino.so*", "openvino/libs/libopenvino_intel_cpu_plugin.so*",
                 "openvino/libs/libopenvino_ir_frontend.so*", "openvino/libs/libtbb.so*"),
    "PyTorch": ("torch/lib/libtorch.so*", "torch/lib/libtorch_cpu.so*", "torch/lib/libc10.so*",
                "torch/lib/libgomp*.so*"),
}


@dataclass
class ColdStart:
    """New processes that load a network and make one pass; milliseconds and MB."""

    from_start: list[float] = field(default_factory=list)  # of the process to its first output
    from_import: list[float] = field(default_factory=list)  # the same without interpreter and imports
    memory: list[float] = field(default_factory=list)  # VmHWM after that pass

    def median(self, name: str) -> float:
        return statistics.median(getattr(self, name))


def start_once(variant: Variant, paths: Paths, network: AnyNetwork, threads: int) -> tuple[float, float, float]:
    with closing(Worker(variant, paths, network.key, network.outputs[0], 1, threads)) as worker:
        worker.answer("ready")
        ready = time.perf_counter()
        worker.send("load")
        worker.answer("loaded")
        worker.run()
        done = time.perf_counter()
        return 1e3 * (done - worker.started), 1e3 * (done - ready), worker.peak_memory()


def cold_starts(variants: list[Variant], paths: Paths, network: AnyNetwork, threads: int,
                rounds: int) -> dict[Variant, ColdStart]:
    result = {variant: ColdStart() for variant in variants}
    for index in range(1 + rounds):
        for variant in variants:
            values = start_once(variant, paths, network, threads)
            if index > 0:  # the first fills the page cache and the runtimes' own
                for name, value in zip(("from_start", "from_import", "memory"), values):
                    getattr(result[variant], name).append(value)
    return result


def stripped_bytes(file: Path) -> int:
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, str(file)], check=True)
        return Path(copy.name).stat().st_size


def sizes(paths: Paths) -> dict[str, float]:
    """MB of stripped files."""
    examples = paths.programs.parent.parent / "examples"
    files = {
        "EigenViT: classify": [examples / "classify"],
        "EigenViT: classify, libstdc++ linked statically": [paths.programs / "classify_static"],
    }
    for runtime, patterns in SHARED_LIBRARIES.items():
        found = sorted({file.resolve() for pattern in patterns for file in SITE_PACKAGES.glob(pattern)})
        files[f"{runtime}: {', '.join(file.name for file in found)}"] = found
    return {name: 1e-6 * sum(map(stripped_bytes, parts)) for name, parts in files.items()}
