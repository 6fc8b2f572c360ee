#!/usr/bin/env python3
"""Says which of OpenCLIP's model configurations EigenViT reads, in OPEN_CLIP.md beside this file.

    python tests/parity/open_clip_models.py [--include DIR]... [--only REGEX] [--output FILE] [--blocks N]

with open_clip_torch 3.3.0, torch 2.15.0, timm 1.0.31 and transformers 5.24.0. For each configuration a folder as OpenCLIP
saves it is made, at full size, with tensors of zeros: both sides are read, which compares names and shapes of all tensors.
Each network of texts of OpenCLIP's own, of (XLM-)RoBERTa, of NLLB or of mT5 is then run with seeded random weights, cut to
two blocks, by both; the bound is 1e-05 of the largest value. Those with a class token (CoCa) are run whole, and so are image
towers whose queries attend to the tokens. Networks of `transformers` have the published sizes, which are stated here since
OpenCLIP's configurations name them alone. Exits with 1 where a network that is read differs.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import sys
import tempfile
from pathlib import Path
from unittest import mock

import open_clip
import torch
import transformers
from open_clip.coca_model import CoCa
from open_clip.model import CLIP, CustomTextCLIP, _build_text_tower, _build_vision_tower
from safetensors.torch import save_file

import text_program
from random_weights import random_pixels, randomise, seed_of

BOUND = 1e-5
TEXTS = 3
ROBERTA = dict(max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2)
LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
MT5 = dict(vocab_size=250112, feed_forward_proj="gated-gelu", d_kv=64)
NLLB = dict(vocab_size=256206, d_model=1024, encoder_attention_heads=16, decoder_attention_heads=16, scale_embedding=True,
            activation_function="relu", max_position_embeddings=1024)
PUBLISHED = {
    "roberta-base": lambda: transformers.RobertaConfig(vocab_size=50265, **ROBERTA),
    "xlm-roberta-base": lambda: transformers.XLMRobertaConfig(vocab_size=250002, **ROBERTA),
    "xlm-roberta-large": lambda: transformers.XLMRobertaConfig(vocab_size=250002, **ROBERTA, **LARGE),
    "google/mt5-base": lambda: transformers.MT5Config(d_model=768, d_ff=2048, num_layers=12, num_heads=12, **MT5),
    "google/mt5-xl": lambda: transformers.MT5Config(d_model=2048, d_ff=5120, num_layers=24, num_heads=32, **MT5),
    "facebook/nllb-200-distilled-600M": lambda: transformers.M2M100Config(
        encoder_layers=12, decoder_layers=12, encoder_ffn_dim=4096, decoder_ffn_dim=4096, **NLLB),
    "facebook/nllb-200-distilled-1.3B": lambda: transformers.M2M100Config(
        encoder_layers=24, decoder_layers=24, encoder_ffn_dim=8192, decoder_ffn_dim=8192, **NLLB),
}


def published(depth: int | None):
    """Configurations in place of those that the Hub has, perhaps of fewer blocks."""
    def config(name, **_):
        made = PUBLISHED[name]()
        if depth is not None:
            made.num_hidden_layers = min(made.num_hidden_layers, depth)
            made.num_decoder_layers = made.decoder_layers = 1  # which are left out
        return made
    return mock.patch.object(transformers.AutoConfig, "from_pretrained", config)


def model_config(name: str) -> dict:
    config = open_clip.get_model_config(name)
    text = config["text_cfg"]
    if "hf_model_name" in text:
        text["hf_model_pretrained"] = False
    return config


def whole_model(config: dict) -> torch.nn.Module:
    config = copy.deepcopy(config)
    custom = config.pop("custom_text", False) or "hf_model_name" in config["text_cfg"]
    cls = (CoCa if "multimodal_cfg" in config else CustomTextCLIP) if custom else CLIP
    with published(None), torch.device("meta"):
        return cls(**config)


def write_config(folder: Path, config: dict) -> None:
    half = [0.5, 0.5, 0.5]
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": {"mean": half, "std": half}}))


def read(program: Path, config: dict) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="eigenvit-open-clip-") as scratch:
        folder = Path(scratch)
        write_config(folder, config)
        shapes = {name: tuple(value.shape) for name, value in whole_model(config).state_dict().items()}
        text_program.write_empty(folder / "open_clip_model.safetensors", shapes)
        done = text_program.subprocess.run([program, "read", folder], capture_output=True, text=True, check=True)
        lines = (line.replace(f"{folder}/", "").split(" ", 2) for line in done.stdout.splitlines())
        return {side: "" if word == "ok" else reason for side, word, reason in lines}


def image_error(program: Path, config: dict, name: str) -> float:
    tower = _build_vision_tower(config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False)).eval()
    randomise(tower, name)
    size = config["vision_cfg"]["image_size"]
    pixels = torch.cat([random_pixels(f"{name} {image}", size, size) for image in range(2)])
    with torch.no_grad():
        embeds = tower(pixels)
    if isinstance(embeds, tuple):
        embeds = embeds[0]
    with tempfile.TemporaryDirectory(prefix="eigenvit-open-clip-") as scratch:
        folder = Path(scratch)
        write_config(folder, config)
        state = {f"visual.{key}": value.contiguous() for key, value in tower.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors")
        return text_program.error(text_program.image_embeds(program, folder, pixels), embeds)


def text_error(program: Path, config: dict, blocks: int) -> float:
    config = copy.deepcopy(config)
    text = config["text_cfg"]
    if not text.get("embed_cls"):
        text["layers"] = min(text.get("layers", 12), blocks)
    with published(blocks):
        tower = _build_text_tower(config["embed_dim"], text, config.get("quick_gelu", False)).eval()
    randomise(tower, json.dumps(text, sort_keys=True))
    hf = "hf_model_name" in text
    vocabulary = tower.vocab_size
    length = text.get("context_length", 77)
    ids = torch.randint(3, vocabulary - 1, (TEXTS, length), generator=torch.Generator().manual_seed(seed_of("ids")))
    pad = tower.config.pad_token_id if hf else text.get("pad_id", 0)
    for i, end in enumerate((length - 1, length // 2, 1)):
        ids[i, end] = text["eos_id"] if "eos_id" in text else vocabulary - 1
        ids[i, end + 1 :] = pad
    with torch.no_grad():
        embeds = tower(ids)
    if isinstance(embeds, tuple):  # CoCa asks for the tokens too
        embeds = embeds[0]
    with tempfile.TemporaryDirectory(prefix="eigenvit-open-clip-") as scratch:
        folder = Path(scratch)
        write_config(folder, config)
        beside = not (config.get("custom_text") or hf)
        state = {name if beside else f"text.{name}": value.contiguous() for name, value in tower.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors")
        return text_program.error(text_program.embeds(program, folder, ids), embeds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", action="append", default=[], metavar="DIR")
    parser.add_argument("--only", type=re.compile, default=re.compile(""))
    parser.add_argument("--program", type=Path)
    parser.add_argument("--blocks", type=int, default=2, help="of the networks of texts that are run, at most")
    parser.add_argument("--output", type=Path, default=text_program.HERE / "OPEN_CLIP.md")
    options = parser.parse_args()
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    rows, errors, images, failures = [], {}, {}, 0
    with tempfile.TemporaryDirectory(prefix="eigenvit-open-clip-") as scratch:
        program = options.program or text_program.build(Path(scratch), [f"-I{path}" for path in options.include])
        for name in (name for name in open_clip.list_models() if options.only.search(name)):
            config = model_config(name)
            sides = read(program, config)
            computed = ""
            if not sides["image"] and config["vision_cfg"].get("attentional_pool"):
                images[name] = image_error(program, config, name)
                failures += not images[name] <= BOUND
            if not sides["text"]:
                text = {key: value for key, value in config["text_cfg"].items() if not key.startswith("hf_tokenizer")}
                key = json.dumps([text, config["embed_dim"], config.get("quick_gelu")], sort_keys=True)
                if key not in errors:
                    errors[key] = text_error(program, config, options.blocks)
                computed = f"{errors[key]:.1e}"
                failures += not errors[key] <= BOUND
            rows.append((name, sides, computed))
            print(name, sides, images.get(name, ""), computed, flush=True)
    both = sum(not sides["image"] and not sides["text"] for _, sides, _ in rows)
    image_sides, texts = (sum(not sides[side] for _, sides, _ in rows) for side in ("image", "text"))
    lines = ["# OpenCLIP's configurations", "",
             f"Made by `python tests/parity/open_clip_models.py`, with open_clip_torch {open_clip.__version__}: of "
             f"{len(rows)} configurations the image side of {image_sides}",
             f"is read, the text side of {texts}, both of {both}. `texts`: the greatest error of `encode_text` of random "
             "weights, cut to two blocks,", f"relative to the largest value; the bound is {BOUND:.0e}. Texts with a class token, and images "
             "pooled by attention, are of whole networks. `yes`: read, and not run here.", "",
             "| configuration | images | texts |", "|---|---|---|"]
    for name, sides, computed in rows:
        read_image = f"{images[name]:.1e}" if name in images else "yes"
        cells = ["no: " + sides["image"].replace("|", "\\|") if sides["image"] else read_image,
                 "no: " + sides["text"].replace("|", "\\|") if sides["text"] else computed]
        cells = [cell.replace("open_clip_config.json: key ", "") for cell in cells]
        cells = [re.sub(r" \(closest: [^)]*\)", "", cell) for cell in cells]
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    options.output.write_text("\n".join(lines) + "\n")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
