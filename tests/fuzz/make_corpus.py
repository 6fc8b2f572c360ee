#!/usr/bin/env python3
"""Writes the seeds of the fuzz programs that take composed inputs, out of tests/golden and of files
that are written here; Python's standard library only.

    python3 tests/fuzz/make_corpus.py

Seeds of image formats are not made here: tests/golden/image serves, and corpus/ holds what else was
found worth keeping.
"""

import json
import pathlib
import struct
import zlib

tests = pathlib.Path(__file__).resolve().parent.parent
corpus = tests / "fuzz" / "corpus"

MODELS = ["timm_vit", "hf_vit", "hf_beit", "hf_clip_classifier", "hf_deit_with_teacher", "hf_dinov2",
          "hf_dinov3", "hf_ijepa", "hf_siglip_classifier", "hf_vit_mae", "hf_yolos", "open_clip", "openai_clip",
          "open_clip_coca", "timm_eva02", "timm_vit_labels", "dinov2_original", "torchvision_vit", "hf_aimv2_native",
          "hf_owlv2_vision", "hf_radio", "timm_naflex", "hf_depth_anything", "hf_dpt", "hf_dpt_segmentation",
          "hf_beit_segmentation", "hf_beit_segmentation_new_names", "hf_data2vec_vision_segmentation", "hf_eomt",
          "hf_eomt_split", "hf_eomt_dinov3", "hf_vitpose_plus"]


# Towers of tests/golden/text_towers; the kind of their vocabulary, as text_model_fuzz.cpp has it, and the seed that
# holds it.
TEXT_MODELS = [("clip", "j", "bpe"), ("siglip_text", "s", "spm"), ("siglip2_text", "j", "unigram"),
               ("metaclip_2_projection", "j", "word_piece"), ("open_clip", "b", ""), ("open_clip_eos", "j", "bpe"),
               ("open_clip_siglip", "j", "unigram"), ("openai_clip", "b", ""), ("chinese_clip", "b", ""),
               ("altclip", "j", "unigram"), ("open_clip_roberta", "j", "bpe"), ("open_clip_mt5", "j", "unigram"),
               ("open_clip_nllb", "j", ""), ("open_clip_coca", "b", "")]

# Of NllbTokenizer, whose class puts a token of the language before a text.
NLLB_WORDS = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "a", "c", "t", "at", "\u2581c", "\u2581cat", "eng_Latn"]
NLLB = {"added_tokens": [{"id": 11, "content": "eng_Latn", "special": True}],
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True,
                  "vocab": {word: i for i, word in enumerate(NLLB_WORDS[:11])},
                  "merges": [["a", "t"], ["\u2581", "c"], ["\u2581c", "at"]]}}


def write(name, seed, data):
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / seed).write_bytes(data)


def composed(tensors, metadata):
    """The header of a safetensors file, a newline and values; of tensors (dtype, shape, bytes)."""
    header, values = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(values), len(values) + len(data)]}
        values += data
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + values


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def header_of(path, left_out=()):
    """The header of a safetensors file without the tensors whose names begin with one of `left_out`."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = data[8:8 + length].strip()
    if not left_out:
        return header
    kept, end = {}, 0
    for name, tensor in json.loads(header).items():
        if name == "__metadata__" or name.startswith(left_out):
            continue
        begin, after = tensor["data_offsets"]
        kept[name] = {**tensor, "data_offsets": [end, end + after - begin]}
        end += after - begin
    return json.dumps(kept, separators=(",", ":")).encode()


def compact(path):
    """A JSON file without white space."""
    return json.dumps(json.loads(path.read_text()), separators=(",", ":")).encode()


def png(width, height, depth, kind, interlaced=0, extra=()):
    """A PNG file whose pixels are stored and not compressed, so that mutations reach them."""
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    passes = ([(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
               (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)])
    rows = b""
    for left, top, step_x, step_y in passes:
        across = (width - left + step_x - 1) // step_x
        down = (height - top + step_y - 1) // step_y
        for y in range(down if across > 0 else 0):
            line = bytes((17 * x + 40 * y) % 251 for x in range((across * bits + 7) // 8))
            rows += bytes([y % 5]) + line
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)) +
            b"".join(chunk(*one) for one in extra) + chunk(b"IDAT", zlib.compress(rows, 0)) +
            chunk(b"IEND", b""))


def main():
    palette = (b"PLTE", bytes(range(12)))
    for seed, picture in {
            "grey1": png(9, 3, 1, 0), "grey2": png(5, 3, 2, 0, extra=[(b"tRNS", b"\0\1")]),
            "grey8": png(6, 5, 8, 0, 1), "grey16": png(3, 4, 16, 0),
            "rgb8": png(4, 5, 8, 2, extra=[(b"tRNS", bytes(6))]), "rgb16": png(3, 5, 16, 2, 1),
            "palette2": png(7, 5, 2, 3, 1, [palette, (b"tRNS", b"\0\x80")]),
            "palette4": png(7, 3, 4, 3, 0, [palette]), "palette8": png(3, 5, 8, 3, 0, [palette]),
            "grey_alpha8": png(4, 5, 8, 4), "grey_alpha16": png(3, 5, 16, 4),
            "rgba8": png(3, 5, 8, 6, 1), "rgba16": png(2, 5, 16, 6)}.items():
        write("png", seed, picture)

    for name in MODELS:
        folder = tests / "golden" / "models" / name
        parts = []
        for files in (("config.json", "open_clip_config.json"), ("preprocessor_config.json",)):
            found = [folder / file for file in files if (folder / file).exists()]
            parts.append(compact(found[0]) if found else b"")
        weights = sorted(path for path in folder.glob("*.safetensors")
                         if not path.name.startswith("expected"))[0]
        write("model", name, b"\0".join(parts + [header_of(weights)]))

    for name, letter, vocabulary in TEXT_MODELS:
        folder = tests / "golden" / "text_towers" / name
        configs = sorted(folder.glob("*config.json"))
        config = compact(configs[0]) if configs else b""
        if letter == "b":
            data = b"[UNK]\n[CLS]\n[SEP]\n[PAD]\na\ncat\n"
        elif name == "open_clip_nllb":
            data = json.dumps(NLLB, separators=(",", ":"), ensure_ascii=False).encode()
        else:
            data = (corpus / "tokenizer" / vocabulary).read_bytes().partition(b"\n")[2]
        file = b"o" if name.startswith("open_clip") else b"c"
        header = header_of(next(folder.glob("*model.safetensors")), ("vision_model.", "visual."))
        settings = b'{"model_max_length":9}'
        if name == "open_clip_nllb":
            settings = b'{"model_max_length":9,"pad_token":"<pad>","tokenizer_class":"NllbTokenizer"}'
        write("text_model", name, file + letter.encode() + b"\0".join([config, settings, data, header]))

    big = b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    little = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x0112, 4, 1, 3) + bytes(4)
    rational = (b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHII", 0x0112, 5, 1, 26) + bytes(4) +
                struct.pack(">II", 16, 2))
    write("orientation", "big", b"\1" + big)
    write("orientation", "little", b"\1Exif\0\0" + little)
    write("orientation", "rational", b"\1Exif\0\0Exif\0\0" + rational)
    write("orientation", "raw_profile", b"\2\nexif\n      32\n" + b"457869660000\n" +
          big.hex().encode() + b"\n")
    write("orientation", "xmp", b'\4<x:xmpmeta tiff:Orientation="8"/>')
    write("orientation", "xmp_element", b"\4<tiff:Orientation>5</tiff:Orientation>")

    labels = {"label.0": "cat", "label.1": "dog", "format": "EigenViT head 1",
              "features": "pooled", "model": "0123456789abcdef"}
    probe = {"weight": ("F32", [2, 3], floats(1, 2, 3, -1, 0, 1)), "bias": ("F32", [2], floats(0, 1))}
    write("head", "logistic", composed(
        {**probe, "mean": ("F32", [3], floats(0, 1, 2)), "scale": ("F32", [3], floats(1, 2, 4))},
        {**labels, "method": "logistic", "scaling": "standardize"}))
    write("head", "ridge", composed(
        probe, {**labels, "method": "ridge", "scaling": "none", "features": "patches",
                "image_size": "224x160"}))
    write("head", "prototypes", composed(
        probe, {**labels, "method": "prototypes", "scaling": "unit_length"}))
    for name, neighbours in [("knn", floats(1, 0, 0, 1, 0.6, 0.8)),
                             ("knn_short", floats(0, 3e-14, 0, 0, 0, 1))]:
        write("head", name, composed(
            {"neighbours": ("F32", [3, 2], neighbours), "classes": ("F32", [3], floats(0, 1, 1)),
             "k": ("F32", [], floats(2)), "temperature": ("F32", [], floats(0.07))},
            {**labels, "method": "knn"}))

    names = b"a.jpg\0b/c.png\0"
    write("index", "two", composed(
        {"embeddings": ("F32", [2, 2], floats(0.6, 0.8, 1, 0)),
         "stamps": ("I64", [2, 2], struct.pack("<4q", 1, 2, 3, 4)),
         "names": ("U8", [len(names)], names)},
        {"format": "eigenvit image index 1", "fingerprint": "0123456789abcdef",
         "architecture": "vit_test", "folder": "/photos"}))

    def record(payload):
        return struct.pack("<I", len(payload)) + payload + bytes(8)

    start = record(b"eigenvit index journal 2\n0123456789abcdef\n2\n/photos\n")
    images = [record(struct.pack("<2q", 5, 6) + floats(0.6, 0.8) + name)
              for name in (b"a.jpg", b"b/c.png")]
    write("journal", "two", b"\0" + start + b"".join(images))
    write("journal", "cut", b"\0" + start + images[0] + images[1][:20])
    write("journal", "other_model", b"\0" + start.replace(b"f\n2", b"e\n2") + images[0])

    write("text_embeddings", "two", composed(
        {"text_embeds": ("F32", [2, 2], floats(0.6, 0.8, 3, 4))},
        {"names": '["a cat","a \\u00e9t\\u00e9"]', "logit_scale": "4.6052", "logit_bias": "-16.5"}))
    write("text_embeddings", "half", composed(
        {"text_embeds": ("F16", [1, 2], bytes([0, 0x3c, 0, 0x40]))}, {"names": '["a dog"]'}))

    vocabulary = {"format": "EigenViT vocabulary 1", "intra_normalize": "yes", "origin": "value.2"}
    centres = {"centres": ("F32", [2, 2], floats(0.6, 0.8, -1, 0))}
    write("vlad", "hard", composed(centres, {**vocabulary, "assignment": "hard"}))
    write("vlad", "soft", composed({**centres, "alpha": ("F32", [], floats(100))},
                                   {**vocabulary, "assignment": "soft", "intra_normalize": "no"}))

    write("masks", "grey", bytes([3, 4, 8, 6, 0, 0, 8, 6, 1, 4]) + b"\n" +
          bytes([0, 0, 1, 1, 0, 2, 2, 1, 255, 255, 2, 2]))
    write("masks", "colours", bytes([1, 0, 4, 4, 1, 255, 2, 2, 0, 2]) + b"#000000\n#ff0000\n\n" +
          bytes([255, 0, 0, 0, 0, 0] * 2))

    write("safetensors", "composed", b"\n" + composed(
        {"w": ("BF16", [2, 1], bytes([0x80, 0x3f, 0, 0x40])), "b": ("F64", [1], struct.pack("<d", 2)),
         "h": ("F16", [2], bytes([0, 0x3c, 0, 0x40]))}, {"format": "pt"}))


if __name__ == "__main__":
    main()
