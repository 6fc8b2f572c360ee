"""The comparing side of a measured process; the protocol is described in worker.py."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino

from networks import NETWORKS

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, order=True)
class Variant:
    """A runtime in one of its configurations, by its program, the configuration's name and a precision."""

    runtime: str
    name: str = ""
    precision: str = "float32"

    @property
    def label(self) -> str:
        parts = [self.runtime, self.name, self.precision if self.precision != "float32" else ""]
        return ", ".join(part for part in parts if part)


PRECISIONS = ("float32", "bfloat16", "int8")
EIGENVIT = Variant("EigenViT")
WORKERS = {"ONNX Runtime": "worker_onnxruntime.py", "OpenVINO": "worker_openvino.py", "PyTorch": "worker_torch.py"}
# What each runtime is tried in; its best is reported.
VARIANTS = (
    EIGENVIT,
    Variant("ONNX Runtime", "exported"),
    Variant("ONNX Runtime", "opset23"),
    Variant("ONNX Runtime", "fused-attention"),
    Variant("ONNX Runtime", "fused-mha"),
    Variant("OpenVINO", "from-onnx"),
    Variant("OpenVINO", "from-torch"),
    Variant("PyTorch", "eager"),
    Variant("PyTorch", "compiled"),
    Variant("EigenViT", "", "bfloat16"),
    Variant("OpenVINO", "from-onnx", "bfloat16"),
    Variant("OpenVINO", "from-torch", "bfloat16"),
    Variant("PyTorch", "eager", "bfloat16"),
    Variant("PyTorch", "compiled", "bfloat16"),
    Variant("PyTorch", "converted-compiled", "bfloat16"),
    Variant("EigenViT", "", "int8"),
    Variant("ONNX Runtime", "exported", "int8"),
    Variant("ONNX Runtime", "opset23", "int8"),
    Variant("ONNX Runtime", "fused-attention", "int8"),
    Variant("OpenVINO", "from-torch", "int8"),
    Variant("PyTorch", "eager", "int8"),
    Variant("PyTorch", "compiled", "int8"),
)
# What a user gets who sets nothing; OpenVINO chooses the precision.
OUT_OF_THE_BOX = (
    EIGENVIT,
    Variant("ONNX Runtime", "exported"),
    Variant("OpenVINO", "from-torch", "bfloat16"),
    Variant("OpenVINO", "from-torch"),
    Variant("PyTorch", "eager"),
)
# For a process that makes one pass: compiling does not pay; leaving weights unpacked
# or keeping what was compiled may.
COLD_VARIANTS = (
    *(Variant("EigenViT", "unpacked", precision) for precision in PRECISIONS),
    *(variant for variant in VARIANTS if "compiled" not in variant.name),
    Variant("ONNX Runtime", "exported-unpacked"),
    Variant("ONNX Runtime", "fused-attention-unpacked"),
    Variant("OpenVINO", "from-onnx-cached"),
    *(Variant("OpenVINO", "from-torch-cached", precision) for precision in PRECISIONS),
)


def openvino_takes_bfloat16() -> bool:
    """Whether OpenVINO computes in bfloat16 on this machine unless told otherwise."""
    return openvino.Core().get_property("CPU", "INFERENCE_PRECISION_HINT").to_string() == "bf16"


@dataclass(frozen=True)
class Paths:
    programs: Path  # eigenvit_worker and its kin, instruction_peak
    models: Path  # one folder a network
    cache: Path  # of compilers


class Worker:
    """One process, from its start until `close`."""

    def __init__(self, variant: Variant, paths: Paths, network: str, output: str, batch: int, threads: int):
        self.variant = variant
        if variant.runtime == EIGENVIT.runtime:
            program = [str(paths.programs / NETWORKS[network].program)]
        else:
            program = [sys.executable, str(HERE / WORKERS[variant.runtime])]
        arguments = [str(paths.models / network), output, str(batch), str(threads), variant.precision]
        if variant.name:
            arguments.append(variant.name)
        environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(paths.cache / "inductor"),
                                    "CUDA_VISIBLE_DEVICES": ""}
        self.started = time.perf_counter()
        # What it says on stderr is of interest only when it fails.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(program + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, bufsize=1, env=environment)

    def send(self, line: str) -> None:
        try:
            self.process.stdin.write(line + "\n")
        except BrokenPipeError:
            pass  # it has ended: `answer` says why

    def answer(self, expected: str = "") -> str:
        line = self.process.stdout.readline().strip()
        if not line or not line.startswith(expected):
            self.process.kill()
            self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(f"{self.variant.label}: answered {line!r}\n{self.errors.read()[-4000:]}")
        return line

    def load(self) -> None:
        self.answer("ready")
        self.send("load")
        self.answer("loaded")

    def run(self, count: int = 1) -> list[float]:
        """Milliseconds of each of `count` passes."""
        self.send(f"run {count}")
        return [float(value) for value in self.answer().split()]

    def output(self) -> np.ndarray:
        with tempfile.NamedTemporaryFile() as file:
            self.send(f"output {file.name}")
            self.answer("written")
            return np.fromfile(file.name, np.float32)

    def peak_memory(self) -> float:
        """VmHWM, in MB (10^6 bytes)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024e-6

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
