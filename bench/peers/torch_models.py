"""The networks as PyTorch modules."""

from __future__ import annotations

import math
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from clip_text import load_clip_text
from networks import CLASSES, Network, TextNetwork


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


def load_model(network: Network | TextNetwork, folder: Path) -> nn.Module:
    """Made without storage and given that of the file: quicker than drawing weights that are then overwritten."""
    if isinstance(network, TextNetwork):
        return load_clip_text(network, folder)
    with torch.device("meta"):
        model = timm.create_model(network.timm_name, num_classes=CLASSES).eval()
    model.load_state_dict(load_file(folder / "model.safetensors"), assign=True)
    return model


class SeparateAttention(nn.Module):
    """timm's attention with a product each for queries, keys and values and no call of
    scaled_dot_product_attention: the pattern that ONNX Runtime's transformer optimizer fuses."""

    def __init__(self, attention: nn.Module):
        super().__init__()
        self.heads, self.proj = attention.num_heads, attention.proj
        width = self.proj.in_features
        weights, biases = attention.qkv.weight.chunk(3), attention.qkv.bias.chunk(3)
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
        for linear, weight, bias in zip((self.q, self.k, self.v), weights, biases):
            linear.weight, linear.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape

        def heads(y: torch.Tensor) -> torch.Tensor:
            return y.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)

        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // self.heads), dim=-1)
        return self.proj((weights @ v).permute(0, 2, 1, 3).contiguous().view(batch, tokens, width))


class FusibleBlock(nn.Module):
    """timm's block in the form that the optimizer fuses completely: attention as above; LayerScale folded into the
    layer before it, so that each residual addition meets the norm that follows; and the branch as the first term of
    that addition, since the optimizer looks for an attention behind the first one only."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.norm1, self.attn = block.norm1, SeparateAttention(block.attn)
        self.norm2, self.mlp = block.norm2, block.mlp
        for scale, linear in ((block.ls1, self.attn.proj), (block.ls2, self.mlp.fc2)):
            if not isinstance(scale, nn.Identity):
                linear.weight.mul_(scale.gamma[:, None])
                linear.bias.mul_(scale.gamma)

    def forward(self, x: torch.Tensor, **_: object) -> torch.Tensor:
        x = self.attn(self.norm1(x)) + x
        return self.mlp(self.norm2(x)) + x


def make_fusible(model: nn.Module) -> None:
    """Rewrites the blocks for ONNX Runtime's transformer optimizer; what they compute stays the same."""
    with torch.no_grad():
        for index, block in enumerate(model.blocks):
            model.blocks[index] = FusibleBlock(block)
