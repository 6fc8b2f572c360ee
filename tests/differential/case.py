"""An input for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from program import Program


@dataclass
class Case:
    description: str
    # Both give arrays by name or raise `Refused`.
    ours: Callable[[Program], dict[str, np.ndarray]]
    theirs: Callable[[], dict[str, np.ndarray]]
    # The file that is decoded, and its name.
    file: bytes = b""
    name: str = ""
