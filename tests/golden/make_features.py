#!/usr/bin/env python3
"""Makes tests/golden/features: what PyTorch, NumPy and scikit-learn find for the features.

    make_features.py OUTPUT_FOLDER

Needs torch, numpy, scikit-learn and safetensors. Inputs are stored beside the results.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA


def upsample():
    """Bilinear upsampling of maps: whole images, and one that is cropped from a larger image."""
    rng = np.random.default_rng(1)
    tensors = {}
    for name, grid, size in (("up", (5, 7), (37, 23)), ("down", (8, 6), (5, 4)), ("row", (1, 3), (4, 10))):
        grid_map = rng.standard_normal(grid).astype(np.float32)
        result = torch.nn.functional.interpolate(
            torch.from_numpy(grid_map)[None, None], size=size, mode="bilinear", align_corners=False)
        tensors[name] = grid_map
        tensors[f"{name}.expected"] = result[0, 0].numpy()
    return tensors


def rollout(attention, fusion, discard):
    """Attention rollout of attention [L, H, T, T] in double precision."""
    result = np.eye(attention.shape[-1])
    for block in attention.astype(np.float64):
        fused = {"mean": block.mean(0), "max": block.max(0), "min": block.min(0)}[fusion]
        lowest = np.argsort(fused, axis=None, kind="stable")[: int(fused.size * discard)]
        fused.flat[lowest[lowest != 0]] = 0
        mixing = 0.5 * fused + 0.5 * np.eye(len(fused))
        result = mixing / mixing.sum(1, keepdims=True) @ result
    return result


def attention():
    """Two images of CLS, one register and 2 x 3 patches; 3 blocks of 4 heads."""
    rng = np.random.default_rng(2)
    scores = 2 * rng.standard_normal((3, 2, 4, 8, 8))
    weights = (np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)).astype(np.float32)
    tensors = {f"attention.{k}": weights[k] for k in range(3)}
    double = weights.astype(np.float64)
    tensors["cls"] = double[1, 1, 2, 0, 2:].reshape(2, 3)
    tensors["patches"] = double[1, 1, 2, 2:, 2:].mean(0).reshape(2, 3)
    tensors["cls.mean"] = double[2, 0, :, 0, 2:].mean(0).reshape(2, 3)
    for fusion in ("mean", "max", "min"):
        for discard in (0.0, 0.4):
            tensors[f"rollout.{fusion}.{discard}"] = rollout(weights[:, 1], fusion, discard)
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}


def pca():
    """More rows than columns, and fewer."""
    rng = np.random.default_rng(3)
    tensors = {}
    for name, shape, count in (("tall", (40, 6), 3), ("wide", (9, 20), 5), ("all", (12, 4), 4)):
        rows = (rng.standard_normal(shape) @ rng.standard_normal((shape[1], shape[1])) + 3).astype(np.float32)
        fitted = PCA(count, svd_solver="full").fit(rows.astype(np.float64))
        tensors[name] = rows
        tensors[f"{name}.mean"] = fitted.mean_
        tensors[f"{name}.components"] = fitted.components_
        tensors[f"{name}.explained_variance"] = fitted.explained_variance_
        tensors[f"{name}.transformed"] = fitted.transform(rows.astype(np.float64))
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}


def pca_colours():
    """Two images of unlike grids whose inner patches differ from the rest."""
    rng = np.random.default_rng(4)
    grids = ((5, 6), (4, 7))
    images = []
    for h, w in grids:
        image = rng.standard_normal((h, w, 8)) * np.linspace(1, 0.3, 8)
        image[1:-1, 2:-1] += 3 * np.cos(np.arange(8))
        images.append(image.astype(np.float32))
    patches = np.concatenate([image.reshape(-1, 8) for image in images]).astype(np.float64)
    inside = []
    for h, w in grids:
        mask = np.zeros((h, w), bool)
        mask[1:-1, 1:-1] = True
        inside.append(mask.ravel())
    inside = np.concatenate(inside)

    first = PCA(1, svd_solver="full").fit_transform(patches)[:, 0]
    if first[inside].mean() < first[~inside].mean():
        first = -first
    foreground = first > 0
    chosen = PCA(3, svd_solver="full").fit_transform(patches[foreground])
    colours = np.zeros((len(patches), 3))
    colours[foreground] = (chosen - chosen.min(0)) / (chosen.max(0) - chosen.min(0))
    everything = PCA(3, svd_solver="full").fit_transform(patches)
    everything = (everything - everything.min(0)) / (everything.max(0) - everything.min(0))

    tensors = {}
    at = 0
    for i, (h, w) in enumerate(grids):
        part = slice(at, at + h * w)
        tensors[f"image.{i}"] = images[i]
        tensors[f"foreground.{i}"] = foreground[part].reshape(h, w)
        tensors[f"rgb.{i}"] = colours[part].T.reshape(3, h, w)
        tensors[f"everything.{i}"] = everything[part].T.reshape(3, h, w)
        at += h * w
    query = torch.from_numpy(images[0][2, 3])
    tensors["similarity"] = torch.nn.functional.cosine_similarity(
        torch.from_numpy(images[1]).double(), query.double(), dim=-1).numpy()
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}


def k_means():
    """From given centres; in the second case one of them attracts no vector at first."""
    rng = np.random.default_rng(5)
    tensors = {}
    for name, n, width, clusters in (("usual", 60, 4, 5), ("empty", 40, 3, 4)):
        rows = (rng.standard_normal((n, width)) + 2 * rng.integers(0, 3, (n, 1)) + 10).astype(np.float32)
        centres = rows[:clusters].copy()
        if name == "empty":
            centres[2] = 1000
        fitted = KMeans(clusters, init=centres.astype(np.float64), n_init=1, algorithm="lloyd").fit(
            rows.astype(np.float64))
        tensors[name] = rows
        tensors[f"{name}.init"] = centres
        tensors[f"{name}.labels"] = fitted.labels_
        tensors[f"{name}.centres"] = fitted.cluster_centers_
        tensors[f"{name}.inertia"] = np.array([fitted.inertia_])
        tensors[f"{name}.iterations"] = np.array([fitted.n_iter_])
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}


def vlad():
    """Descriptors and a vocabulary, one centre of which attracts none of them; generalised means."""
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((30, 6)).astype(np.float32)
    centres = rng.standard_normal((4, 6)).astype(np.float32) / 2
    centres[2] = 5
    x = torch.nn.functional.normalize(torch.from_numpy(rows).double(), dim=1)
    c = torch.from_numpy(centres).double()
    distances = torch.cdist(x, c, compute_mode="donot_use_mm_for_euclid_dist")
    tensors = {"rows": rows, "centres": centres}
    for name, shares in (("hard", torch.nn.functional.one_hot(distances.argmin(1), len(c)).double()),
                         ("soft", torch.softmax(-10 * distances ** 2, 1))):
        sums = torch.einsum("nk,nkd->kd", shares, x[:, None] - c[None])
        for intra in ("intra", "plain"):
            parts = torch.nn.functional.normalize(sums, dim=1) if intra == "intra" else sums
            tensors[f"{name}.{intra}"] = torch.nn.functional.normalize(parts.flatten(), dim=0).numpy()[None]
    clamped = torch.from_numpy(rows).double().clamp(min=1e-6)
    tensors["gem"] = clamped.pow(3).mean(0).pow(1 / 3).numpy()[None]
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in (upsample, attention, pca, pca_colours, k_means, vlad):
        save_file(make(), folder / f"{make.__name__}.safetensors")


if __name__ == "__main__":
    main()
