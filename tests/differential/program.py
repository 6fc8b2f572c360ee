"""The program of answer.cpp, asked from Python."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np


class Refused(Exception):
    """The message with which a side refuses an input."""


class Program:
    def __init__(self, path: Path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def decode(self, file: bytes) -> dict[str, np.ndarray]:
        return self._ask(b"I", self._text(file))

    def preprocess(self, folder: Path, image: np.ndarray) -> dict[str, np.ndarray]:
        height, width, _ = image.shape
        return self._ask(b"P", self._text(bytes(folder)), struct.pack("<II", width, height), image.tobytes())

    def forward(self, folder: Path, pixels: np.ndarray) -> dict[str, np.ndarray]:
        return self._ask(b"N", self._text(bytes(folder)), struct.pack("<4I", *pixels.shape), pixels.tobytes())

    @staticmethod
    def _text(words: bytes) -> bytes:
        return struct.pack("<I", len(words)) + words

    def _ask(self, *request: bytes) -> dict[str, np.ndarray]:
        self.process.stdin.write(b"".join(request))
        self.process.stdin.flush()
        count = self._number()
        if count == 0:
            raise Refused(self._words())
        arrays = {}
        for _ in range(count):
            name = self._words()
            shape = [self._number() for _ in range(self._number())]
            values = self._read(4 * int(np.prod(shape, dtype=np.int64)))
            arrays[name] = np.frombuffer(values, np.float32).reshape(shape)
        return arrays

    def _number(self) -> int:
        return struct.unpack("<I", self._read(4))[0]

    def _words(self) -> str:
        return self._read(self._number()).decode(errors="replace")

    def _read(self, size: int) -> bytes:
        data = self.process.stdout.read(size)
        if len(data) < size:
            raise RuntimeError(f"the program ended: exit status {self.process.wait()}")
        return data
