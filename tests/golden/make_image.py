"""Makes tests/golden/image/: image files of every kind that the library reads, and what Pillow, timm
and transformers make of them.

Usage: python tests/golden/make_image.py PHOTOGRAPHS

PHOTOGRAPHS is a folder with chelsea.png and coffee.png (of scikit-image's sample data, both CC0).
Needs pillow, numpy, torch, torchvision, timm and transformers, and libturbojpeg for the JPEG variants
that Pillow does not write. The versions that the committed files were made with are in versions.txt.

decode.txt      file width height offset: Pillow's pixels, EXIF orientation applied, in decode.bin
resize.txt      in_w in_h out_w out_h filter left top width height offset: in resize.bin; the image
                that is resized is noise(in_w, in_h) below
preprocess.txt  one recipe a line: name=value fields, the expected float32 values in preprocess.bin
refused.txt     file: what Pillow refuses to decode
"""
import ctypes
import ctypes.util
import io
import pathlib
import struct
import sys
import zlib

import numpy as np
import PIL
import timm
import timm.data
import torch
import torchvision
import transformers
from PIL import Image, ImageOps
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

OUT = pathlib.Path(__file__).parent / "image"
FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
PIL_FILTERS = [Image.Resampling[name.upper()] for name in FILTERS]


class Blob:
    """Arrays one after the other in NAME.bin, a line about each in NAME.txt."""

    def __init__(self, name):
        self.name, self.data, self.lines = name, bytearray(), []

    def add(self, line, array):
        self.lines.append(f"{line} {len(self.data)}")
        self.data += array.tobytes()

    def write(self):
        (OUT / f"{self.name}.bin").write_bytes(self.data)
        (OUT / f"{self.name}.txt").write_text("\n".join(self.lines) + "\n")


# --------------------------------------------------------------------------------------------------
# Image files


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, depth, colour, interlaced=False, chunks=b""):
    """A PNG of integer samples [h, w, channels], also of the kinds that Pillow does not write."""

    def rows(block):
        out = b""
        for row in block:
            if depth == 16:
                packed = row.astype(">u2").tobytes()
            else:
                bits = np.unpackbits(row.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - depth :]
                packed = np.packbits(bits.reshape(-1)).tobytes()
            out += b"\0" + packed
        return out

    height, width = pixels.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        blocks = [pixels[y::dy, x::dx] for y, x, dy, dx in passes]
        raw = b"".join(rows(block) for block in blocks if block.size)
    else:
        raw = rows(pixels)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + chunks
            + png_chunk(b"IDAT", zlib.compress(raw, 9)) + png_chunk(b"IEND", b""))


def exif_block(orientation, little=True, kind=3):
    order = "<" if little else ">"
    value = struct.pack(order + {1: "Bxxx", 3: "Hxx", 4: "I"}[kind], orientation)
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    return (b"II*\0" if little else b"MM\0*") + struct.pack(order + "IH", 8, 1) + entry + b"\0\0\0\0"


def jpeg_segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def with_segment(jpeg, marker, data):
    return jpeg[:2] + jpeg_segment(marker, data) + jpeg[2:]


def turbo_jpeg(pixels, sampling, pixel_format=0, flags=0):
    """By libjpeg-turbo: samplings and colour spaces that Pillow does not write."""
    library = ctypes.CDLL(ctypes.util.find_library("turbojpeg"))
    library.tjInitCompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.tjInitCompress())
    buffer, size = ctypes.c_void_p(), ctypes.c_ulong()
    height, width = pixels.shape[:2]
    code = library.tjCompress2(handle, np.ascontiguousarray(pixels).ctypes.data_as(ctypes.c_void_p), width, 0,
                               height, pixel_format, ctypes.byref(buffer), ctypes.byref(size), sampling, 85, flags)
    assert code == 0
    return ctypes.string_at(buffer, size.value)


def save(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def bmp16(pixels, masks=None):
    """5 bits a sample, or 5, 6, 5 with masks; top row first in the file, so with a negative height."""
    height, width = pixels.shape[:2]
    r, g, b = (pixels[..., c].astype(np.uint16) for c in range(3))
    words = (r >> 3 << 11 | g >> 2 << 5 | b >> 3) if masks else (r >> 3 << 10 | g >> 3 << 5 | b >> 3)
    stride = (width * 2 + 3) // 4 * 4
    body = b"".join(row.astype("<u2").tobytes().ljust(stride, b"\0") for row in words)
    extra = struct.pack("<III", 0xF800, 0x7E0, 0x1F) if masks else b""
    offset = 54 + len(extra)
    head = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    head += struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 16, 3 if masks else 0, len(body), 0, 0, 0, 0)
    return head + extra + body


def tga(kind, depth, width, height, body, flags=0, palette=b"", entry=0):
    return struct.pack("<BBBHHBHHHHBB", 3, 1 if palette else 0, kind, 0, len(palette) // max(entry // 8, 1) if palette else 0,
                       entry, 0, 0, width, height, depth, flags) + b"abc" + palette + body


def gif_frame_in_corner(transparent):
    """A 7x5 canvas with a frame of 4x3 pixels at (2, 1), of four colours."""
    small = Image.fromarray(np.array([[0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 3, 3]], np.uint8), "P")
    small.putpalette([10, 20, 30, 200, 100, 0, 0, 250, 120, 90, 90, 255])
    raw = save(small, "GIF", interlace=0)
    at = raw.index(b",")
    frame = raw[at:]
    body = raw[13:at]
    body = body[: 3 * (2 << (raw[10] & 7))]
    control = b"\x21\xf9\x04" + bytes([1 if transparent else 0, 0, 0, 1]) + b"\0"
    frame = b"," + struct.pack("<HHHH", 2, 1, 4, 3) + frame[9:]
    return b"GIF89a" + struct.pack("<HH", 7, 5) + raw[10:13] + body + control + frame


def image_files(chelsea, coffee):
    """name -> bytes. The photographs are 8-bit RGB arrays."""
    files = {}
    cat = Image.fromarray(chelsea)
    small = chelsea[20:43, 30:61]  # odd sides: 31x23
    tiny = Image.fromarray(chelsea[40:45, 50:57])  # 7x5
    odd = Image.fromarray(small)
    alpha = np.linspace(0, 255, small.shape[0] * small.shape[1]).reshape(small.shape[:2]).astype(np.uint8)
    palette = odd.quantize(37)

    files["cat.png"] = save(cat, "PNG", optimize=True)
    files["cup.png"] = save(Image.fromarray(coffee), "PNG", optimize=True)
    files["rgb.png"] = save(odd, "PNG")
    files["rgba.png"] = save(Image.fromarray(np.dstack([small, alpha])), "PNG")
    files["grey.png"] = save(odd.convert("L"), "PNG")
    files["grey_alpha.png"] = save(Image.merge("LA", [odd.convert("L"), Image.fromarray(alpha)]), "PNG")
    files["bits.png"] = save(odd.convert("1"), "PNG")
    files["palette.png"] = save(palette, "PNG")
    files["palette16.png"] = save(odd.quantize(11), "PNG", bits=4)
    files["palette_transparent.png"] = save(palette, "PNG", transparency=bytes(range(0, 111, 3)))
    files["grey_transparent.png"] = save(odd.convert("L"), "PNG", transparency=int(small[3, 3, 0]))
    wide = small.astype(np.uint16) * 257 + np.arange(small.size, dtype=np.uint16).reshape(small.shape) % 97
    files["rgb16.png"] = png(wide, 16, 2)
    files["rgba16.png"] = png(np.dstack([wide, wide[..., :1]]), 16, 6)
    files["grey_alpha16.png"] = png(wide[..., :2], 16, 4)
    files["grey16.png"] = png(wide[..., :1], 16, 0)
    files["grey16_low.png"] = png(np.arange(31 * 23).reshape(23, 31, 1), 16, 0)
    files["grey2.png"] = png(small[..., :1] >> 6, 2, 0)
    files["grey4.png"] = png(small[..., :1] >> 4, 4, 0)
    files["interlaced.png"] = png(small, 8, 2, interlaced=True)
    files["interlaced_bits.png"] = png(small[:, :, :1] >> 7, 1, 0, interlaced=True)
    files["interlaced_1x1.png"] = png(small[:1, :1], 8, 2, interlaced=True)
    for value in range(1, 9):
        files[f"exif{value}.png"] = save(tiny, "PNG", exif=exif_block(value, value % 2 == 0))
    files["exif_none.png"] = png(np.asarray(tiny), 8, 2, chunks=png_chunk(b"eXIf", exif_block(9)))
    files["exif_long.png"] = png(np.asarray(tiny), 8, 2, chunks=png_chunk(b"eXIf", exif_block(6, kind=4)))

    for name, sampling in (("444", "4:4:4"), ("422", "4:2:2"), ("420", "4:2:0")):
        files[f"{name}.jpg"] = save(odd, "JPEG", quality=85, subsampling=sampling)
        files[f"{name}_progressive.jpg"] = save(odd, "JPEG", quality=85, subsampling=sampling, progressive=True)
    files["440.jpg"] = turbo_jpeg(small, 4)
    files["411.jpg"] = turbo_jpeg(small, 5)
    # For the columns at the right edge, where decoders of 4:2:2 have confused the last two samples.
    files["edge_even_422.jpg"] = save(Image.fromarray(noise(40, 24)), "JPEG", quality=95, subsampling="4:2:2")
    files["edge_odd_422.jpg"] = save(Image.fromarray(noise(39, 24)), "JPEG", quality=95, subsampling="4:2:2")
    files["noise_420.jpg"] = save(Image.fromarray(noise(39, 25)), "JPEG", quality=95, subsampling="4:2:0")
    files["cat.jpg"] = save(cat, "JPEG", quality=75)
    files["even_420.jpg"] = save(Image.fromarray(chelsea[:32, :48]), "JPEG", quality=50)
    files["restart.jpg"] = save(odd, "JPEG", quality=85, restart_marker_blocks=3)
    files["1x1.jpg"] = save(cat.crop((5, 5, 6, 6)), "JPEG")
    files["grey.jpg"] = save(odd.convert("L"), "JPEG", quality=85)
    files["rgb.jpg"] = save(odd, "JPEG", quality=85, keep_rgb=True)
    files["cmyk.jpg"] = save(odd.convert("CMYK"), "JPEG", quality=85)
    inks = np.dstack([255 - small, alpha])
    files["cmyk_black.jpg"] = save(Image.fromarray(inks, "CMYK"), "JPEG", quality=85)
    files["ycck.jpg"] = turbo_jpeg(inks, 0, pixel_format=11)
    files["ycck_420.jpg"] = turbo_jpeg(inks, 2, pixel_format=11)
    plain = save(tiny, "JPEG", quality=90, subsampling="4:4:4")
    for value in range(1, 9):
        files[f"exif{value}.jpg"] = with_segment(plain, 0xE1, b"Exif\0\0" + exif_block(value, value % 2 == 1))
    xmp = b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="6"/>'
    files["xmp6.jpg"] = with_segment(plain, 0xE1, xmp)
    files["exif1_xmp6.jpg"] = with_segment(with_segment(plain, 0xE1, xmp), 0xE1, b"Exif\0\0" + exif_block(1))

    files["rgb.bmp"] = save(odd, "BMP")
    files["rgba.bmp"] = save(Image.fromarray(np.dstack([small, alpha])), "BMP")
    files["grey.bmp"] = save(odd.convert("L"), "BMP")
    files["palette.bmp"] = save(palette, "BMP")
    files["bits.bmp"] = save(odd.convert("1"), "BMP")
    files["555.bmp"] = bmp16(small)
    files["565.bmp"] = bmp16(small, masks=True)

    files["palette.gif"] = save(palette, "GIF", interlace=0)
    files["interlaced.gif"] = save(palette, "GIF", interlace=1)
    files["grey.gif"] = save(odd.convert("L"), "GIF")
    files["transparent.gif"] = save(palette, "GIF", transparency=5)
    files["animated.gif"] = save(palette, "GIF", save_all=True, append_images=[Image.fromarray(255 - small).quantize(9)])
    files["corner.gif"] = gif_frame_in_corner(False)
    files["corner_transparent.gif"] = gif_frame_in_corner(True)
    files["noise.gif"] = save(Image.fromarray(noise(90, 70)[..., 0]), "GIF")  # the code table fills up

    files["rgb.tga"] = save(odd, "TGA")
    files["rle.tga"] = save(odd.quantize(5).convert("RGB"), "TGA", compression="tga_rle")
    files["rgba.tga"] = save(Image.fromarray(np.dstack([small, alpha])), "TGA")
    files["grey.tga"] = save(odd.convert("L"), "TGA")
    files["palette.tga"] = save(palette, "TGA")
    files["palette_rle.tga"] = save(odd.quantize(4), "TGA", compression="tga_rle")
    words = small.astype(np.uint16) >> 3
    files["555.tga"] = tga(2, 16, 31, 23, (words[..., 0] << 10 | words[..., 1] << 5 | words[..., 2]).astype("<u2").tobytes())
    files["flipped.tga"] = tga(2, 24, 31, 23, small[..., ::-1].tobytes(), flags=0x30)
    files["top.tga"] = tga(2, 24, 31, 23, small[..., ::-1].tobytes(), flags=0x20)

    grey = small[..., 0]
    files["rgb.ppm"] = save(odd, "PPM")
    files["grey.pgm"] = save(odd.convert("L"), "PPM")
    files["bits.pbm"] = save(odd.convert("1"), "PPM")
    ramp = np.arange(101)
    files["grey100.pgm"] = b"P5\n# a comment\n101 1\n100\n" + ramp.astype(np.uint8).tobytes()
    files["grey7_over.pgm"] = b"P5 9 1 7\n" + bytes(range(9))
    files["rgb31.ppm"] = b"P6 31 23 31\n" + (small >> 3).tobytes()
    files["rgb1000.ppm"] = b"P6 31 23\r1000\n" + (small.astype(np.uint32) * 1000 // 255).astype(">u2").tobytes()
    files["rgb65535.ppm"] = b"P6 31 23 65535\n" + wide.astype(">u2").tobytes()
    files["grey65535.pgm"] = b"P5 31 23 65535\n" + wide[..., 0].astype(">u2").tobytes()
    files["grey1000.pgm"] = b"P5 31 23 1000\n" + (np.arange(31 * 23) % 1001).astype(">u2").tobytes()
    files["plain.pbm"] = b"P1\n#bits\n6 2\n101100\n0 1 0 1 1 1\n"
    files["plain.pgm"] = b"P2 4 2 15 0 1 7 15\n# rest\n3 4 5 6"
    files["plain1000.pgm"] = b"P2 4 1 1000 0 1 2 1000\n"
    files["plain.ppm"] = b"P3\n2 1\n31\n0 7 31  1\t2\n3\n"
    files["1x1.png"] = save(cat.crop((5, 5, 6, 6)), "PNG")
    files["row.png"] = save(Image.fromarray(noise(300, 1)), "PNG", optimize=True)
    files["column.png"] = save(Image.fromarray(noise(1, 300)), "PNG", optimize=True)
    return files


def refused_files(files):
    """Truncated and corrupt files, all of which Pillow refuses."""
    refused = {}
    for name in ("rgb.png", "interlaced.png", "420.jpg", "420_progressive.jpg", "grey.jpg", "rgb.bmp", "palette.gif",
                 "rgb.tga", "rle.tga", "rgb.ppm", "grey65535.pgm", "plain.pgm", "bits.pbm"):
        stem, suffix = name.split(".")
        refused[f"{stem}_half.{suffix}"] = files[name][: len(files[name]) // 2]
    refused["rgb_bad_crc.png"] = files["rgb.png"][:29] + b"\0\0\0\0" + files["rgb.png"][33:]
    refused["rgb_no_pixels.png"] = png(np.zeros((0, 0, 3)), 8, 2)[:16] + files["rgb.png"][16:33] + png_chunk(b"IEND", b"")
    refused["garbage.png"] = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
    refused["garbage.jpg"] = b"\xff\xd8\xff" + bytes(range(200))
    refused["garbage.gif"] = b"GIF89a" + bytes(range(200))
    refused["garbage.bmp"] = b"BM" + bytes(range(200))
    refused["over.pgm"] = b"P2 2 1 5 1 6"
    refused["zero_maximum.pgm"] = b"P5 2 1 0 \1\2"
    refused["text.txt"] = b"This is not an image, whatever its name says.\n"
    return refused


def make_decode(files):
    blob = Blob("decode")
    for name, data in files.items():
        (OUT / name).write_bytes(data)
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        blob.add(f"{name} {image.width} {image.height}", np.asarray(image))
    blob.write()
    refused = refused_files(files)
    for name, data in refused.items():
        (OUT / name).write_bytes(data)
        try:
            Image.open(io.BytesIO(data)).convert("RGB")
        except (OSError, ValueError, SyntaxError):
            continue
        sys.exit(f"Pillow does not refuse {name}")
    (OUT / "refused.txt").write_text("\n".join(refused) + "\n")


# --------------------------------------------------------------------------------------------------
# Resize


def noise(width, height):
    """The same bytes as the C++ test makes: the top byte of a linear congruential generator."""
    out = np.empty(width * height * 3, np.uint8)
    state = width * 65537 + height
    for i in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 24
    return out.reshape(height, width, 3)


def make_resize():
    blob = Blob("resize")
    sizes = [
        ((1, 1), (1, 1)), ((1, 1), (5, 4)), ((7, 7), (4, 3)), ((7, 7), (9, 10)), ((7, 7), (7, 7)), ((7, 5), (7, 9)),
        ((7, 5), (11, 5)), ((1, 40), (6, 6)), ((40, 1), (6, 6)), ((1, 40), (1, 7)), ((300, 2), (9, 5)), ((2, 300), (9, 5)),
        ((2, 300), (1, 299)), ((3, 301), (2, 260)), ((64, 48), (11, 8)), ((48, 64), (8, 11)), ((31, 23), (32, 22)),
        ((31, 23), (30, 24)), ((30, 40), (20, 19)), ((30, 40), (20, 20)), ((30, 40), (20, 21)), ((40, 41), (40, 12)),
        ((200, 150), (1, 1)), ((5, 400), (7, 3)), ((400, 5), (3, 7)),
    ]
    for number, ((width, height), (out_width, out_height)) in enumerate(sizes):
        image = Image.fromarray(noise(width, height))
        for index, name in enumerate(FILTERS):
            result = np.asarray(image.resize((out_width, out_height), PIL_FILTERS[index]))
            blob.add(f"{width} {height} {out_width} {out_height} {name} 0 0 {out_width} {out_height}", result)
    windows = [
        ((97, 61), (52, 33), (13, 5, 11, 9)), ((61, 97), (33, 52), (4, 30, 20, 8)), ((20, 15), (300, 225), (140, 100, 12, 9)),
        ((640, 3), (64, 60), (60, 55, 4, 5)), ((3, 640), (60, 64), (55, 60, 5, 4)), ((2000, 1), (44800, 22), (22390, 3, 20, 9)),
        ((1, 2000), (22, 44800), (3, 22390, 9, 20)), ((33, 50), (33, 20), (5, 3, 17, 9)), ((50, 33), (20, 33), (3, 5, 9, 17)),
    ]
    for (width, height), (out_width, out_height), (left, top, w, h) in windows:
        image = Image.fromarray(noise(width, height))
        for index, name in enumerate(FILTERS):
            result = np.asarray(image.resize((out_width, out_height), PIL_FILTERS[index]))[top : top + h, left : left + w]
            blob.add(f"{width} {height} {out_width} {out_height} {name} {left} {top} {w} {h}", np.ascontiguousarray(result))
    blob.write()


# --------------------------------------------------------------------------------------------------
# Preprocessing


def make_preprocess(files):
    blob = Blob("preprocess")
    images = {name: Image.open(io.BytesIO(files[name])).convert("RGB")
              for name in ("cat.png", "cup.png", "rgb.png", "1x1.png", "row.png", "column.png")}
    imagenet = dict(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    half = dict(mean=(0.5,) * 3, std=(0.5,) * 3)
    clip = dict(mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711))

    def add(name, image, recipe, values):
        values = np.ascontiguousarray(np.asarray(values, np.float32))
        assert values.ndim == 3 and values.shape[0] == 3
        defaults = dict(longest_edge=0, crop_height=1, crop_width=1, pad=(0, 0, 0), factor=1 / 255)
        fields = dict(case=name, image=image, height=values.shape[1], width=values.shape[2], **{**defaults, **recipe})
        for key, value in fields.items():
            if isinstance(value, (tuple, list)):
                fields[key] = ",".join(repr(v) for v in value)
            elif isinstance(value, float):
                fields[key] = repr(value)
        blob.add(" ".join(f"{k}={v}" for k, v in fields.items()), values)

    # timm's recipes; the sizes by which the library's are stated follow from crop_pct.
    cases = [
        (16, 0.875, "center", "bicubic", imagenet), (16, 0.9, "center", "bilinear", half), (24, 1.0, "center", "bicubic", clip),
        (16, 0.95, "center", "lanczos", half), (15, 0.71, "center", "nearest", imagenet), (17, 0.9, None, "bicubic", half),
        ((12, 20), 0.9, "center", "bilinear", imagenet), ((20, 12), 1.0, "center", "bilinear", half),
        (16, 0.9, "squash", "bicubic", half), ((12, 20), 1.0, "squash", "bilinear", imagenet),
        (16, 1.0, "border", "bicubic", imagenet), ((12, 20), 0.9, "border", "bilinear", clip), (33, 1.3, "squash", "bicubic", half),
        ((20, 31), 1.6, "squash", "bicubic", imagenet),
    ]
    for size, crop_pct, crop_mode, interpolation, constants in cases:
        height, width = size if isinstance(size, tuple) else (size, size)
        scaled = tuple(int(np.floor(x / crop_pct)) for x in (height, width))
        for name, image in images.items():
            if crop_mode == "border" and name in ("row.png", "column.png"):
                continue  # a side of 0 pixels, which Pillow refuses
            if name not in ("cat.png", "cup.png") and size not in (16, (12, 20)):
                continue
            transform = timm.data.create_transform((3, height, width), interpolation=interpolation, crop_pct=crop_pct,
                                                   crop_mode=crop_mode, **constants)
            mode = {"squash": "exact", "border": "contain"}.get(crop_mode, "shortest_edge" if height == width else "cover")
            pad = tuple(round(255 * v) for v in constants["mean"]) if crop_mode == "border" else (0, 0, 0)
            recipe = dict(mode=mode, resize_height=scaled[0], resize_width=scaled[1], crop=1, crop_height=height,
                          crop_width=width, rounding="half_even", rescale="divide", normalize=1, pad=pad,
                          filter="bilinear" if mode == "cover" else interpolation, **constants)
            add(f"timm_{crop_mode}_{height}x{width}_{crop_pct}", name, recipe, transform(image))

    # transformers' processors in their Pillow form.
    codes = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
    cases = [
        (ViTImageProcessorPil, "bilinear", dict(height=16, width=16), None, half, {}),
        (ViTImageProcessorPil, "lanczos", dict(height=13, width=22), None, imagenet, {}),
        (DeiTImageProcessorPil, "bicubic", dict(height=20, width=20), dict(height=16, width=16), imagenet, {}),
        (DeiTImageProcessorPil, "bicubic", dict(height=19, width=21), dict(height=16, width=16), imagenet, {}),
        (BitImageProcessorPil, "bicubic", dict(shortest_edge=19), dict(height=16, width=16), imagenet, {}),
        (BitImageProcessorPil, "bilinear", dict(shortest_edge=19), dict(height=17, width=12), clip, {}),
        (CLIPImageProcessorPil, "bicubic", dict(shortest_edge=16), dict(height=16, width=16), clip, {}),
        (CLIPImageProcessorPil, "box", dict(shortest_edge=15), dict(height=24, width=18), clip, {}),
        (CLIPImageProcessorPil, "bicubic", dict(shortest_edge=12), None, clip, {}),
        (SiglipImageProcessorPil, "bicubic", dict(height=16, width=16), None, half, {}),
        (ViTImageProcessorPil, "hamming", dict(shortest_edge=14, longest_edge=18), None, half, {}),
        (ViTImageProcessorPil, "bilinear", dict(height=16, width=16), None, half, dict(do_rescale=False)),
        (ViTImageProcessorPil, "bilinear", dict(height=16, width=16), None, half, dict(do_normalize=False)),
        (ViTImageProcessorPil, "bilinear", dict(height=16, width=16), None, half, dict(rescale_factor=1 / 127.5)),
        (CLIPImageProcessorPil, "bicubic", None, dict(height=16, width=16), clip, {}),
        (CLIPImageProcessorPil, "bicubic", None, dict(height=96, width=9), clip, {}),
    ]
    for kind, interpolation, size, crop, constants, extra in cases:
        for name, image in images.items():
            if (size is None or "shortest_edge" in size) and crop is None and name in ("row.png", "column.png"):
                continue  # nothing bounds the size of the result
            if name not in ("cat.png", "cup.png") and kind not in (CLIPImageProcessorPil, DeiTImageProcessorPil):
                continue
            options = dict(do_resize=size is not None, size=size or dict(shortest_edge=1), do_center_crop=crop is not None,
                           resample=codes[interpolation], image_mean=list(constants["mean"]), image_std=list(constants["std"]))
            if crop is not None:
                options["crop_size"] = crop
            processor = kind(**options, **extra)
            values = processor(image, return_tensors="np")["pixel_values"][0]
            mode = "none" if size is None else "exact" if "height" in size else "shortest_edge"
            edge = (size or {}).get("shortest_edge", 1)
            recipe = dict(mode=mode, resize_height=(size or {}).get("height", edge), resize_width=(size or {}).get("width", edge),
                          longest_edge=(size or {}).get("longest_edge", 0), filter=interpolation, crop=int(crop is not None),
                          rounding="floor", rescale="multiply" if extra.get("do_rescale", True) else "none",
                          factor=extra.get("rescale_factor", 1 / 255), normalize=int(extra.get("do_normalize", True)), **constants)
            if crop is not None:
                recipe.update(crop_height=crop["height"], crop_width=crop["width"])
            add(kind.__name__ + "_" + interpolation, name, recipe, values)
    blob.write()


def main():
    photographs = pathlib.Path(sys.argv[1])
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    chelsea = np.asarray(Image.open(photographs / "chelsea.png").convert("RGB"))[90:170, 120:240]  # 120x80
    coffee = np.asarray(Image.open(photographs / "coffee.png").convert("RGB").resize((150, 100), Image.Resampling.LANCZOS))
    coffee = np.ascontiguousarray(coffee[:96, 40:104])  # 64x96
    files = image_files(chelsea, coffee)
    make_decode(files)
    make_resize()
    make_preprocess(files)
    (OUT / "versions.txt").write_text(
        f"pillow {PIL.__version__}\ntimm {timm.__version__}\ntransformers {transformers.__version__}\n"
        f"torch {torch.__version__}\ntorchvision {torchvision.__version__}\nnumpy {np.__version__}\n")


if __name__ == "__main__":
    main()
