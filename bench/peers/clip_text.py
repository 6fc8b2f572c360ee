"""CLIP's network of texts as a PyTorch module, in the forms that the peers run fastest."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from networks import TextNetwork

START, END = 49406, 49407


class Block(nn.Module):
    """`attention` is "sdpa", or an operator of ONNX Runtime's own that the exported file shall have."""

    def __init__(self, width: int, heads: int, attention: str):
        super().__init__()
        self.heads, self.attention = heads, attention
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        if self.attention != "sdpa":
            inputs = [x, self.transposed, self.qkv.bias] if self.attention == "Attention" else [*self.qkv(x).chunk(3, -1)]
            return torch.onnx.ops.symbolic(f"com.microsoft::{self.attention}", inputs,
                                           attrs={"num_heads": self.heads, "unidirectional": 1}, dtype=x.dtype,
                                           shape=x.shape, version=1)
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return attended.transpose(1, 2).reshape(batch, tokens, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.proj(self.attend(self.norm1(x)))
        hidden = self.fc1(self.norm2(x))
        return x + self.fc2(hidden * torch.sigmoid(1.702 * hidden))


class ClipText(nn.Module):
    """Its projection of the end token's vector."""

    def __init__(self, network: TextNetwork, attention: str = "sdpa"):
        super().__init__()
        self.tokens = nn.Embedding(network.vocabulary, network.width)
        self.positions = nn.Parameter(torch.empty(network.tokens, network.width))
        self.blocks = nn.ModuleList(Block(network.width, network.heads, attention) for _ in range(network.depth))
        self.norm = nn.LayerNorm(network.width)
        self.projection = nn.Linear(network.width, network.projection, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids) + self.positions
        for block in self.blocks:
            x = block(x)
        pooled = self.norm(x[torch.arange(x.shape[0]), ids.argmax(-1)])
        return self.projection(pooled)


def random_ids(network: TextNetwork, count: int, seed: int) -> torch.Tensor:
    """Padded with zeros, as OpenAI's and OpenCLIP's tokenizers do."""
    ids = torch.randint(0, START, (count, network.tokens), generator=torch.Generator().manual_seed(seed))
    ids[:, 0], ids[:, network.length - 1], ids[:, network.length:] = START, END, 0
    return ids


def save_random(network: TextNetwork, folder: Path) -> None:
    """A folder of transformers' CLIPTextModelWithProjection; weights as those of torch_models.random_model."""
    generator = torch.Generator().manual_seed(0)
    width = network.width
    tensors = {}

    def draw(name: str, *shape: int) -> None:
        value = torch.empty(shape)
        if "norm" in name and name.endswith("weight"):
            value.uniform_(0.5, 1.5, generator=generator)
        else:
            deviation = 0.3 if len(shape) == 1 else 0.2 if "embedding" in name else 1.3 / shape[1] ** 0.5
            value.normal_(0, deviation, generator=generator)
        tensors[name] = value

    def draw_layer(name: str, *shape: int) -> None:
        draw(name + ".weight", *shape)
        draw(name + ".bias", shape[0])

    draw("text_model.embeddings.token_embedding.weight", network.vocabulary, width)
    draw("text_model.embeddings.position_embedding.weight", network.tokens, width)
    for index in range(network.depth):
        block = f"text_model.encoder.layers.{index}."
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            draw_layer(f"{block}self_attn.{part}", width, width)
        draw_layer(block + "layer_norm1", width)
        draw_layer(block + "layer_norm2", width)
        draw_layer(block + "mlp.fc1", 4 * width, width)
        draw_layer(block + "mlp.fc2", width, 4 * width)
    draw_layer("text_model.final_layer_norm", width)
    draw("text_projection.weight", network.projection, width)
    save_file(tensors, folder / "model.safetensors")
    config = dict(model_type="clip_text_model", architectures=["CLIPTextModelWithProjection"],
                  vocab_size=network.vocabulary, hidden_size=width, intermediate_size=4 * width,
                  num_hidden_layers=network.depth, num_attention_heads=network.heads,
                  max_position_embeddings=network.tokens, projection_dim=network.projection, eos_token_id=END)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    random_ids(network, network.largest_batch, seed=1).numpy().tofile(folder / network.input_file)


def load_clip_text(network: TextNetwork, folder: Path, attention: str = "sdpa") -> ClipText:
    stored = load_file(folder / "model.safetensors")
    state = {
        "tokens.weight": stored["text_model.embeddings.token_embedding.weight"],
        "positions": stored["text_model.embeddings.position_embedding.weight"],
        "projection.weight": stored["text_projection.weight"],
    }
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = stored[f"text_model.final_layer_norm.{kind}"]
        for index in range(network.depth):
            own, theirs = f"blocks.{index}.", f"text_model.encoder.layers.{index}."
            state[f"{own}qkv.{kind}"] = torch.cat([stored[f"{theirs}self_attn.{part}_proj.{kind}"] for part in "qkv"])
            for name, their_name in (("proj", "self_attn.out_proj"), ("norm1", "layer_norm1"), ("norm2", "layer_norm2"),
                                     ("fc1", "mlp.fc1"), ("fc2", "mlp.fc2")):
                state[f"{own}{name}.{kind}"] = stored[f"{theirs}{their_name}.{kind}"]
    with torch.device("meta"):
        model = ClipText(network, attention).eval()
    model.load_state_dict(state, assign=True)
    if attention == "Attention":
        for block in model.blocks:
            block.transposed = nn.Parameter(block.qkv.weight.T.contiguous(), requires_grad=False)
    return model
