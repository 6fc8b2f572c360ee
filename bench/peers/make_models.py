#!/usr/bin/env python3
"""Writes the models of the comparison, all with the same random weights, one folder a network:

config.json, model.safetensors   as from the Hugging Face Hub; EigenViT and PyTorch read these
pixels.f32                       pixel values of a batch, float32: cut-outs of photographs; of texts ids.i64: random tokens
OUTPUT.KIND.onnx                 for ONNX Runtime, the batch size left open; OUTPUT is logits, tokens, maps or text_embeds, KIND
  exported                         as torch.onnx exports it by default
  opset23                          with ONNX's own Attention and Gelu
  fused-attention                  after onnxruntime.transformers.optimizer, with its operator Attention
  fused-mha                        the same with its operator MultiHeadAttention; of texts both as exported
OUTPUT.KIND.int8.onnx            those for which it pays after quantize_dynamic
OUTPUT.KIND.xml                  for OpenVINO, float32, from the exported ONNX or from PyTorch directly
OUTPUT.from-torch.int8.xml       that from PyTorch after NNCF's quantisation, calibrated on other cut-outs

Usage: make_models.py [--int8] FOLDER NETWORK...; what is there already is kept.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import warnings
from pathlib import Path
from typing import Callable

os.environ["HF_HUB_OFFLINE"] = "1"
# The exporters warn about branches of timm and of themselves that these models do not take.
warnings.simplefilter("ignore")

import nncf
import numpy as np
import openvino
import timm
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from PIL import Image
from timm.models import save_for_hf
from torch import nn
from torchvision.transforms import Compose, Normalize, RandomHorizontalFlip, RandomResizedCrop, ToTensor

from machine import has_int8_products
from clip_text import load_clip_text, random_ids
from clip_text import save_random as save_random_text
from dense_models import load_dense
from dense_models import save_random as save_random_dense
from networks import NETWORKS, AnyNetwork, DenseNetwork, Network, TextNetwork
from torch_models import load_model, make_fusible, random_model, with_output

# Bump when models come out differently, so that those of an earlier version are not taken for new ones.
VERSION = "2"

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "examples" / "images"
# What nncf.quantize takes at most when it is not told otherwise.
CALIBRATION_INPUTS = 300
# What of a kind's files is quantised for ONNX Runtime. Not convolutions: that of the patches is then slower and less
# exact. Nor ONNX's own Attention, which quantize_dynamic 1.32 makes an invalid model of; the optimizer's
# MultiHeadAttention has no quantised form.
INT8_OPERATORS = {
    "exported": ["MatMul", "Gemm"],
    "opset23": ["MatMul", "Gemm"],
    "fused-attention": ["MatMul", "Gemm", "Attention"],
}


def photograph_pixels(network: Network | DenseNetwork, count: int, seed: int) -> np.ndarray:
    """[count, 3, H, W]: random cut-outs of the repository's photographs, as the model takes them."""
    torch.manual_seed(seed)  # torchvision draws from the global generator
    mean, std = timm.data.IMAGENET_DEFAULT_MEAN, timm.data.IMAGENET_DEFAULT_STD
    if isinstance(network, Network):
        config = timm.get_pretrained_cfg(network.timm_name)
        mean, std = config.mean, config.std
    transform = Compose([RandomResizedCrop(network.input_shape(1)[2:], scale=(0.2, 1)), RandomHorizontalFlip(),
                         ToTensor(), Normalize(mean, std)])
    photographs = [Image.open(path).convert("RGB") for path in sorted(PHOTOGRAPHS.iterdir()) if path.suffix != ".md"]
    return torch.stack([transform(photographs[i % len(photographs)]) for i in range(count)]).numpy()


def once(path: Path, make: Callable[[Path], None]) -> None:
    """A file that was cut short is made again: `make` counts as done when its stamp is there."""
    stamp = path.with_name(path.name + ".made")
    if stamp.exists() and stamp.read_text() == VERSION:
        return
    print(f"making {path.parent.name}/{path.name}", flush=True)
    make(path)
    stamp.write_text(VERSION)
    gc.collect()


def save_folder(network: AnyNetwork, weights: Path) -> None:
    if isinstance(network, TextNetwork):
        save_random_text(network, weights.parent)
        return
    if isinstance(network, DenseNetwork):
        save_random_dense(network, weights.parent)
    else:
        save_for_hf(random_model(network), weights.parent, safe_serialization=True)
    photograph_pixels(network, network.largest_batch, seed=1).tofile(weights.parent / network.input_file)


def zeros(network: AnyNetwork, batch: int) -> torch.Tensor:
    return torch.zeros(network.input_shape(batch), dtype=getattr(torch, network.input_type))


def export(network: AnyNetwork, model: nn.Module, path: Path, opset: int) -> None:
    # Traced with two images: a batch of one would be taken for a constant. Dense heads are measured at that batch.
    is_dense = isinstance(network, DenseNetwork)
    batches = dict(dynamic_shapes=({0: torch.export.Dim("batch")},)) if not is_dense else {}
    torch.onnx.export(model, (zeros(network, 1 if is_dense else 2),), path, dynamo=True, opset_version=opset,
                      external_data=True, input_names=[network.input_name], verbose=False, **batches)


def fuse(network: Network | DenseNetwork, exported: Path, path: Path, operator: str) -> None:
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


def fusible_model(network: Network | DenseNetwork, folder: Path, output: str) -> nn.Module:
    if isinstance(network, DenseNetwork):
        return load_dense(network, folder, fusible=True)
    model = load_model(network, folder)
    make_fusible(model)
    return with_output(model, output)


def save_fused(network: AnyNetwork, folder: Path, output: str, path: Path, operator: str) -> None:
    if isinstance(network, TextNetwork):
        # The optimizer does not know the causal mask of these exporters.
        export(network, load_clip_text(network, folder, operator), path, 18)
        return
    fusible = path.with_suffix(".fusible.onnx")
    export(network, fusible_model(network, folder, output), fusible, 18)
    fuse(network, fusible, path, operator)
    for part in path.parent.glob(fusible.name + "*"):
        part.unlink()


def save_openvino(network: AnyNetwork, source: Path | nn.Module, path: Path) -> None:
    if isinstance(source, Path):
        model = openvino.convert_model(source)
    elif isinstance(network, DenseNetwork):
        # The exported program: as TorchScript transformers' classes would resample their positions.
        model = openvino.convert_model(torch.export.export(source, (zeros(network, 1),)))
    else:
        model = openvino.convert_model(source, example_input=zeros(network, 1))
    openvino.save_model(model, path, compress_to_fp16=False)


def quantize_onnx(source: Path, path: Path, operators: list[str]) -> None:
    """As ONNX Runtime's page on quantisation has it: preprocessed first, weights by channel, and in seven bits only
    where products of bytes saturate."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        prepared = Path(folder) / source.name
        # Shapes cannot be inferred by symbols past ONNX's own Attention, which is taken for the optimizer's.
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape="opset23" in source.name,
                          save_as_external_data=True)
        quantize_dynamic(prepared, path, op_types_to_quantize=operators, per_channel=True,
                         reduce_range=not has_int8_products(), weight_type=QuantType.QInt8)


def quantize_openvino(network: AnyNetwork, source: Path, path: Path) -> None:
    model = openvino.Core().read_model(source)
    if isinstance(network, TextNetwork):
        inputs = random_ids(network, CALIBRATION_INPUTS, seed=2).numpy()
    else:
        inputs = photograph_pixels(network, CALIBRATION_INPUTS, seed=2)
    dataset = nncf.Dataset(inputs, lambda item: item[None])
    quantized = nncf.quantize(model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_INPUTS)
    openvino.save_model(quantized, path, compress_to_fp16=False)


def make(network: AnyNetwork, folder: Path, int8: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    once(folder / "model.safetensors", lambda path: save_folder(network, path))
    for output in network.outputs:
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
        if int8:
            for kind, operators in INT8_OPERATORS.items():
                once(folder / f"{output}.{kind}.int8.onnx",
                     lambda path: quantize_onnx(folder / f"{output}.{kind}.onnx", path, operators))
            once(folder / f"{output}.from-torch.int8.xml",
                 lambda path: quantize_openvino(network, folder / f"{output}.from-torch.xml", path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--int8", action="store_true", help="the quantised models too")
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="+", choices=NETWORKS)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    for key in options.networks:
        make(NETWORKS[key], options.folder / key, options.int8)


if __name__ == "__main__":
    main()
