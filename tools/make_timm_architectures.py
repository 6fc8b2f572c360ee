#!/usr/bin/env python3
"""Writes include/eigenvit/io/timm_architecture_table.inl: the constructor arguments of timm's Vision
Transformer architectures. Needs timm and torch (made with timm 1.0.31); no weights are fetched.

    python tools/make_timm_architectures.py [OUTPUT] [--json FILE]

Every registered architecture of four modules is built on PyTorch's meta device, where tensors have
shapes but no values, and the arguments that reach the model's constructor are recorded together with
what it made of them (norm, activation, MLP, attention). --json writes them in full, for comparison.
"""

import argparse
import inspect
import json
import pathlib

import timm
import torch
from timm.models import beit, deit, eva, vision_transformer
from timm.models._registry import _deprecated_models

MODULES = ("vision_transformer", "deit", "eva", "beit")
CLASSES = {
    vision_transformer.VisionTransformer: "vision_transformer",
    deit.VisionTransformerDistilled: "vision_transformer_distilled",
    eva.Eva: "eva",
    beit.Beit: "beit",
}
SIGNATURES = {cls: inspect.signature(cls.__init__) for cls in CLASSES}
# The distilled class passes everything on to its parent.
SIGNATURES[deit.VisionTransformerDistilled] = SIGNATURES[vision_transformer.VisionTransformer]
ACTIVATIONS = {"GELU": "gelu", "GELUTanh": "gelu_tanh", "QuickGELU": "quick_gelu", "SiLU": "silu"}
NORMS = {"LayerNorm": "layer_norm", "RmsNorm": "rms_norm"}
MLPS = {"Mlp": "mlp", "GluMlp": "glu_packed", "SwiGLU": "swiglu_split"}
BLOCKS = {
    "Block": "pre_norm",
    "EvaBlock": "pre_norm",
    "ResPostBlock": "res_post_norm",
    "EvaBlockPostNorm": "res_post_norm",
    "ParallelScalingBlock": "parallel_scaling",
    "DiffParallelScalingBlock": "diff_parallel_scaling",
    "ParallelThingsBlock": "parallel_things",
}


def watch(cls, recorded):
    """Makes `cls(...)` note its arguments, defaults filled in, in `recorded`."""
    original = cls.__init__
    signature = SIGNATURES[cls]

    def noted(self, *args, **kwargs):
        if type(self) is cls:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            recorded.clear()
            recorded.update(bound.arguments)
            recorded.pop("self")
            recorded["class"] = CLASSES[cls]
        original(self, *args, **kwargs)

    cls.__init__ = noted


def pair(value):
    return [value, value] if isinstance(value, int) else list(value)


def kind_and_eps(norm):
    return NORMS[type(norm).__name__], norm.eps


def shared_heads(args):
    """Heads of keys and values of the blocks in the middle, and how many blocks before and after those have as many
    as of queries: 0, 0 where all blocks have."""
    heads = args.get("num_kv_heads")
    if heads is None or isinstance(heads, int):
        return (0 if heads in (None, args["num_heads"]) else heads), 0
    all_heads = [args["num_heads"]] * args["depth"]
    shared = [index for index, count in enumerate(heads) if count != args["num_heads"]]
    if not shared:
        return 0, 0
    first = shared[0]
    expected = all_heads[:first] + [heads[first]] * (args["depth"] - 2 * first) + all_heads[:first]
    assert list(heads) == expected, heads
    return heads[first], first


def describe(name, module, args, model):
    """The fields of one row, in the words of the table."""
    is_eva = args["class"] == "eva"
    is_beit = args["class"] == "beit"
    block = model.blocks[0]
    parts = {key: part for key, part in block.named_modules()}

    norm = next(part for part in parts.values() if type(part).__name__ in NORMS)
    norms = {kind_and_eps(part) for key, part in model.named_modules()
             if type(part).__name__ in NORMS and not key.endswith("sub_norm")}
    assert norms == {kind_and_eps(norm)}, (name, norms)
    norm_kind, eps = kind_and_eps(norm)

    mlps = [part for part in parts.values() if type(part).__name__ in MLPS]
    activation = next(part for part in parts.values() if type(part).__name__ in ACTIVATIONS)
    assert pair(args["patch_size"])[0] == pair(args["patch_size"])[1], name
    assert args["in_chans"] == 3 and not args.get("dynamic_img_pad", False), name
    assert args.get("pos_embed", "learn") == "learn", name

    attention = "standard"
    attention_class = type(getattr(block, "attn", None)).__name__
    if attention_class == "DiffAttention":
        attention = "differential"
    elif attention_class == "AttentionRope":
        attention = "rope"
    elif is_eva:
        attention = "eva"
    elif is_beit:
        attention = "beit"

    kv_heads, full_attn_blocks = shared_heads(args)
    choice = {None: "unset", False: "no", True: "yes"}
    rope = args.get("rope_type", "cat") if args.get("use_rot_pos_emb", False) else "none"
    reference = args.get("ref_feat_shape")
    return {
        "name": name,
        "module": module,
        "model_class": args["class"],
        "img_size": pair(args["img_size"]),
        "patch_size": pair(args["patch_size"])[0],
        "embed_dim": args["embed_dim"],
        "depth": args["depth"],
        "num_heads": args["num_heads"],
        "mlp_ratio": float(args["mlp_ratio"]),
        "num_classes": args["num_classes"],
        "global_pool": args["global_pool"],
        "class_token": args.get("class_token", True),
        "dist_token": args["class"] == "vision_transformer_distilled",
        "reg_tokens": args["num_reg_tokens"] if is_eva else args.get("reg_tokens", 0),
        "no_embed_class": args.get("no_embed_class", False),
        "abs_pos_embed": args.get("use_abs_pos_emb", True),
        "pre_norm": args["use_pre_transformer_norm"] if is_eva else args.get("pre_norm", False),
        "final_norm": choice[args["use_post_transformer_norm"] if is_eva
                             else None if is_beit else args["final_norm"]],
        "fc_norm": choice[args.get("use_fc_norm", args.get("fc_norm"))],
        "pool_include_prefix": args.get("pool_include_prefix", False),
        "dynamic_img_size": args.get("dynamic_img_size", False),
        "qkv_bias": args["qkv_bias"],
        "qkv_fused": args.get("qkv_fused", True),
        "qk_norm": args.get("qk_norm", False),
        "num_kv_heads": kv_heads,
        "full_attn_blocks": full_attn_blocks,
        "proj_bias": args.get("proj_bias", True),
        "attn_inner_norm": args.get("scale_attn_norm", args.get("scale_attn_inner", False)),
        "mlp_inner_norm": args.get("scale_mlp_norm", args.get("scale_mlp", False)),
        "layer_scale": args["init_values"] is not None,
        "attn_only_layer_scale": args.get("attn_only_layer_scale", False),
        "embed_norm": args.get("embed_norm_layer") is not None,
        "norm": norm_kind,
        "norm_eps": eps,
        "activation": ACTIVATIONS[type(activation).__name__],
        "mlp": MLPS[type(mlps[0]).__name__] if mlps else "mlp",
        "swiglu_align_to": args.get("swiglu_align_to", 0),
        "block": BLOCKS[type(block).__name__],
        "attention": attention,
        "rope": rope,
        "rope_temperature": float(args["rope_temperature"]) if rope != "none" else 0.0,
        "rope_grid_offset": float(args["rope_grid_offset"]) if rope != "none" else 0.0,
        "rope_xy": rope != "none" and args["rope_grid_indexing"] == "xy",
        "rope_rotate_half": rope != "none" and args["rope_rotate_half"],
        "rope_ref_grid": [0, 0] if reference is None else pair(reference),
        "attn_pool_num_heads": args.get("attn_pool_num_heads") or 0,
        "attn_pool_mlp_ratio": args.get("attn_pool_mlp_ratio") or 0.0,
        "rel_pos_bias": args.get("use_rel_pos_bias", False),
        "shared_rel_pos_bias": args.get("use_shared_rel_pos_bias", False),
    }


def record():
    recorded = {}
    for cls in CLASSES:
        watch(cls, recorded)
    rows = []
    for module in MODULES:
        for name in timm.list_models(module=module):
            with torch.device("meta"):
                model = timm.create_model(name)
            rows.append(describe(name, module, recorded, model))
    return sorted(rows, key=lambda row: row["name"])


def literal(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


# Knob -> (value that needs no words, how it is written otherwise).
KNOBS = (
    ("global_pool", None, lambda v: f".pool(TimmPool::{v})"),
    ("class_token", True, lambda v: ".no_class_token()"),
    ("reg_tokens", 0, lambda v: f".reg_tokens({v})"),
    ("no_embed_class", False, lambda v: ".no_embed_class()"),
    ("abs_pos_embed", True, lambda v: ".no_abs_pos_embed()"),
    ("pre_norm", False, lambda v: ".pre_norm()"),
    ("final_norm", None, lambda v: f".final_norm(TimmChoice::{v})"),
    ("fc_norm", "unset", lambda v: f".fc_norm(TimmChoice::{v})"),
    ("pool_include_prefix", False, lambda v: ".pool_include_prefix()"),
    ("dynamic_img_size", False, lambda v: ".dynamic_img_size()"),
    ("qkv_bias", True, lambda v: ".no_qkv_bias()"),
    ("qkv_fused", True, lambda v: ".split_qkv()"),
    ("qk_norm", False, lambda v: ".qk_norm()"),
    ("proj_bias", True, lambda v: ".no_proj_bias()"),
    ("attn_inner_norm", False, lambda v: ".attn_inner_norm()"),
    ("mlp_inner_norm", False, lambda v: ".mlp_inner_norm()"),
    ("layer_scale", False, lambda v: ".layer_scale()"),
    ("attn_only_layer_scale", False, lambda v: ".attn_only_layer_scale()"),
    ("embed_norm", False, lambda v: ".embed_norm()"),
    ("activation", "gelu", lambda v: f".activation(TimmActivation::{v})"),
    ("mlp", "mlp", lambda v: f".mlp(TimmMlp::{v})"),
    ("swiglu_align_to", 0, lambda v: f".swiglu_align_to({v})"),
    ("block", "pre_norm", lambda v: f".block(TimmBlock::{v})"),
    ("attention", None, lambda v: f".attention(TimmAttention::{v})"),
    ("rope_grid_offset", 0.0, lambda v: f".rope_grid_offset({v!r})"),
    ("rope_xy", False, lambda v: ".rope_xy()"),
    ("rope_rotate_half", False, lambda v: ".rope_rotate_half()"),
    ("attn_pool_num_heads", 0, lambda v: f".attn_pool_num_heads({v})"),
    ("attn_pool_mlp_ratio", 0.0, lambda v: f".attn_pool_mlp_ratio({v!r})"),
    ("rel_pos_bias", False, lambda v: ".rel_pos_bias()"),
    ("shared_rel_pos_bias", False, lambda v: ".shared_rel_pos_bias()"),
)
CLASS_DEFAULTS = {
    "vision_transformer": {"global_pool": "token", "final_norm": "yes", "attention": "standard"},
    "vision_transformer_distilled": {"global_pool": "token", "final_norm": "yes",
                                     "attention": "standard"},
    "eva": {"global_pool": "avg", "final_norm": "unset", "attention": "eva"},
    "beit": {"global_pool": "avg", "final_norm": "unset", "attention": "beit"},
}


def row_text(row):
    height, width = row["img_size"]
    start = {"vision_transformer": "vit", "deit": "deit", "eva": "eva", "beit": "beit"}[row["module"]]
    if row["model_class"] == "vision_transformer_distilled":
        start = "deit_distilled"
    text = (f'{start}("{row["name"]}", {height}, {row["patch_size"]}, {row["embed_dim"]}, '
            f'{row["depth"]}, {row["num_heads"]}, {row["mlp_ratio"]!r}, {row["num_classes"]})')
    defaults = CLASS_DEFAULTS[row["model_class"]]
    for key, plain, write in KNOBS:
        if row[key] != (defaults[key] if plain is None else plain):
            text += write(row[key])
    if width != height:
        text += f".img_width({width})"
    if row["num_kv_heads"]:
        text += f'.kv_heads({row["num_kv_heads"]}, {row["full_attn_blocks"]})'
    if (row["norm"], row["norm_eps"]) != ("layer_norm", 1e-6):
        text += f'.norm(TimmNorm::{row["norm"]}, {row["norm_eps"]!r})'
    if row["rope"] != "none":
        text += f'.rope(TimmRope::{row["rope"]}, {row["rope_temperature"]!r})'
    if row["rope_ref_grid"] != [0, 0]:
        text += f'.rope_ref_grid({row["rope_ref_grid"][0]}, {row["rope_ref_grid"][1]})'
    return text


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", nargs="?", type=pathlib.Path,
                        default=root / "include/eigenvit/io/timm_architecture_table.inl")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()

    rows = record()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    names = {row["name"] for row in rows}
    aliases = sorted((old, new.split(".")[0]) for old, new in _deprecated_models.items()
                     if new.split(".")[0] in names)

    lines = [
        "// Made by tools/make_timm_architectures.py from timm " + timm.__version__ + "; not edited by hand.",
        "#ifndef EIGENVIT_IO_TIMM_ARCHITECTURE_TABLE_INL",
        "#define EIGENVIT_IO_TIMM_ARCHITECTURE_TABLE_INL",
        "",
        "#include <eigenvit/io/timm_architecture_rows.inl>",
        "",
        "namespace eigenvit {",
        "inline namespace EIGENVIT_ABI {",
        "namespace detail {",
        "namespace timm_rows {",
        "",
        "// clang-format off",
        "// name, img_size, patch_size, embed_dim, depth, num_heads, mlp_ratio, num_classes",
        "inline constexpr TimmArchitecture table[] = {",
    ]
    lines += ["    " + row_text(row) + "," for row in rows]
    lines += ["};", "", "// Deprecated name, name.", "inline constexpr TimmAlias aliases[] = {"]
    lines += [f'    {{"{old}", "{new}"}},' for old, new in aliases]
    lines += [
        "};",
        "// clang-format on",
        "",
        "}  // namespace timm_rows",
        "}  // namespace detail",
        "}  // namespace EIGENVIT_ABI",
        "}  // namespace eigenvit",
        "",
        "#endif",
        "",
    ]
    options.output.write_text("\n".join(lines), newline="\n")
    print(f"{options.output}: {len(rows)} architectures, {len(aliases)} aliases")


if __name__ == "__main__":
    main()
