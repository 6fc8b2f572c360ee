"""timm's isotropic vision transformers: the list, and what timm computes of a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file

from random_weights import random_pixels, randomise, uninitialised

MODULES = ("vision_transformer", "deit", "eva", "beit", "naflexvit")
TABLE = Path(__file__).resolve().parents[2] / "include/eigenvit/io/timm_architecture_table.inl"


def names() -> list[str]:
    """What pip's timm knows of these modules, and what EigenViT knows besides."""
    known = {name for module in MODULES for name in timm.list_models(module=module)}
    rows = re.findall(r'^    \w+\("([a-z0-9_]+)", \d', TABLE.read_text(), re.MULTILINE)
    assert len(rows) > 200, "the table of architectures has another form than this script expects"
    return sorted(known | set(rows))


def on_meta(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return timm.create_model(name)


def image_size(model: torch.nn.Module) -> tuple[int, int]:
    """The size that the model is built for; that of its preprocessing where it is built for any."""
    return tuple(model.patch_embed.img_size if hasattr(model, "patch_embed") else model.pretrained_cfg["input_size"][1:])


def cut(name: str, whole: torch.nn.Module, depth: int) -> dict:
    """Arguments for an architecture of fewer blocks."""
    arguments = {"depth": depth}
    if name.endswith("_sapiens2"):
        # It states the heads of keys and values block by block: those of blocks that are spread over all.
        heads = [block.attn.num_kv_heads for block in whole.blocks]
        arguments["num_kv_heads"] = [heads[index * len(heads) // depth] for index in range(depth)]
    return arguments


def config_of(model: torch.nn.Module, name: str, arguments: dict) -> dict:
    """A config.json as timm's repositories on the Hub have it."""
    pretrained = {key: value for key, value in model.pretrained_cfg.items() if value is not None}
    pretrained.pop("architecture", None)
    for key in ("url", "hf_hub_id", "file", "state_dict", "source"):
        pretrained.pop(key, None)
    size = image_size(model)
    pretrained.update(input_size=[3, *size], num_classes=model.num_classes)
    config = dict(architecture=name, num_classes=model.num_classes, num_features=model.num_features,
                  global_pool=model.global_pool, pretrained_cfg=pretrained)
    if arguments:
        config["model_args"] = arguments
    return config


def outputs(model: torch.nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    tokens = model.forward_features(pixels)
    result = {"tokens": tokens, "pooled": model.forward_head(tokens, pre_logits=True)}
    if model.num_classes > 0:
        # `model(pixels)` is this in all classes, and would compute the tokens again.
        result["logits"] = model.forward_head(tokens)
    return result


class TimmModel:
    """One architecture, made in a folder."""

    arguments: tuple[str, ...] = ()

    def __init__(self, name: str, depth: int | None, folder: Path):
        self.name, self.folder = name, folder
        if not timm.is_model(name):
            raise LookupError(f"timm {timm.__version__} has no such architecture")
        whole = on_meta(name)
        self.full_depth = len(whole.blocks)
        if depth is None and sum(value.numel() for value in whole.parameters()) > 400e6:
            depth = 2
        if depth is not None and depth >= self.full_depth:
            depth = None
        arguments = {} if depth is None else cut(name, whole, depth)
        with uninitialised():
            model = timm.create_model(name, **arguments).eval()
        # Tables of the built grid, such as rotary angles, follow from the size and are no parameters.
        randomise(model, name)
        self.depth = len(model.blocks)
        if depth is not None and self.depth != depth:
            raise RuntimeError(f"expected {depth} blocks, found {self.depth}")
        self.native = image_size(model)
        self.patch = tuple(getattr(model, "patch_embed", getattr(model, "embeds", None)).patch_size)
        config = config_of(model, name, arguments)
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        save_file({key: value.contiguous() for key, value in model.state_dict().items()},
                  folder / "model.safetensors", metadata={"format": "pt"})
        self.saved = model.state_dict()

    def answer(self) -> None:
        """None of timm's has a dense head."""

    def other_size(self) -> tuple[int, int]:
        """Fewer rows and another number of columns, so that one axis shrinks and the other grows."""
        rows, columns = (size // patch for size, patch in zip(self.native, self.patch))
        return (max(1, rows - 3) * self.patch[0], (columns + 2) * self.patch[1])

    def reference(self, size: tuple[int, int]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Pixels of that size and what timm makes of them, with the folder read back by timm."""
        arguments = {} if size == self.native else {"img_size": size}
        with uninitialised():
            model = timm.create_model(f"local-dir:{self.folder}", pretrained=True, **arguments).eval()
        if size == self.native:
            loaded = model.state_dict()
            for key, value in self.saved.items():
                if not torch.equal(loaded[key], value):
                    raise RuntimeError(f"timm loads {key} otherwise than it was saved")
        pixels = random_pixels(self.name, *size)
        return pixels, outputs(model, pixels)
