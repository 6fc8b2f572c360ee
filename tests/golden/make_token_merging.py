#!/usr/bin/env python3
"""Makes tests/golden/token_merging: what token merging (ToMe) makes of some of the golden timm folders.

    python tests/golden/make_token_merging.py

The method of Bolya et al., "Token Merging: Your ViT But Faster" (arXiv:2210.09461), in plain PyTorch around timm's own
blocks: a block's merge is a matrix M [T', T] of zeros and ones, the tokens become M (s x) / M s with s patches in each,
and the product of all M tells where each of the first T tokens went. Of equal similarities the first counts, and what
is left of set A keeps its order in every model.

Each file <folder>-<r>[-plain].safetensors holds, for the pixel_values in that folder's expected.safetensors and r
merges a block (plain: without proportional attention), in float32: tokens [B,T,D] after the final norm and hidden.0
[B,T,D] behind the first block, each token with the vector of the one that it was merged into; pooled [B,D]; logits
[B,C]; source [B,T], the first token that was merged into the same one. Needs what make_models.py needs.
"""

import math
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import timm
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
CASES = [
    ("timm_vit", 3, True),
    ("timm_vit", 3, False),
    ("timm_vit_non_square", 100, True),
    ("timm_vit_avg", 4, True),
    ("timm_vit_no_class_token_gap", 4, True),
    ("timm_deit_distilled", 2, True),
    ("timm_reg4_gap_fc_norm", 5, True),
    ("timm_qk_norm", 3, True),
    ("timm_siglip", 4, True),
]


def merge_matrix(keys: torch.Tensor, prefix: int, r: int) -> torch.Tensor:
    """M [T', T] of one image's keys [T, d]."""
    count = len(keys)
    r = min(r, (count - prefix) // 2)
    unit = keys / keys.norm(dim=1, keepdim=True)
    set_a = [t for t in range(prefix, count) if t % 2 == 0]
    set_b = [t for t in range(prefix, count) if t % 2 == 1]
    ties = []
    for a in set_a:
        similarity = unit[set_b] @ unit[a]
        best = int(torch.argmax(similarity))
        ties.append((-float(similarity[best]), a, set_b[best]))
    into = {a: b for _, a, b in sorted(ties)[:r]}
    kept = list(range(prefix)) + [a for a in set_a if a not in into] + set_b
    matrix = torch.zeros(count - r, count)
    for row, token in enumerate(kept):
        matrix[row, token] = 1
    for a, b in into.items():
        matrix[kept.index(b), a] = 1
    return matrix


def attend(attn, x: torch.Tensor, log_size: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """timm's Attention with `log_size [B, T]` added to the scores of each key; also the keys' mean over the heads."""
    batch, count, width = x.shape
    q, k, v = attn.qkv(x).reshape(batch, count, 3, attn.num_heads, -1).permute(2, 0, 3, 1, 4)
    q, k = attn.q_norm(q), attn.k_norm(k)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) + log_size[:, None, None, :]
    heads = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, count, width)
    return attn.proj(attn.norm(heads)), k.mean(1)


def run(model, pixels: torch.Tensor, r: int, proportional: bool) -> dict[str, torch.Tensor]:
    x = model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(pixels))))
    batch, count = x.shape[:2]
    whole = torch.eye(count).expand(batch, count, count)  # [B, T', T]
    hidden = []
    for block in model.blocks:
        size = whole.sum(-1)
        log_size = size.log() if proportional else torch.zeros_like(size)
        attended, keys = attend(block.attn, block.norm1(x), log_size)
        x = x + block.ls1(attended)
        m = torch.stack([merge_matrix(k, model.num_prefix_tokens, r) for k in keys])
        x = (m @ (x * size[..., None])) / (m @ size[..., None])
        whole = m @ whole
        x = x + block.ls2(block.mlp(block.norm2(x)))
        hidden.append(whole.transpose(1, 2) @ x)
    tokens = whole.transpose(1, 2) @ model.norm(x)
    first = [[int(torch.nonzero(w[w[:, t].argmax()])[0]) for t in range(count)] for w in whole]
    result = {"tokens": tokens, "hidden.0": hidden[0], "source": torch.tensor(first, dtype=torch.float32)}
    result["pooled"] = model.forward_head(tokens, pre_logits=True)
    if model.num_classes > 0:
        result["logits"] = model.forward_head(tokens)
    return {name: value.contiguous() for name, value in result.items()}


def main():
    folder = HERE / "token_merging"
    folder.mkdir(exist_ok=True)
    for case, r, proportional in CASES:
        model = timm.create_model(f"local-dir:{HERE / 'models' / case}", pretrained=True).float().eval()
        pixels = load_file(HERE / "models" / case / "expected.safetensors")["pixel_values"]
        with torch.inference_mode():
            plain = run(model, pixels, 0, True)["tokens"]
            assert torch.allclose(plain, model.forward_features(pixels), atol=1e-5), case
            result = run(model, pixels, r, proportional)
        name = f"{case}-{r}" + ("" if proportional else "-plain")
        save_file({key: value.float() for key, value in result.items()}, folder / f"{name}.safetensors")
        print(name, {key: tuple(value.shape) for key, value in result.items()})


if __name__ == "__main__":
    main()
