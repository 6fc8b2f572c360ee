#!/usr/bin/env python3
"""Makes goldens of OpenCLIP's networks of texts from open_clip's own classes, with random weights.

    text_towers/open_clip*/open_clip_config.json, open_clip_model.safetensors
    text_towers/openai_clip/model.safetensors    as OpenAI's release has it, without a configuration
    text_towers/*/expected.safetensors           as make_text_towers.py writes it; text_embeds are encode_text(x)
    text_encoders/open_clip*/                    whole models, from words and pictures on: as make_text_encoders.py writes
                                                 them, and input_ids [N,T] of the texts

Versions and setting up: see make_open_clip.py; protobuf and sentencepiece besides.
How to run: python tests/golden/make_open_clip_texts.py [CASE...]
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from pathlib import Path
from unittest import mock

os.environ["HF_HUB_OFFLINE"] = "1"

import open_clip
import torch
import transformers
from open_clip.coca_model import CoCa
from open_clip.hf_model import HFTextEncoder
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from PIL import Image
from safetensors.torch import save_file

from make_text_encoders import LABELS, TEMPLATES, TEXTS, exact_text, unit

ROOT = Path(__file__).resolve().parent
VISION = dict(image_size=4, patch_size=4, width=4, head_width=4, layers=1)
TEXT = dict(context_length=11, vocab_size=29, width=12, heads=3, layers=2)
# What CoCa writes captions with is passed over.
COCA = dict(multimodal_cfg=dict(context_length=4, vocab_size=9, width=4, heads=1, layers=1))
CLASS = dict(embed_cls=True, output_tokens=True)
SIGLIP = dict(no_causal_mask=True, pool_type="last", proj_bias=True, norm_kwargs=dict(eps=1e-3))

# Class, what text_cfg has besides, and what model_cfg has.
TOWERS = {
    "open_clip": (CLIP, {}, {}),
    "open_clip_eos": (CustomTextCLIP, dict(pool_type="eos", eos_id=27, ls_init_value=0.1), dict(quick_gelu=True)),
    "open_clip_first": (CustomTextCLIP, dict(pool_type="first", proj_type="none", no_causal_mask=True), {}),
    "open_clip_siglip": (CustomTextCLIP, dict(SIGLIP, mlp_ratio=3.7362, act_kwargs=dict(approximate="tanh")),
                         dict(init_logit_bias=-10)),
    "open_clip_coca": (CoCa, CLASS, COCA),
    "open_clip_coca_two_ways": (CoCa, dict(CLASS, no_causal_mask=True, pad_id=1, pool_type="eos"), COCA),
    "openai_clip": (CLIP, dict(heads=1), dict(quick_gelu=True)),
}

WORDS = [*TEXTS, "snake_case, don't {stop}!", "\u039f\u0394\u039f\u03a3-\u0391\u03a3",
         "\u201cdon\u2019t\u201d &lt;b&gt; caf&eacute; &amp;amp;amp; \ufb01sh\r\n\uff21"]
# As above, the tokenizer's folder, and what vision_cfg has besides.
ENCODERS = {
    "open_clip": (CLIP, {}, {}, "clip_files", {}),
    "open_clip_siglip": (CustomTextCLIP, dict(SIGLIP, hf_tokenizer_name="timm/siglip", tokenizer_kwargs=dict(clean="canonicalize")),
                         dict(init_logit_bias=-3.25), "unigram", dict(pool_type="avg")),
    "open_clip_clipa": (CLIP, dict(no_causal_mask=True, pool_type="last", hf_tokenizer_name="bert-base-uncased",
                                   tokenizer_kwargs=dict(strip_sep_token=True)), {}, "word_piece",
                        dict(pool_type="avg", final_ln_after_pool=True, no_ln_pre=True)),
    "open_clip_coca": (CoCa, CLASS, COCA, "clip_files",
                       dict(attentional_pool=True, attn_pooler_heads=2, attn_pooler_queries=3, output_tokens=True)),
}


# `text_cfg` of models whose network of texts is transformers'.
HF = {
    "open_clip_roberta": dict(hf_model_name="roberta-base", hf_pooler_type="mean_pooler", hf_proj_type="mlp"),
    "open_clip_xlm": dict(hf_model_name="xlm-roberta-base", hf_pooler_type="cls_last_hidden_state_pooler",
                          hf_proj_type="linear"),
    "open_clip_nllb": dict(hf_model_name="facebook/nllb-200-distilled-600M", hf_pooler_type="cls_pooler", hf_proj_type="linear"),
    "open_clip_nllb_mean": dict(hf_model_name="facebook/nllb-200-distilled-1.3B"),
    "open_clip_mt5": dict(hf_model_name="google/mt5-base"),
}
HF_ENCODERS = {
    "open_clip_nllb": (dict(HF["open_clip_nllb"], hf_tokenizer_name="facebook/nllb-200-distilled-600M",
                            tokenizer_kwargs=dict(language="zho_Hans", src_lang="fra_Latn")), "nllb"),
}


def fill(model: torch.nn.Module, scale: float) -> None:
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key == "logit_scale":
                value.fill_(2.5)
            elif key != "logit_bias":
                # Norms and biases too, so that each of them counts.
                is_norm = any(word in key for word in ("ln_", "LayerNorm", "layer_norm")) and key.endswith("weight")
                value.copy_(torch.randn_like(value) * (scale if value.ndim > 1 else 0.1) + (1 if is_norm else 0))
                value.copy_(value.half().float())  # what is stored of it


def save(folder: Path, model: torch.nn.Module, name: str) -> None:
    save_file({key: value.half().contiguous() for key, value in model.state_dict().items()}, folder / name)
    (folder / name).chmod(0o644)


def save_expected(folder: Path, tensors: dict, **metadata: list[str]) -> None:
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "expected.safetensors",
              {key: json.dumps(value) for key, value in metadata.items()})
    (folder / "expected.safetensors").chmod(0o644)


def build(cls: type, embed_dim: int, vision: dict, text: dict, more: dict) -> tuple[torch.nn.Module, dict]:
    model_cfg = dict(embed_dim=embed_dim, vision_cfg=vision, text_cfg=text, **more)
    built = {key: value for key, value in text.items() if key not in ("hf_tokenizer_name", "tokenizer_kwargs")}
    model = cls(**dict(model_cfg, text_cfg=built)).eval()
    if cls is not CLIP:
        model_cfg["custom_text"] = True
    return model, model_cfg


def write_config(folder: Path, model_cfg: dict, preprocess_cfg: dict) -> None:
    (folder / "open_clip_config.json").write_text(
        json.dumps(dict(model_cfg=model_cfg, preprocess_cfg=preprocess_cfg), indent=2) + "\n")


def make_tower(name: str, cls: type, text: dict, more: dict) -> None:
    folder = ROOT / "text_towers" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(len(name) + 300)
    vision = dict(VISION, output_tokens=True) if cls is CoCa else VISION
    model, model_cfg = build(cls, 10, vision, dict(TEXT, **text), more)
    fill(model, 0.2)
    if name.startswith("open_clip"):
        write_config(folder, model_cfg, {})
    save(folder, model, "open_clip_model.safetensors" if name.startswith("open_clip") else "model.safetensors")

    ids = torch.randint(3, 26, (4, TEXT["context_length"]), generator=torch.Generator().manual_seed(3))
    for row, place in enumerate((1, 5, 10, 3)):
        ids[row, place:] = 0
        ids[row, place] = 27
    ids[1, 8] = 27  # the first of two counts
    if cls is CoCa:
        return make_class_token(folder, model, ids)
    tower = getattr(model, "text", model)
    seen = {}
    tower.ln_final.register_forward_hook(lambda _module, _inputs, output: seen.update(tokens=output))
    embeds = model.encode_text(ids)
    tokens = seen["tokens"]
    pool = text.get("pool_type", "argmax")
    places = {"first": ids[:, 0] * 0, "last": ids[:, 0] * 0 + ids.shape[1] - 1}.get(pool, (ids == 27).int().argmax(-1))
    save_expected(folder, {"input_ids": ids.float(), "last_hidden_state": tokens,
                           "pooled": tokens[torch.arange(len(ids)), places], "text_embeds": embeds})


def make_class_token(folder: Path, model: CoCa, ids: torch.Tensor) -> None:
    """What fills texts up is inside of them and before them too, and one text is nothing else."""
    pad = model.text.pad_id
    ids[ids == 0] = pad
    ids[1, 2] = ids[3, 0] = pad
    ids = torch.cat([ids, torch.full_like(ids[:1], pad)])
    seen = {}
    model.text.ln_final.register_forward_hook(lambda _module, _inputs, output: seen.update(pooled=output))
    embeds, tokens = model._encode_text(ids, normalize=False)
    save_expected(folder, {"input_ids": ids.float(), "last_hidden_state": tokens, "pooled": seen["pooled"],
                           "text_embeds": embeds})


def hf_network(text: dict, vocabulary: int, width: int) -> HFTextEncoder:
    """One of transformers in small, as open_clip builds it."""
    pooler, proj = text.get("hf_pooler_type", "mean_pooler"), text.get("hf_proj_type", "mlp")
    if "roberta" in text["hf_model_name"]:
        config = transformers.XLMRobertaConfig(
            vocab_size=vocabulary, hidden_size=12, num_hidden_layers=2, num_attention_heads=1, intermediate_size=20,
            pad_token_id=1, max_position_embeddings=13, type_vocab_size=1, layer_norm_eps=1e-5)
        return HFTextEncoder(text["hf_model_name"], width, config, pooler, proj)
    if "mt5" in text["hf_model_name"]:
        config = transformers.MT5Config(vocab_size=vocabulary, d_model=12, d_kv=6, d_ff=20, num_layers=2, num_heads=2,
                                        num_decoder_layers=1, feed_forward_proj="gated-gelu")
    else:
        config = transformers.M2M100Config(
            vocab_size=vocabulary, d_model=12, encoder_layers=2, encoder_attention_heads=1, encoder_ffn_dim=20,
            decoder_layers=1, decoder_attention_heads=1, decoder_ffn_dim=4, scale_embedding=True, activation_function="relu")
    with mock.patch.object(transformers.AutoConfig, "from_pretrained", lambda _name: config):
        return HFTextEncoder(text["hf_model_name"], width, None, pooler, proj, pretrained=False)


def make_hf_tower(name: str, text: dict) -> None:
    folder = ROOT / "text_towers" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(len(name) + 300)
    model, model_cfg = build(CustomTextCLIP, 10, VISION, TEXT, {})
    model.text = hf_network(text, 29, 10)
    model.eval()
    fill(model, 0.2)
    model_cfg["text_cfg"] = text
    write_config(folder, model_cfg, {})
    save(folder, model, "open_clip_model.safetensors")
    # Distances of mT5 fall into buckets that grow.
    most = 150 if "mt5" in text["hf_model_name"] else 11
    pad = model.text.config.pad_token_id
    ids = torch.randint(3, 26, (4, most), generator=torch.Generator().manual_seed(3))
    for row, length in enumerate((2, 6, most, 4)):
        ids[row, length:] = pad
    ids[1, 3] = ids[2, 0] = pad  # inside of a text too
    seen = {}
    model.text.pooler.register_forward_hook(lambda _module, _inputs, output: seen.update(pooled=output))
    embeds = model.encode_text(ids)
    tokens = model.text.transformer(input_ids=ids, attention_mask=(ids != pad).long()).last_hidden_state
    save_expected(folder, {"input_ids": ids.float(), "last_hidden_state": tokens, "pooled": seen["pooled"],
                           "text_embeds": embeds})


def make_encoder(name: str, cls: type, text: dict, more: dict, tokenizer_folder: str, pooling: dict) -> None:
    hf = "hf_model_name" in text
    folder = ROOT / "text_encoders" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "tokenizers" / tokenizer_folder, folder, ignore=shutil.ignore_patterns("ids.bin"))
    length = 16
    if "hf_tokenizer_name" in text:
        special = {"unigram": dict(pad_token="<pad>", eos_token="</s>"),
                   "word_piece": dict(pad_token="[PAD]", sep_token="[SEP]", cls_token="[CLS]")}.get(tokenizer_folder)
        if special:
            (folder / "tokenizer_config.json").write_text(
                json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **special}) + "\n")
        tokenizer = HFTokenizer(str(folder), context_length=length, **text["tokenizer_kwargs"])
        size = len(tokenizer.tokenizer)
    else:
        (folder / "vocab.json").unlink()
        packed = folder / "packed.gz"
        packed.write_bytes(gzip.compress((folder / "merges.txt").read_bytes().rstrip()))
        tokenizer = SimpleTokenizer(str(packed), context_length=length)
        packed.unlink()
        size = tokenizer.vocab_size
    vision = dict(image_size=32, patch_size=16, width=8, head_width=4, layers=1, **pooling)
    settings = dict(context_length=length, vocab_size=size, width=8, heads=2, layers=2, **({} if hf else text))
    torch.manual_seed(len(name))
    model, model_cfg = build(cls, 8, vision, settings, more)
    if hf:
        model.text = hf_network(text, size, 8)
        model.eval()
        model_cfg["text_cfg"] = dict(text, context_length=length)
    fill(model, 0.4)
    preprocess = dict(mean=[0.5] * 3, std=[0.5] * 3, interpolation="bicubic", resize_mode="squash")
    write_config(folder, model_cfg, preprocess)
    save(folder, model, "open_clip_model.safetensors")
    processor = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(size=32, **preprocess), is_train=False)
    pictures = torch.stack([processor(Image.open(path).convert("RGB")) for path in sorted((ROOT / "pipeline").glob("*.png"))])

    stripped = "strip_sep_token" in text.get("tokenizer_kwargs", {})
    pad = tokenizer.tokenizer.pad_token_id if "hf_tokenizer_name" in text else 0
    words = [*WORDS, exact_text(lambda word: int((tokenizer(word, context_length=99) != pad).sum()) + stripped, length)]

    def embed(texts: list[str]) -> torch.Tensor:
        return unit(model.encode_text(tokenizer(texts)))

    classes = torch.stack([unit(embed([t.format(label) for t in TEMPLATES]).mean(0)) for label in LABELS])
    logits = model.logit_scale.exp() * unit(model.encode_image(pictures)) @ classes.T
    if model.logit_bias is not None:
        logits = logits + model.logit_bias
    save_expected(folder, {"input_ids": tokenizer(words).float(), "text_embeds": embed(words), "classes": classes,
                           "logits_per_image": logits}, texts=words, labels=LABELS, templates=TEMPLATES)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    jobs = ((make_tower, TOWERS), (make_hf_tower, {case: (text,) for case, text in HF.items()}), (make_encoder, ENCODERS),
            (make_encoder, {case: (CustomTextCLIP, text, {}, kind, {}) for case, (text, kind) in HF_ENCODERS.items()}))
    for job, cases in jobs:
        for case, arguments in cases.items():
            if case in (sys.argv[1:] or cases):
                job(case, *arguments)
