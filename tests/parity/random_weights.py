"""Random weights at which every branch of a model shows in its outputs."""

from __future__ import annotations

import contextlib
import zlib

import torch


def seed_of(*names: str) -> int:
    return zlib.crc32("/".join(names).encode())


def random_pixels(name: str, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed_of(name, "pixel_values", f"{height}x{width}"))
    return torch.randn(1, 3, height, width, generator=generator)


@contextlib.contextmanager
def uninitialised():
    """Models made inside do not draw their weights, which is most of what making one costs: they are given others."""
    # Zero, for truncated normals are drawn again until they are within their bounds.
    replaced = {"normal_": lambda self, *_arguments, **_keywords: self.zero_(),
                "uniform_": lambda self, *_arguments, **_keywords: self,
                "erfinv_": lambda self: self}
    for name, function in replaced.items():
        setattr(torch.Tensor, name, function)
    try:
        yield
    finally:
        # Back to those of the base class.
        for name in replaced:
            delattr(torch.Tensor, name)


def randomise(model: torch.nn.Module, seed: str) -> None:
    """Gives every parameter values that depend on its name and `seed` alone.

    Nothing stays at the zeros and ones of an initialisation: norms, LayerScale, biases, tokens, position and bias
    tables, frequencies. Queries and keys are large enough for an attention that is far from uniform, and small enough
    that float32 still tells one model from another after forty blocks.
    """
    # Where norms stand behind the branches, queries and keys are of the stream itself, which must not grow.
    grows = any(type(part).__name__ in ("ResPostBlock", "EvaBlockPostNorm") for part in model.modules())
    with torch.no_grad():
        for name, value in model.named_parameters():
            generator = torch.Generator().manual_seed(seed_of(seed, name))
            owner, _, kind = name.rpartition(".")
            if name.endswith("rope.freqs"):
                # Learned frequencies: near those that they start from.
                value.mul_(torch.empty_like(value).uniform_(0.8, 1.2, generator=generator))
            elif "lambda_" in kind and "encoder" not in owner:
                # Differential attention weighs with exponentials of these.
                value.normal_(0, 0.3, generator=generator)
            elif kind.startswith("gamma") or kind.startswith("lambda"):
                sign = torch.empty_like(value).uniform_(-1, 1, generator=generator).sign()
                value.uniform_(0.2, 0.6, generator=generator).mul_(sign)
            elif "bias_table" in name:
                value.normal_(0, 1, generator=generator)
            elif value.ndim <= 1 and kind == "weight":
                value.uniform_(0.5, 1.5, generator=generator)
            elif value.ndim <= 1:
                value.normal_(0, 0.3, generator=generator)
            elif value.ndim == 3 or "position_embedding" in name or "pos_embed" in name:
                value.normal_(0, 0.3, generator=generator)
            else:
                value.normal_(0, 1.3 / value[0].numel() ** 0.5, generator=generator)
            if owner.endswith("SelfAttention.q"):
                # T5 does not scale scores: its queries are smaller by what others divide them by.
                attention = model.get_submodule(owner.rpartition(".")[0])
                value.mul_(attention.key_value_proj_dim**-0.5)
            if grows and name.startswith("blocks.") and ".norm" in name:
                value.mul_(0.25)


def randomise_statistics(model: torch.nn.Module, seed: str) -> None:
    """Gives batch norms means and variances other than zeros and ones."""
    for name, value in model.named_buffers():
        generator = torch.Generator().manual_seed(seed_of(seed, name))
        if name.endswith("running_mean"):
            value.normal_(0, 0.3, generator=generator)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
