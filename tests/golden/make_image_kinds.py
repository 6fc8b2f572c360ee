"""Makes tests/golden/image_kinds/: small files of the kinds that encoders, cameras and editors leave
behind and that decoders stumble over, and what Pillow makes of them.

Usage: python tests/golden/make_image_kinds.py

Needs numpy and Pillow; the version that the committed files were made with is in versions.txt.

decode.txt   name file_offset file_size width height pixels_offset: a file and Pillow's pixels, EXIF
             orientation applied, both in kinds.bin
refused.txt  name file_offset file_size word...: a file that Pillow refuses, and words that the
             message has to hold
"""
import io
import pathlib
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "image_kinds"
random = np.random.default_rng(20)


def noise(*shape):
    return random.integers(0, 256, shape, dtype=np.uint8)


# --------------------------------------------------------------------------------------------------
# PNG


def chunk(kind, data, crc=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png_rows(width, height, depth, colour, interlaced=False, most=256):
    """Filtered rows: every filter, over samples below `most`."""
    raw = b""
    for top, left, down, right in PASSES if interlaced else [(0, 0, 1, 1)]:
        columns, rows = len(range(left, width, right)), len(range(top, height, down))
        if columns == 0:
            continue
        for row in range(rows):
            size = (columns * depth * CHANNELS[colour] + 7) // 8
            kind = row % 5 if most == 256 else 0
            raw += bytes([kind]) + bytes(random.integers(0, most, size, dtype=np.uint8))
    return raw


def png(width=7, height=5, depth=8, colour=2, interlaced=0, before=b"", after=b"", idat=None, raw=None, level=9, end=None):
    if raw is None:
        raw = png_rows(width, height, depth, colour, bool(interlaced))
    stream = zlib.compress(raw, level)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    pixels = chunk(b"IDAT", stream) if idat is None else idat(stream)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + pixels + after
            + (chunk(b"IEND", b"") if end is None else end))


def exif(value, kind=3, count=1, little=True, first=b""):
    """A block whose tags are `first` and the orientation."""
    order = "<" if little else ">"
    size = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}[kind]
    data = struct.pack(order + size * count, *[value] * count).ljust(4, b"\0")
    entry = struct.pack(order + "HHI", 0x0112, kind, count) + data
    head = (b"II*\0" if little else b"MM\0*") + struct.pack(order + "IH", 8, 1 + len(first) // 12)
    return head + first + entry + b"\0\0\0\0"


def xmp(value, element=False):
    tag = f"<tiff:Orientation>{value}</tiff:Orientation>" if element else f'tiff:Orientation="{value}"'
    return f"<x:xmpmeta><rdf:Description {'>' if element else ''}{tag}</x:xmpmeta>".encode()


def raw_profile(block, name=b"exif", line=36, upper=False):
    digits = block.hex().upper() if upper else block.hex()
    lines = [digits[i : i + 2 * line] for i in range(0, len(digits), 2 * line)]
    return b"\n" + name + b"\n%8d\n" % len(block) + "\n".join(lines).encode() + b"\n"


def text(keyword, value):
    return chunk(b"tEXt", keyword + b"\0" + value)


def ztext(keyword, value):
    return chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(value))


def itext(keyword, value, compressed=False):
    return chunk(b"iTXt", keyword + (b"\0\1\0en\0\0" + zlib.compress(value) if compressed else b"\0\0\0\0\0" + value))


def frame(number, width, height, left=0, top=0):
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, left, top, 1, 10, 0, 0))


def png_files():
    files, refused = {}, {}
    for depth, entries in ((1, 1), (2, 3), (4, 10), (8, 4), (8, 200)):
        files[f"beyond_{depth}_{entries}.png"] = png(depth=depth, colour=3, before=chunk(b"PLTE", noise(3 * entries).tobytes()))
    files["beyond_interlaced.png"] = png(9, 9, 4, 3, 1, before=chunk(b"PLTE", noise(21).tobytes()))
    files["palette_missing.png"] = png(colour=3)
    files["palette_odd.png"] = png(colour=3, before=chunk(b"PLTE", noise(23).tobytes()), raw=png_rows(7, 5, 8, 3, most=10))
    for depth, colour in ((16, 4), (16, 6), (16, 2), (16, 0), (8, 4), (8, 6), (4, 0), (2, 0), (1, 0), (2, 3)):
        files[f"interlaced_{depth}_{colour}.png"] = png(11, 13, depth, colour, 1, before=chunk(b"PLTE", noise(12).tobytes()))
    files["filters_16.png"] = png(6, 10, 16, 6)
    files["filters_narrow.png"] = png(1, 10, 16, 2)

    files["crc_of_pixels.png"] = png(idat=lambda z: chunk(b"IDAT", z, 5))
    files["crc_of_one.png"] = png(idat=lambda z: chunk(b"IDAT", z[:9]) + chunk(b"IDAT", z[9:20], 5) + chunk(b"IDAT", z[20:]))
    files["crc_of_end.png"] = png(end=chunk(b"IEND", b"", 5))
    files["crc_behind.png"] = png(after=chunk(b"tEXt", b"a\0b", 5))
    refused["crc_before.png"] = png(before=chunk(b"tEXt", b"a\0b", 5)), "PNG checksum"
    whole = png()
    refused["crc_of_header.png"] = whole[:29] + b"abcd" + whole[33:], "PNG checksum"
    refused["crc_of_palette.png"] = png(colour=3, before=chunk(b"PLTE", bytes(9), 5)), "PNG checksum"
    for name, kind in (("critical", b"ABCD"), ("ancillary", b"abCd"), ("private", b"pRVt"), ("digits", b"a12_")):
        files[f"unknown_{name}.png"] = png(before=chunk(kind, b"12345"), after=chunk(kind, b"12345"))
    refused["unknown_type.png"] = png(before=chunk(b"a-b~", b"")), "PNG type"
    files["end_missing.png"] = png(end=b"")
    files["end_without_crc.png"] = png(end=chunk(b"IEND", b"")[:-4])
    files["end_cut.png"] = png(end=b"\0\0\0")
    files["end_of_zeros.png"] = png(end=bytes(40))
    files["end_before_crc.png"] = png(end=b"")[:-4]
    files["bytes_behind.png"] = png() + noise(99).tobytes()
    refused["cut_behind.png"] = png(after=chunk(b"tEXt", bytes(50))[:-30], end=b""), "PNG truncated"
    for name, colour, entries in (("rgb", 2, 257), ("rgba", 6, 5), ("grey", 0, 2)):
        files[f"suggested_palette_{name}.png"] = png(colour=colour, before=chunk(b"PLTE", noise(3 * entries).tobytes()))
    refused["palette_long.png"] = png(colour=3, before=chunk(b"PLTE", bytes(771))), "PNG 256 257"
    palette = chunk(b"PLTE", noise(48).tobytes())
    small = png_rows(7, 5, 8, 3, most=16)
    files["trns_first.png"] = png(colour=3, before=chunk(b"tRNS", bytes(5)) + palette, raw=small)
    files["trns_long.png"] = png(colour=3, before=palette + chunk(b"tRNS", bytes(300)), raw=small)
    files["trns_rgba.png"] = png(colour=6, before=chunk(b"tRNS", bytes(1)))
    files["trns_rgb.png"] = png(before=chunk(b"tRNS", bytes(6)))
    files["trns_behind.png"] = png(colour=0, after=chunk(b"tRNS", b"\0\7"))
    refused["trns_short.png"] = png(before=chunk(b"tRNS", bytes(5))), "PNG tRNS 6"
    refused["gamma_short.png"] = png(before=chunk(b"gAMA", bytes(3))), "PNG gAMA 4"

    files["adler_missing.png"] = png(idat=lambda z: chunk(b"IDAT", z[:-4]))
    files["adler_cut.png"] = png(idat=lambda z: chunk(b"IDAT", z[:-1]))
    files["adler_apart.png"] = png(idat=lambda z: chunk(b"IDAT", z[:-4]) + chunk(b"IDAT", b"abcd"))
    refused["adler_wrong.png"] = png(idat=lambda z: chunk(b"IDAT", z[:-1] + bytes([z[-1] ^ 1]))), "PNG checksum"
    files["pixels_in_bytes.png"] = png(idat=lambda z: b"".join(chunk(b"IDAT", bytes([b])) for b in z))
    files["pixels_in_empty.png"] = png(idat=lambda z: b"".join(chunk(b"IDAT", p) for p in (b"", z[:7], b"", b"", z[7:], b"")))
    refused["pixels_apart.png"] = png(idat=lambda z: chunk(b"IDAT", z[:20]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", z[20:])), "PNG truncated"
    raw = png_rows(7, 5, 8, 2)
    files["rows_too_many.png"] = png(raw=raw + bytes(5000))
    files["rows_missing.png"] = png(raw=raw[: 22 * 3])
    files["rows_missing_palette.png"] = png(colour=3, before=palette, raw=small[: 8 * 3])
    files["rows_missing_interlaced.png"] = png(9, 9, 8, 3, 1, before=palette, raw=png_rows(9, 9, 8, 3, True, 16)[:14])
    refused["row_cut.png"] = png(raw=raw[: 22 * 3 + 5]), "PNG truncated"
    refused["pixels_cut.png"] = png(idat=lambda z: chunk(b"IDAT", z[: len(z) // 2])), "PNG truncated"
    refused["pixels_missing.png"] = png(idat=lambda z: b""), "PNG truncated"
    refused["pixels_empty.png"] = png(idat=lambda z: chunk(b"IDAT", b"")), "PNG truncated"
    refused["filter_5.png"] = png(raw=b"\5" + raw[1:]), "PNG filter 5"
    refused["method_9.png"] = png(idat=lambda z: chunk(b"IDAT", b"\x79" + z[1:])), "PNG corrupt"
    refused["dictionary.png"] = png(idat=lambda z: chunk(b"IDAT", b"\x78\xbb" + z[2:])), "PNG"
    refused["colour_5.png"] = whole[:25] + b"\5" + whole[26:29] + struct.pack(">I", zlib.crc32(whole[12:25] + b"\5" + whole[26:29])) + whole[33:], "PNG colour 5"
    for level in (0, 1):
        files[f"level_{level}.png"] = png(40, 30, 8, 2, level=level)
    fixed = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FIXED)
    stream = fixed.compress(raw) + fixed.flush()
    files["fixed_codes.png"] = png(idat=lambda z: chunk(b"IDAT", stream))

    animated = chunk(b"acTL", struct.pack(">II", 2, 0))
    other = chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(png_rows(7, 5, 8, 2)))
    files["animated.png"] = png(before=animated + frame(0, 7, 5), after=frame(1, 7, 5) + chunk(b"fdAT", struct.pack(">I", 2) + b"x"))
    files["animated_default.png"] = png(before=animated, after=frame(0, 7, 5) + other)
    files["animated_part.png"] = png(before=palette + animated + frame(0, 3, 2, 2, 1), colour=3, raw=png_rows(3, 2, 8, 3, most=16))
    files["animated_without_default.png"] = png(before=animated + frame(0, 7, 5), idat=lambda z: other)
    refused["animated_outside.png"] = png(before=animated + frame(0, 8, 5)), "PNG frame"
    refused["animated_order.png"] = png(before=animated + frame(1, 7, 5)), "PNG order"

    profile = b"Raw profile type exif"
    for name, before in {
        "exif_prefix": chunk(b"eXIf", b"Exif\0\0" + exif(8)),
        "exif_byte": chunk(b"eXIf", exif(6, 1)) + itext(b"XML:com.adobe.xmp", xmp(6)),
        "exif_signed": chunk(b"eXIf", exif(6, 8)),
        "exif_empty_xmp6": chunk(b"eXIf", b"") + itext(b"XML:com.adobe.xmp", xmp(6)),
        "exif_twice": chunk(b"eXIf", exif(3)) + chunk(b"eXIf", exif(6, little=False)),
        "exif1_xmp6": chunk(b"eXIf", exif(1)) + itext(b"XML:com.adobe.xmp", xmp(6)),
        "exif0_xmp6": chunk(b"eXIf", exif(0)) + itext(b"XML:com.adobe.xmp", xmp(6)),
        "exif3_raw6": chunk(b"eXIf", exif(3)) + text(profile, raw_profile(exif(6))),
        "exif_text": text(b"exif", b"Exif\0\0" + exif(5)),
        "raw_text3": text(profile, raw_profile(b"Exif\0\0" + exif(3))),
        "raw_ztext6": ztext(profile, raw_profile(exif(6))),
        "raw_itext8": itext(profile, raw_profile(exif(8, little=False))),
        "raw_itext_compressed4": itext(profile, raw_profile(exif(4)), True),
        "raw_upper2": text(profile, raw_profile(exif(2), line=5, upper=True)),
        "raw_app1": text(b"Raw profile type APP1", raw_profile(b"Exif\0\0" + exif(6), b"APP1")),
        "raw7_xmp6": text(profile, raw_profile(exif(7))) + itext(b"XML:com.adobe.xmp", xmp(6)),
        "xmp6": itext(b"XML:com.adobe.xmp", xmp(6)),
        "xmp_element3": itext(b"XML:com.adobe.xmp", xmp(3, True)),
        "xmp_compressed5": itext(b"XML:com.adobe.xmp", xmp(5), True),
        "xmp_text7": text(b"XML:com.adobe.xmp", xmp(7)),
        "xmp_ztext8": ztext(b"XML:com.adobe.xmp", xmp(8)),
        "xmp_later": itext(b"XML:com.adobe.xmp", b"tiff:Orientation='6' tiff:Orientation= tiff:Orientation=\"2\" " + xmp(3)),
        "xmp_ten": itext(b"XML:com.adobe.xmp", xmp(10)),
        "xmp_nine": itext(b"XML:com.adobe.xmp", xmp(9) + xmp(6)),
    }.items():
        files[f"{name}.png"] = png(before=before)
    for name, after in {"exif6": chunk(b"eXIf", exif(6)), "raw3": ztext(profile, raw_profile(exif(3))),
                        "xmp8": itext(b"XML:com.adobe.xmp", xmp(8))}.items():
        files[f"{name}_behind.png"] = png(after=after)
    return files, refused


# --------------------------------------------------------------------------------------------------
# JPEG: where the orientation is


def jpeg_files():
    # Of one colour: any decoder makes the same pixels of it, and its two sides tell how it is turned.
    stream = io.BytesIO()
    image = Image.new("L", (16, 8), 0)
    image.paste(255, (0, 0, 8, 8))
    image.save(stream, "JPEG", quality=100)
    plain = stream.getvalue()

    def segment(data):
        return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data

    def with_segments(*parts):
        return plain[:2] + b"".join(segment(part) for part in parts) + plain[2:]

    prefix, space = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
    files = {}
    for value in (3, 6):
        files[f"double_exif_{value}"] = with_segments(prefix + prefix + exif(value))
    for name, block in {"count2_3": exif(3, count=2), "signed_6": exif(6, 8), "signed_long_8": exif(8, 9), "long_8": exif(8, 4),
                        "byte_6": exif(6, 1), "signed_byte_6": exif(6, 6), "far_6": exif(6, first=struct.pack("<HHII", 271, 2, 9, 0)),
                        "outside_6": exif(6, first=struct.pack("<HHII", 271, 2, 9, 5000)),
                        "huge_6": exif(6, first=struct.pack("<HHII", 271, 2, 100000, 8)),
                        "count3_6": exif(6, 1, 3)}.items():
        files[name] = with_segments(prefix + block)
    files["exif0_xmp6"] = with_segments(prefix + exif(0), space + xmp(6))
    files["byte6_xmp3"] = with_segments(prefix + exif(6, 1), space + xmp(3))
    files["exif1_xmp6"] = with_segments(space + xmp(6), prefix + exif(1))
    files["exif_garbage_xmp6"] = with_segments(space + xmp(6), prefix + b"garbage, long enough")
    files["exif_cut_xmp6"] = with_segments(space + xmp(6), prefix + exif(3)[:7])
    files["exif_empty_xmp6"] = with_segments(space + xmp(6), prefix)
    files["exif_without_tags_xmp6"] = with_segments(space + xmp(6), prefix + exif(3)[:8] + bytes(6))
    files["wrong_byte_order_6"] = with_segments(prefix + b"II\0*" + exif(6)[4:])
    files["big_tiff_6"] = with_segments(prefix + b"MM\0+" + exif(6, little=False)[4:])
    files["xmp_element_8"] = with_segments(space + xmp(8, True))
    files["xmp_twice"] = with_segments(space + xmp(8), space + xmp(6))
    files["two_segments_6"] = with_segments(prefix + exif(6)[:11], prefix + exif(6)[11:])
    files["two_exif_3_6"] = with_segments(prefix + exif(3), prefix + exif(6))
    files["behind_the_scan"] = plain[:-2] + segment(prefix + exif(6)) + plain[-2:]
    files["behind_the_image"] = plain + segment(prefix + exif(6))
    files["filled_6"] = plain[:2] + b"\xff\xff" + segment(prefix + exif(6)) + plain[2:]
    return {f"{name}.jpg": data for name, data in files.items()}, {}


# --------------------------------------------------------------------------------------------------
# BMP


def bmp(bits, width=9, height=5, header=40, compression=0, masks=(), colours=0, palette=None, gap=0, offset=None, planes=1,
        body=None, down=False, most=256):
    stride = (width * bits + 31) // 32 * 4
    if body is None:
        body = bytes(random.integers(0, most, stride * height, dtype=np.uint8))
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, planes, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -height if down else height, planes, bits, compression, len(body),
                           2835, 2835, colours, 0)
        info = (info + struct.pack(f"<{len(masks)}I", *masks)).ljust(header, b"\0")
    if palette is None and bits <= 8:
        count = colours or 1 << bits
        entries = noise(count, 4)
        entries[:, 3] = 0
        palette = entries[:, : 3 if header == 12 else 4].tobytes()
    rest = info + (palette or b"") + bytes(gap)
    return b"BM" + struct.pack("<IHHI", 14 + len(rest) + len(body), 0, 0, 14 + len(rest) if offset is None else offset) + rest + body


def ramp(count, step=1, entry=4):
    return b"".join(bytes([step * i & 255] * 3 + [0])[:entry] for i in range(count))


def bmp_files():
    files, refused = {}, {}
    for bits in (1, 4, 8, 24):
        files[f"os2_{bits}.bmp"] = bmp(bits, header=12)
    files["os2_short_palette.bmp"] = bmp(8, header=12, palette=noise(30).tobytes())
    for header in (40, 52, 56, 64, 108, 124):
        for bits in (4, 8, 16, 24, 32):
            files[f"header_{header}_{bits}.bmp"] = bmp(bits, header=header, colours=20 if bits == 8 else 0)
    known = {
        "bgrx": (0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (0xFF000000, 0xFF0000, 0xFF00, 0), "bgxr": (0xFF000000, 0xFF00, 0xFF, 0),
        "abgr": (0xFF000000, 0xFF0000, 0xFF00, 0xFF), "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000), "bgar": (0xFF000000, 0xFF00, 0xFF, 0xFF0000), "zero": (0, 0, 0, 0),
    }
    for name, masks in known.items():
        files[f"masks_{name}.bmp"] = bmp(32, header=124, compression=3, masks=masks)
        files[f"masks56_{name}.bmp"] = bmp(32, header=56, compression=3, masks=masks)
    for name, bits, masks in (("565", 16, (0xF800, 0x7E0, 0x1F)), ("555", 16, (0x7C00, 0x3E0, 0x1F)), ("24", 24, (0xFF0000, 0xFF00, 0xFF)),
                              ("bgrx", 32, (0xFF0000, 0xFF00, 0xFF))):
        for header in (40, 52, 56, 108):
            extra = struct.pack("<3I", *masks) if header == 40 else b""
            files[f"masks{header}_{name}.bmp"] = bmp(bits, header=header, compression=3, masks=masks if header > 40 else (), palette=extra)
        files[f"masks4_{name}.bmp"] = bmp(bits, compression=3, palette=struct.pack("<4I", *masks, 0))
    refused["masks_444.bmp"] = bmp(16, compression=3, palette=struct.pack("<3I", 0xF00, 0xF0, 0xF)), "BMP masks"
    refused["masks_rgb.bmp"] = bmp(32, compression=3, palette=struct.pack("<3I", 0xFF, 0xFF00, 0xFF0000)), "BMP masks"
    for bits in (1, 4, 8, 16, 24, 32):
        for gap in (4, 84):
            files[f"gap_{bits}_{gap}.bmp"] = bmp(bits, gap=gap, colours=2 if bits == 4 else 0)
        files[f"offset0_{bits}.bmp"] = bmp(bits, offset=0)
        files[f"down_{bits}.bmp"] = bmp(bits, down=True)
    files["offset_without_palette.bmp"] = bmp(8, colours=16, offset=54)
    files["offset_into_header.bmp"] = bmp(24, offset=20)
    for planes in (0, 2, 255):
        files[f"planes_{planes}.bmp"] = bmp(24, planes=planes)
    for bits, colours in ((1, 1), (4, 9), (8, 4), (8, 200)):
        files[f"beyond_{bits}_{colours}.bmp"] = bmp(bits, colours=colours)
    files["grey_256.bmp"] = bmp(8, palette=ramp(256))
    files["grey_20.bmp"] = bmp(8, colours=20, palette=ramp(20))
    files["grey_steps.bmp"] = bmp(4, palette=ramp(16, 17))
    files["black_white_1.bmp"] = bmp(1, palette=ramp(2, 255))
    files["black_white_8.bmp"] = bmp(8, colours=2, palette=ramp(2, 255))
    files["white_black_1.bmp"] = bmp(1, palette=ramp(2, 255)[::-1][1:] + b"\0")
    files["last_row_without_padding.bmp"] = bmp(24)[:-1]
    files["without_file_header.bmp"] = bmp(24)[14:]
    files["without_file_header_8.bmp"] = bmp(8, header=12)[14:]
    runs = bytes([4, 1, 0, 3, 2, 3, 4, 0, 2, 5, 0, 0, 9, 6, 0, 0, 2, 7, 0, 2, 3, 1, 3, 8, 0, 0, 0, 4, 1, 2, 3, 4, 5, 9, 0, 0, 9, 3, 0, 1])
    files["runs_8.bmp"] = bmp(8, compression=1, colours=16, body=runs)
    files["runs_8_down.bmp"] = bmp(8, compression=1, colours=16, body=runs, down=True)
    files["runs_8_grey.bmp"] = bmp(8, compression=1, palette=ramp(256), body=runs)
    files["runs_8_long.bmp"] = bmp(8, 5, 3, compression=1, colours=16, body=bytes([200, 1, 0, 0, 3, 2, 200, 3, 0, 0, 5, 4]))
    nibbles = bytes([4, 0x12, 0, 5, 0x34, 0x56, 0x70, 0, 0, 0, 9, 0x89, 0, 0, 0, 2, 4, 1, 5, 0xAB, 0, 0, 9, 0xCD, 0, 0, 9, 0xEF, 0, 1])
    files["runs_4.bmp"] = bmp(4, compression=2, body=nibbles)
    files["runs_4_beyond.bmp"] = bmp(4, compression=2, colours=8, body=nibbles)
    refused["runs_cut.bmp"] = bmp(8, compression=1, colours=16, body=runs[:20]), "BMP truncated"
    refused["runs_end_early.bmp"] = bmp(8, compression=1, colours=16, body=bytes([9, 1, 0, 1])), "BMP truncated"
    for name, data in (("cut", bmp(24)[:-3]), ("cut_gap", bmp(8, gap=64)[:-20]), ("cut_header", bmp(24)[:40]), ("cut_masks", bmp(16, compression=3)[:60]),
                       ("cut_palette", bmp(8)[:300])):
        refused[f"{name}.bmp"] = data, "BMP truncated"
    for name, data, words in (("bits_2", bmp(2), "BMP 2"), ("header_16", bmp(24, header=12).replace(b"\x0c", b"\x10", 1), "BMP 16"),
                              ("compression_4", bmp(24, compression=4), "BMP 4"), ("palette_300", bmp(8, colours=300), "BMP 300")):
        refused[f"{name}.bmp"] = data, words
    return files, refused


# --------------------------------------------------------------------------------------------------
# TGA


def tga(kind, bits, width=9, height=5, body=None, flags=0, first=0, entries=0, entry=0, palette=None, mapped=None, name=b""):
    mapped = entries > 0 if mapped is None else mapped
    if palette is None:
        palette = noise(entries * entry // 8).tobytes()
    if body is None:
        body = noise((width * bits + 7) // 8 * height).tobytes()
    return struct.pack("<BBBHHBHHHHBB", len(name), mapped, kind, first, entries, entry, 0, 0, width, height, bits, flags) + name + palette + body


def tga_runs(pixel, width=9, height=5):
    """Packets of repeated and of different pixels; those of different pixels go on in the next row."""
    left, body = width * height, b""
    while left > 0:
        column = (width * height - left) % width
        count = min(left, int(random.integers(1, 6)))
        if random.random() < 0.5:
            count = min(count, width - column)
            body += bytes([127 + count]) + noise(pixel).tobytes()
        else:
            body += bytes([count - 1]) + noise(pixel * count).tobytes()
        left -= count
    return body


def tga_files():
    files, refused = {}, {}
    for entry in (16, 24, 32):
        files[f"first_{entry}.tga"] = tga(1, 8, first=50, entries=100, entry=entry)
        files[f"beyond_{entry}.tga"] = tga(1, 8, entries=40, entry=entry)
        files[f"palette_runs_{entry}.tga"] = tga(9, 8, first=3, entries=200, entry=entry, body=tga_runs(1))
    for kind, bits in ((2, 16), (2, 24), (2, 32), (3, 8), (3, 16)):
        for flags in (0, 0x10, 0x20, 0x30):
            files[f"corner_{kind}_{bits}_{flags:x}.tga"] = tga(kind, bits, flags=flags)
        files[f"runs_{kind}_{bits}.tga"] = tga(kind | 8, bits, body=tga_runs(bits // 8), flags=0x20)
    files["bits.tga"] = tga(3, 1)
    files["grey_with_palette.tga"] = tga(3, 8, entries=256, entry=24)
    files["palette_from_right.tga"] = tga(1, 8, entries=256, entry=24, flags=0x10, name=b"name")
    footer = struct.pack("<II", 0, 0) + b"TRUEVISION-XFILE.\0"
    files["footer.tga"] = tga(2, 32) + footer
    files["extension.tga"] = tga(2, 32) + bytes(495) + struct.pack("<II", 18 + 180, 0) + b"TRUEVISION-XFILE.\0"
    refused["palette_300.tga"] = tga(1, 8, entries=300, entry=24), "TGA 256 300"
    refused["palette_beyond_256.tga"] = tga(1, 8, first=250, entries=10, entry=24), "TGA 256 260"
    refused["cut.tga"] = tga(2, 24)[:-1], "TGA truncated"
    refused["cut_runs.tga"] = tga(10, 24, body=tga_runs(3)[:-1]), "TGA truncated"
    refused["cut_palette.tga"] = tga(1, 8, entries=200, entry=24)[:100], "TGA truncated"
    return files, refused


# --------------------------------------------------------------------------------------------------
# GIF


def gif(width=6, height=4, bits=2, palette=12, local=0, flags=0, transparent=None, place=(0, 0), frame_size=None,
        ramp=False):
    frame_width, frame_height = frame_size or (width, height)
    # A code that is longer than its literals after each clear code: no string is ever defined.
    held, count, codes = 0, 0, b""
    indices = random.integers(0, 1 << bits, frame_width * frame_height)
    for symbol in [s for index in indices for s in (1 << bits, int(index))] + [(1 << bits) + 1]:
        held |= symbol << count
        count += bits + 1
        while count >= 8:
            codes += bytes([held & 255])
            held, count = held >> 8, count - 8
    codes += bytes([held & 255])
    blocks = b"".join(bytes([len(codes[i : i + 50])]) + codes[i : i + 50] for i in range(0, len(codes), 50)) + b"\0"
    size = palette.bit_length() - 2 if palette else 0
    local_size = local.bit_length() - 2 if local else 0
    colours = (lambda count: bytes(i // 3 for i in range(3 * count))) if ramp else (lambda count: noise(3 * count).tobytes())
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, (0x80 if palette else 0) | size, 0, 0) + colours(palette)
    if transparent is not None:
        head += b"!\xf9\4" + bytes([1, 0, 0, transparent]) + b"\0"
    head += b"," + struct.pack("<HHHHB", *place, frame_width, frame_height, flags | (0x80 if local else 0) | local_size)
    return head + colours(local) + bytes([bits]) + blocks + b";"


def gif_files():
    files = {
        "beyond.gif": gif(bits=4, palette=4), "beyond_local.gif": gif(bits=8, palette=256, local=8),
        "without_palette.gif": gif(bits=8, palette=0), "local.gif": gif(bits=3, palette=0, local=8),
        "interlaced_local.gif": gif(9, 13, 4, 2, 16, 0x40), "corner_local.gif": gif(9, 8, 2, 4, 4, 0, None, (2, 3), (5, 4)),
        "corner_local_transparent.gif": gif(9, 8, 2, 4, 4, 0, 3, (2, 3), (5, 4)),
        "corner_interlaced.gif": gif(12, 14, 3, 8, 0, 0x40, 5, (1, 2), (9, 11)),
        "ramp.gif": gif(bits=4, palette=4, ramp=True), "ramp_local.gif": gif(bits=8, palette=2, local=8, ramp=True),
    }
    whole = gif(bits=4, palette=16)
    # Between the blocks of a frame two of nothing, which end a frame by the standard.
    head = 13 + 3 * 16 + 10 + 1
    blocks = gif(12, 9, bits=4, palette=16)
    files["empty_blocks.gif"] = blocks[: head + 51] + b"\0\0" + blocks[head + 51 :]
    files["kept_transparent.gif"] = gif(9, 8, 2, 4, 4, 0, 3, (2, 3), (5, 4)).replace(
        b"!\xf9\4\1\0\0\3\0", b"!\xf9\4\1\0\0\3\0!\xf9\4\0\0\0\2\0")
    return files, {"cut.gif": (whole[:-8], "GIF truncated"), "ended.gif": (whole[:-8] + b"\0;", "GIF")}


def more_files():
    """Apart from the others, so that the random bytes of those stay what they are."""
    files = {f"code_size_{bits}.gif": gif(bits=bits, palette=256) for bits in (0, 9, 10, 11, 12)}
    # To Pillow a palette of the frame that is its own greys is none: the file's counts.
    ramp = gif(9, 8, bits=8, palette=16, local=8)
    at = 13 + 3 * 16 + 10
    files["ramp_local_after_colours.gif"] = ramp[:at] + bytes(i // 3 for i in range(24)) + ramp[at + 24 :]
    palette = lambda count: chunk(b"PLTE", noise(3 * count).tobytes())
    files["palette_after_long_one.png"] = png(colour=3, before=palette(257) + palette(256))
    return files, {"code_size_13.gif": (gif(bits=8, palette=256).replace(b"\x08\x32", b"\x0d\x32", 1), "GIF 13")}


# --------------------------------------------------------------------------------------------------


def main():
    OUT.mkdir(exist_ok=True)
    data, decoded, refusals = bytearray(), [], []
    for files, refused in (png_files(), jpeg_files(), bmp_files(), tga_files(), gif_files(), more_files()):
        for name, content in files.items():
            pixels = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
            where = len(data)
            data += content
            decoded.append(f"{name} {where} {len(content)} {pixels.width} {pixels.height} {len(data)}")
            data += pixels.tobytes()
        for name, (content, words) in refused.items():
            refusals.append(f"{name} {len(data)} {len(content)} {words}")
            data += content
            try:
                Image.open(io.BytesIO(content)).convert("RGB")
            except (OSError, ValueError, SyntaxError):
                continue
            sys.exit(f"Pillow does not refuse {name}")
    (OUT / "kinds.bin").write_bytes(data)
    (OUT / "decode.txt").write_text("\n".join(decoded) + "\n")
    (OUT / "refused.txt").write_text("\n".join(refusals) + "\n")
    (OUT / "versions.txt").write_text(f"pillow {PIL.__version__}\nnumpy {np.__version__}\n")


if __name__ == "__main__":
    main()
