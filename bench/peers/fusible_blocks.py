"""Blocks in the form that ONNX Runtime's transformer optimizer fuses completely."""

from __future__ import annotations

import math

import torch
from torch import nn


class SeparateAttention(nn.Module):
    """Attention with a product each for queries, keys and values and no call of scaled_dot_product_attention: the
    pattern that the optimizer fuses."""

    def __init__(self, q: nn.Linear, k: nn.Linear, v: nn.Linear, proj: nn.Linear, heads: int):
        super().__init__()
        self.q, self.k, self.v, self.proj, self.heads = q, k, v, proj, heads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape

        def heads(y: torch.Tensor) -> torch.Tensor:
            return y.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)

        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // self.heads), dim=-1)
        return self.proj((weights @ v).permute(0, 2, 1, 3).contiguous().view(batch, tokens, width))


def fold_scale(scale: torch.Tensor, linear: nn.Linear) -> None:
    """LayerScale into the layer before it, so that each residual addition meets the norm that follows."""
    linear.weight.mul_(scale[:, None])
    linear.bias.mul_(scale)


class FusibleBlock(nn.Module):
    """timm's block with attention as above, LayerScale folded into the layers, and the branch as the first term of
    each addition, since the optimizer looks for an attention behind the first one only."""

    def __init__(self, block: nn.Module):
        super().__init__()
        attention = block.attn
        parts = []
        for weight, bias in zip(attention.qkv.weight.chunk(3), attention.qkv.bias.chunk(3)):
            parts.append(nn.Linear(weight.shape[1], weight.shape[0]))
            parts[-1].weight, parts[-1].bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
        self.norm1, self.attn = block.norm1, SeparateAttention(*parts, attention.proj, attention.num_heads)
        self.norm2, self.mlp = block.norm2, block.mlp
        for scale, linear in ((block.ls1, self.attn.proj), (block.ls2, self.mlp.fc2)):
            if not isinstance(scale, nn.Identity):
                fold_scale(scale.gamma, linear)

    def forward(self, x: torch.Tensor, **_: object) -> torch.Tensor:
        x = self.attn(self.norm1(x)) + x
        return self.mlp(self.norm2(x)) + x
