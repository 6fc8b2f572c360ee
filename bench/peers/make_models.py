#!/usr/bin/env python3
"""Writes the models of the comparison, all with the same random weights, one folder a network:

config.json, model.safetensors   as from the Hugging Face Hub; EigenViT and PyTorch read these
pixels.f32                       random pixel values of a batch, float32
OUTPUT.KIND.onnx                 for ONNX Runtime, the batch size left open; OUTPUT is logits or tokens, KIND
  exported                         as torch.onnx exports it by default
  opset23                          with ONNX's own Attention and Gelu
  fused-attention                  after onnxruntime.transformers.optimizer, with its operator Attention
  fused-mha                        the same with its operator MultiHeadAttention
OUTPUT.KIND.xml                  for OpenVINO, float32, from the exported ONNX or from PyTorch directly

Usage: make_models.py FOLDER NETWORK...; what is there already is kept.
"""

from __future__ import annotations

import argparse
import gc
import os
import warnings
from pathlib import Path
from typing import Callable

os.environ["HF_HUB_OFFLINE"] = "1"
# The exporters warn about branches of timm and of themselves that these models do not take.
warnings.simplefilter("ignore")

import openvino
import torch
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from timm.models import save_for_hf
from torch import nn

from networks import LARGEST_BATCH, NETWORKS, Network, outputs_of
from torch_models import load_model, make_fusible, random_model, with_output

# Bump when models come out differently, so that those of an earlier version are not taken for new ones.
VERSION = "1"


def once(path: Path, make: Callable[[Path], None]) -> None:
    """A file that was cut short is made again: `make` counts as done when its stamp is there."""
    stamp = path.with_name(path.name + ".made")
    if stamp.exists() and stamp.read_text() == VERSION:
        return
    print(f"making {path.parent.name}/{path.name}", flush=True)
    make(path)
    stamp.write_text(VERSION)
    gc.collect()


def save_folder(network: Network, weights: Path) -> None:
    save_for_hf(random_model(network), weights.parent, safe_serialization=True)
    pixels = torch.randn(network.pixel_shape(LARGEST_BATCH), generator=torch.Generator().manual_seed(1))
    pixels.numpy().tofile(weights.parent / "pixels.f32")


def export(network: Network, model: nn.Module, path: Path, opset: int) -> None:
    # Traced with two images: a batch of one would be taken for a constant.
    torch.onnx.export(model, (torch.zeros(network.pixel_shape(2)),), path, dynamo=True, opset_version=opset,
                      external_data=True, input_names=["pixels"], output_names=["output"], verbose=False,
                      dynamic_shapes=({0: torch.export.Dim("batch")},))


def fuse(network: Network, exported: Path, path: Path, operator: str) -> None:
    options = FusionOptions("vit")
    options.use_multi_head_attention = operator == "MultiHeadAttention"
    fused = optimizer.optimize_model(str(exported), model_type="vit", num_heads=network.heads,
                                     hidden_size=network.width, optimization_options=options, opt_level=0)
    count = fused.get_fused_operator_statistics()[operator]
    if count != network.depth:
        # A peer that is measured below its best would make the comparison worthless.
        raise RuntimeError(f"{path}: the optimizer fused {count} of {network.depth} attentions")
    path.with_name(path.name + ".data").unlink(missing_ok=True)  # would be appended to
    fused.save_model_to_file(str(path), use_external_data_format=True)


def save_fused(network: Network, folder: Path, output: str, path: Path, operator: str) -> None:
    fusible = path.with_suffix(".fusible.onnx")
    model = load_model(network, folder)
    make_fusible(model)
    export(network, with_output(model, output), fusible, 18)
    fuse(network, fusible, path, operator)
    for part in path.parent.glob(fusible.name + "*"):
        part.unlink()


def save_openvino(network: Network, source: Path | nn.Module, path: Path) -> None:
    if isinstance(source, Path):
        model = openvino.convert_model(source)
    else:
        model = openvino.convert_model(source, example_input=torch.zeros(network.pixel_shape(1)))
    openvino.save_model(model, path, compress_to_fp16=False)


def make(network: Network, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    once(folder / "model.safetensors", lambda path: save_folder(network, path))
    for output in outputs_of(network):
        def torch_model() -> nn.Module:
            return with_output(load_model(network, folder), output)

        exported = folder / f"{output}.exported.onnx"
        once(exported, lambda path: export(network, torch_model(), path, 18))
        once(folder / f"{output}.opset23.onnx", lambda path: export(network, torch_model(), path, 23))
        for kind, operator in (("fused-attention", "Attention"), ("fused-mha", "MultiHeadAttention")):
            once(folder / f"{output}.{kind}.onnx",
                 lambda path: save_fused(network, folder, output, path, operator))
        once(folder / f"{output}.from-onnx.xml", lambda path: save_openvino(network, exported, path))
        once(folder / f"{output}.from-torch.xml", lambda path: save_openvino(network, torch_model(), path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="+", choices=NETWORKS)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    for key in options.networks:
        make(NETWORKS[key], options.folder / key)


if __name__ == "__main__":
    main()
