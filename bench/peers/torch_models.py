"""The networks as PyTorch modules."""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from clip_text import load_clip_text
from fusible_blocks import FusibleBlock
from networks import CLASSES, AnyNetwork, DenseNetwork, Network, TextNetwork


class Tokens(nn.Module):
    """All tokens after the final norm."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model.forward_features(pixels)


def with_output(model: nn.Module, output: str) -> nn.Module:
    return Tokens(model) if output == "tokens" else model


def random_model(network: Network) -> nn.Module:
    """timm's model with random weights, the same ones on every machine. Their deviations are such that attention is
    far from uniform and every bias and scale matters, so that a mistake anywhere shows in the outputs."""
    generator = torch.Generator().manual_seed(0)
    model = timm.create_model(network.timm_name, num_classes=CLASSES).eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith(("norm.weight", "norm1.weight", "norm2.weight")):
                value.uniform_(0.5, 1.5, generator=generator)
            elif value.ndim == 1:
                value.normal_(0, 0.3, generator=generator)
            elif value.ndim == 3:  # class, register and position embeddings
                value.normal_(0, 0.2, generator=generator)
            else:
                value.normal_(0, 1.3 / value[0].numel() ** 0.5, generator=generator)
    return model


def load_model(network: AnyNetwork, folder: Path) -> nn.Module:
    """Made without storage and given that of the file: quicker than drawing weights that are then overwritten."""
    if isinstance(network, TextNetwork):
        return load_clip_text(network, folder)
    if isinstance(network, DenseNetwork):
        from dense_models import load_dense  # whose packages the others do not wait for

        return load_dense(network, folder)
    with torch.device("meta"):
        model = timm.create_model(network.timm_name, num_classes=CLASSES).eval()
    model.load_state_dict(load_file(folder / "model.safetensors"), assign=True)
    return model


def make_fusible(model: nn.Module) -> None:
    """Rewrites the blocks for ONNX Runtime's transformer optimizer; what they compute stays the same."""
    with torch.no_grad():
        for index, block in enumerate(model.blocks):
            model.blocks[index] = FusibleBlock(block)
