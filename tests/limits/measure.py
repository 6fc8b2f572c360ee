#!/usr/bin/env python3
"""Makes the worst files of each format and the worst tokenizers and prints what reading them costs,
as Markdown tables; Python's standard library only.

    python3 tests/limits/measure.py TOKENIZE_COST NAME=DECODE_COST...

NAME is what the tables call a build; the others are the programs of those names. Exits 1 where a
limit is exceeded. run.sh builds the programs and calls this.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

SMALL = 20 * 1024  # bytes of a hostile file
SMALL_SECONDS = 2
SMALL_MEMORY = 300e6
SIDE = 13377  # SIDE * SIDE pixels are the limit, DecodeOptions::max_pixels


def exif(orientation):
    return (b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) +
            bytes(4))


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def huffman(kind, *symbols):
    """A table with a code of one bit more for each further symbol: 0, 10, 110, ..."""
    counts = [1] * len(symbols) + [0] * (16 - len(symbols))
    return segment(0xC4, bytes([kind]) + bytes(counts) + bytes(symbols))


def jpeg_head(width, height, frame, sampling, orientation=0):
    head = b"\xff\xd8"
    if orientation:
        head += segment(0xE1, b"Exif\0\0" + exif(orientation))
    head += segment(0xDB, b"\0" + b"\1" * 64)
    components = b"".join(bytes([i + 1, s, 0]) for i, s in enumerate(sampling))
    head += segment(frame, struct.pack(">BHHB", 8, height, width, len(sampling)) + components)
    return head


def scan(components, first=0, last=63, high=0, low=0):
    chosen = b"".join(bytes([c, 0]) for c in components)
    return segment(0xDA, bytes([len(components)]) + chosen + bytes([first, last, high << 4 | low]))


def blocks(width, height, sampling):
    """Blocks of an interleaved scan."""
    across = max(s >> 4 for s in sampling) * 8
    down = max(s & 15 for s in sampling) * 8
    units = -(-width // across) * -(-height // down)
    return units * sum((s >> 4) * (s & 15) for s in sampling)


def baseline(width, height, sampling, orientation=0):
    """All grey: each block is two codes of one bit."""
    tables = huffman(0x00, 0) + huffman(0x10, 0)
    data = bytes(blocks(width, height, sampling) // 4 + 1)
    return (jpeg_head(width, height, 0xC0, sampling, orientation) + tables +
            scan(range(1, len(sampling) + 1)) + data + b"\xff\xd9")


def progressive(width, height, sampling, orientation=0):
    """A scan of the means and one of all else for each component."""
    every = range(1, len(sampling) + 1)
    data = jpeg_head(width, height, 0xC2, sampling, orientation) + huffman(0x00, 0)
    data += scan(every, 0, 0) + bytes(blocks(width, height, sampling) // 8 + 1)
    data += huffman(0x10, 0xE0)
    for component in every:
        halves = [max(s >> 4 for s in sampling) // (sampling[component - 1] >> 4),
                  max(s & 15 for s in sampling) // (sampling[component - 1] & 15)]
        count = -(-width // (8 * halves[0])) * -(-height // (8 * halves[1]))
        # A code of one bit and 14 bits for a run of 32766 blocks that end at once.
        run = ("0" + "1" * 13 + "0") * -(-count // 32766)
        run += "0" * (-len(run) % 8)
        raw = int(run, 2).to_bytes(len(run) // 8, "big").replace(b"\xff", b"\xff\0")
        data += scan([component], 1, 63) + raw
    return data + b"\xff\xd9"


def scan_bomb(width, height, sampling, size, high=0, low=0):
    data = jpeg_head(width, height, 0xC2, sampling) + huffman(0x00, 0) + huffman(0x10, 0xE0, 0)
    data += scan(range(1, len(sampling) + 1), 0, 0)
    one = [scan([i % len(sampling) + 1], 1, 63, high, low) + b"\x3f\xff" for i in range(size)]
    room = (size - len(data) - 2) // len(one[0])
    return data + b"".join(one[:room]) + b"\xff\xd9"


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(count):
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    data = b"".join(packer.compress(piece) for _ in range(count >> 20))
    return data + packer.compress(bytes(count & ((1 << 20) - 1))) + packer.flush()


def png(width, height, depth, kind, interlaced=0, extra=b"", data=None):
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    if data is None:
        passes = [(8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2)] if interlaced else [(1, 1)]
        size = sum((-(-width // x) * bits // 8 + 2) * -(-height // y) for x, y in passes)
        data = zeros(size if interlaced else ((width * bits + 7) // 8 + 1) * height)
    palette = chunk(b"PLTE", bytes(6)) if kind == 3 else b""
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette + extra + chunk(b"IDAT", data) +
            chunk(b"IEND", b""))


def lzw_zeros(pixels):
    """GIF's codes for that many zeros: each is a string one longer than the one before."""
    out, value, filled, size = bytearray(), 0, 0, 9

    def put(code):
        nonlocal value, filled
        value |= code << filled
        filled += size
        while filled >= 8:
            out.append(value & 255)
            value >>= 8
            filled -= 8

    while pixels > 0:
        put(256)
        size, following, length = 9, 258, 1
        put(0)
        pixels -= 1
        while following < 4095 and pixels > length:
            length += 1
            put(following)
            pixels -= length
            following += 1
            if following == 1 << size and size < 12:
                size += 1
    put(257)
    return bytes(out) + bytes([value & 255])


def gif(width, height, frame_width, frame_height, frames=1):
    data = lzw_zeros(frame_width * frame_height)
    blocks_of_255 = b"".join(bytes([len(part)]) + part for part in
                             (data[i:i + 255] for i in range(0, len(data), 255)))
    frame = (b"," + struct.pack("<HHHHB", 0, 0, frame_width, frame_height, 0) + b"\x08" +
             blocks_of_255 + b"\0")
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF0, 0, 0) + bytes(6) +
            frame * frames + b";")


def bmp(width, height, depth, compression=0, data=b"", masks=b""):
    palette = bytes(4 << depth) if depth <= 8 else masks
    offset = 54 + len(palette)
    return (b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) +
            struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(data), 0, 0,
                        0, 0) + palette + data)


def tga(width, height, depth, kind, data=b""):
    return struct.pack("<BBBHHBHHHHBB", 0, 0, kind, 0, 0, 0, 0, 0, width, height, depth, 0x20) + data


def webp_lossless(width, height):
    """One colour: five codes of one symbol each, so that a pixel takes no bits."""
    bits = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    bits += [(1, 1), (0, 1), (0, 1), (0, 1)] * 5
    value, filled = 0, 0
    for number, count in bits:
        value |= number << filled
        filled += count
    data = value.to_bytes(filled // 8 + 1, "little")
    data += b"\0" * (len(data) % 2)
    return (b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBPVP8L" +
            struct.pack("<I", len(data)) + data)


YUV420 = [0x22, 0x11, 0x11]
YUV444 = [0x11, 0x11, 0x11]
CMYK = [0x11] * 4


def padded(data):
    """What may claim more pixels, being of 20 KB."""
    return data + bytes(SMALL - len(data))


def hostile():
    """Files of 20 KB at most: (format, what it is, bytes)."""
    yield "JPEG", "a header of the limit and no data", jpeg_head(SIDE, SIDE, 0xC0, YUV444)
    yield "JPEG", "a progressive header of the limit and one scan", (
        jpeg_head(SIDE, SIDE, 0xC2, CMYK) + huffman(0, 0) + scan([1, 2, 3, 4], 0, 0) + bytes(99))
    yield "JPEG", "baseline blocks of two bits", baseline(2240, 2240, [0x11])
    yield "JPEG", "a column whose blocks are padded to 32 x 32", baseline(1, 65500, [0x44, 0x11, 0x11])
    for side in (64, 1024, 4096, SIDE):
        yield "JPEG", f"empty scans, {side} x {side}", scan_bomb(side, side, YUV420, SMALL)
    yield "JPEG", "empty refining scans, 4096 x 4096", scan_bomb(4096, 4096, YUV444, SMALL, 1, 0)
    yield "PNG", "deflated zeros, 1 bit", png(12900, 12900, 1, 0)
    yield "PNG", "deflated zeros, 16-bit RGBA", png(1600, 1600, 16, 6)
    yield "PNG", "deflated zeros, interlaced palette", png(4400, 4400, 8, 3, 1)
    yield "PNG", "20 MB of pixels in a picture of one", png(1, 1, 8, 0, data=zeros(20 << 20))
    yield "PNG", "19 MB in a compressed text", png(
        1, 1, 8, 0, extra=chunk(b"zTXt", b"Raw profile type exif\0\0" + zeros(19 << 20)))
    yield "PNG", "1600 empty chunks", png(1, 1, 8, 0, extra=chunk(b"IDAT", b"") * 1600)
    yield "PNG", "a header of the limit and no data", png(SIDE, SIDE, 16, 6, data=b"")
    yield "PNG", "as much as is let through, turned", padded(
        png(6500, 6500, 1, 0, extra=chunk(b"eXIf", exif(6))))
    yield "GIF", "a canvas of the limit, a frame of one pixel", gif(65500, 2730, 1, 1)
    yield "GIF", "LZW codes of the longest strings", gif(5000, 5000, 5000, 5000)
    yield "GIF", "800 frames on a canvas of the limit", gif(65500, 2730, 1, 1, 800)
    yield "GIF", "as much as is let through", padded(gif(6500, 6500, 1, 1))
    yield "BMP", "run-length codes of the limit that end at once", bmp(SIDE, SIDE, 8, 1, b"\0\1")
    yield "BMP", "runs of 255 pixels", bmp(255, 9500, 8, 1, b"\xff\0" * 9500)
    yield "BMP", "a header of the limit and no data", bmp(SIDE, SIDE, 32)
    yield "TGA", "runs of 128 pixels", tga(1280, 800, 8, 11, b"\xff\0" * 8000)
    yield "TGA", "a header of the limit and no data", tga(SIDE, SIDE, 32, 2)
    yield "PNM", "a header of the limit and no data", b"P6 13377 13377 65535\n"
    yield "PNM", "plain bits", b"P1 140 140\n" + b"0" * 19600
    yield "WebP", "lossless pixels of no bits", webp_lossless(16383, 10922)
    yield "WebP", "as much as is let through", padded(webp_lossless(6500, 6500))
    yield "AVIF", "as much as is let through", padded(
        (pathlib.Path(__file__).parent / "one_colour.avif").read_bytes())


def largest():
    """Pictures of as many pixels as are allowed: (format, what it is, bytes)."""
    yield "JPEG", "baseline 4:2:0", baseline(SIDE, SIDE, YUV420)
    yield "JPEG", "baseline 4:4:4", baseline(SIDE, SIDE, YUV444)
    yield "JPEG", "baseline 4:4:4, turned", baseline(SIDE, SIDE, YUV444, 6)
    yield "JPEG", "progressive 4:2:0", progressive(SIDE, SIDE, YUV420)
    yield "JPEG", "progressive 4:4:4, turned", progressive(SIDE, SIDE, YUV444, 6)
    yield "PNG", "8-bit RGB", png(SIDE, SIDE, 8, 2)
    yield "PNG", "16-bit RGBA", png(SIDE, SIDE, 16, 6)
    yield "PNG", "palette", png(SIDE, SIDE, 8, 3)
    yield "PNG", "8-bit RGB, interlaced", png(SIDE, SIDE, 8, 2, 1)
    yield "GIF", "one frame", gif(SIDE, SIDE, SIDE, SIDE)
    yield "BMP", "palette", bmp(SIDE, SIDE, 8, 0, bytes((SIDE + 3) // 4 * 4 * SIDE))
    yield "TGA", "grey", tga(SIDE, SIDE, 8, 3, bytes(SIDE * SIDE))
    yield "PNM", "grey", b"P5 13377 13377 255\n" + bytes(SIDE * SIDE)
    yield "WebP", "lossless", webp_lossless(16383, 10922) + bytes(130000)


def tokenizer(model, **members):
    return json.dumps({"model": model, **members}, separators=(",", ":")).encode()


def word_piece(vocab, **members):
    vocab = {token: i for i, token in enumerate(["[U]"] + vocab)}
    return tokenizer({"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 1 << 30, "vocab": vocab}, **members)


def sequence(kind, steps):
    return {"type": "Sequence", kind: steps}


def replace(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def split(regex):
    return {"type": "Split", "behavior": "Isolated", "invert": False, "pattern": {"Regex": regex}}


def hostile_tokenizers():
    """A file and a text of 20 KB at most: (what they are, tokenizer.json, text)."""
    run = b"a" * SMALL
    words = b"ab " * (SMALL // 3)
    longest = "a" * (SMALL // 2) + "b"
    doubling = sequence("normalizers", [replace("a", "aa")] * 64)
    yield "WordPiece: a word of 20 KB and a token of half of it", word_piece(["a", "##a", longest]), run
    yield "WordPiece: a token of each length", word_piece(
        ["a", "##a"] + ["##" + "a" * i + "b" for i in range(2, 180)]), run
    yield "Unigram: a token of half of the text", tokenizer(
        {"type": "Unigram", "unk_id": 0, "vocab": [["u", 0], ["a", -1], [longest, -1]]}), run
    yield "Unigram: a token of each length", tokenizer(
        {"type": "Unigram", "unk_id": 0,
         "vocab": [["u", 0]] + [["a" * i, -i] for i in range(1, 190)]}), run
    pairs = ["a" * (1 << i) for i in range(13)]
    yield "BPE: merges of all lengths in a word of 20 KB", tokenizer(
        {"type": "BPE", "vocab": {token: i for i, token in enumerate(pairs)},
         "merges": [f"{a} {a}" for a in pairs[:-1]]}), run
    yield "64 replacements that each double a text", word_piece(["a"], normalizer=doubling), b"a"
    yield "the same while an added token is read", word_piece(
        ["a"], normalizer=doubling, added_tokens=[{"id": 1, "content": "a", "normalized": True}]), b"x"
    yield "19 replacements that each double a text and an added token", word_piece(
        ["a"], normalizer=sequence("normalizers", [replace("a", "aa")] * 19),
        added_tokens=[{"id": 1, "content": "aa", "normalized": True}]), b"a"
    yield "Unigram: a token of 19 KB in a text that repeats its beginning", tokenizer(
        {"type": "Unigram", "unk_id": 0, "vocab": [["u", 0], ["a", -1], ["a" * 19000 + "b", -2]]}), run
    yield "a replacement of 19 KB for each letter", word_piece(
        ["a"], normalizer=replace("a", "b" * 19000)), run
    yield "64 replacements by what was there", word_piece(
        ["a"], normalizer=sequence("normalizers", [replace("a", "a")] * 64)), run
    yield "64 changes of the form of each character", word_piece(["a"], normalizer=sequence(
        "normalizers", [{"type": kind} for kind in ("NFKD", "NFKC")] * 32)), "\uac00".encode() * 6800
    yield "a pattern of 2^18 paths after a split into letters", word_piece(["a"], pre_tokenizer=sequence(
        "pretokenizers", [split("."), split("(?:|(?:)){18}b")])), run
    yield "a pattern that fails late at every letter", word_piece(
        ["a"], pre_tokenizer=split("(?:a|aa)+b")), run
    yield "64 patterns of large counts", word_piece(["a"], pre_tokenizer=sequence(
        "pretokenizers", [split("(?:(?:ab){1000}){21}")] * 64)), words
    yield "500 added tokens", word_piece(["a"], added_tokens=[
        {"id": i + 1, "content": "a" * (i % 20 + 1) + str(i)} for i in range(500)]), words
    yield "2,000 pieces of a template", word_piece(["a"], post_processor={
        "type": "TemplateProcessing", "special_tokens": {"x": {"id": "x", "ids": [1] * 1900, "tokens": []}},
        "single": [{"Sequence": {"id": "A"}}] + [{"SpecialToken": {"id": "x"}}] * 500}), b"a"
    yield "texts filled up to a million tokens", word_piece(["a"], truncation={
        "max_length": 1 << 20, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}), b"a"
    yield "brackets nested 9,000 deep", b"[" * 9000, b"a"
    yield "a pattern of brackets nested 9,000 deep", word_piece(
        ["a"], pre_tokenizer=split("(?:" * 4000 + "a" + ")" * 4000)), run


def run_cost(program, *paths):
    """The columns that the program prints; what went wrong where it does not."""
    out = subprocess.run([program, *paths], capture_output=True, text=True, timeout=600)
    if out.returncode != 0:
        return None, f"ended with status {out.returncode}"
    *numbers, message = out.stdout.rstrip("\n").split("\t")
    return [float(number) for number in numbers], message


def beyond_small(seconds, memory):
    return seconds > SMALL_SECONDS or memory > SMALL_MEMORY


def tokenizer_table(program):
    """Prints the table of tokenizers; returns the rows beyond the limits."""
    exceeded = []
    print("| tokenizer and text | bytes | result | s | MB |\n| --- | ---: | --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("tokenizer.json", "text")]
        for what, *files in hostile_tokenizers():
            if max(map(len, files)) > SMALL:
                raise ValueError(f"{what}: {list(map(len, files))} bytes")
            for path, data in zip(paths, files):
                path.write_bytes(data)
            measured, message = run_cost(program, *paths)
            if measured is None:
                exceeded.append(f"{what}: {message}")
                continue
            tokens, seconds, memory = measured
            result = f"{tokens:,.0f} tokens" if tokens else "refused"
            print(f"| {what} | {sum(map(len, files)):,} | {result} | {seconds:.2f} | "
                  f"{memory / 1e6:.0f} |", flush=True)
            if message:
                print(f"{what}: {message}", file=sys.stderr)
            if beyond_small(seconds, memory):
                exceeded.append(f"{what}: {seconds:.2f} s, {memory / 1e6:.0f} MB")
    return exceeded


def table(files, builds, of_pixels):
    """Prints a table; returns the rows beyond the limits. `of_pixels`: bytes a pixel by build."""
    exceeded = []
    unit = "bytes a pixel" if of_pixels else "MB"
    print("| format | file | bytes |" +
          "".join(f" {name}: result | {name}: s | {name}: {unit} |" for name in builds))
    print("| --- | --- | ---: |" + " --- | ---: | ---: |" * len(builds))
    with tempfile.TemporaryDirectory() as folder:
        for kind, what, data in files:
            if not of_pixels and len(data) > SMALL:
                raise ValueError(f"{kind}, {what}: {len(data)} bytes")
            path = pathlib.Path(folder) / "file"
            path.write_bytes(data)
            row = f"| {kind} | {what} | {len(data):,} |"
            for name, program in builds.items():
                measured, message = run_cost(program, path)
                if measured is None:
                    exceeded.append(f"{kind}, {what}, {name}: {message}")
                    row += f" {message} | | |"
                    continue
                width, height, seconds, memory = measured
                pixels = width * height
                result = f"{pixels / 1e6:.1f} MP" if pixels else "refused"
                if of_pixels:
                    share = memory / pixels if pixels else 0
                    row += f" {result} | {seconds:.2f} | {share:.1f} |"
                    # A format that is not built in is refused, and no other.
                    refused = not pixels and "EIGENVIT_WITH_" not in message
                    beyond = refused or round(share, 1) > of_pixels(name, kind, what)
                else:
                    row += f" {result} | {seconds:.2f} | {memory / 1e6:.0f} |"
                    beyond = beyond_small(seconds, memory)
                if beyond:
                    exceeded.append(f"{kind}, {what}, {name}: {seconds:.2f} s, {memory / 1e6:.0f} MB")
                if message:
                    print(f"{kind}, {what}, {name}: {message}", file=sys.stderr)
            print(row, flush=True)
    return exceeded


def most_bytes(name, kind, what):
    """The most bytes a pixel. libwebp holds lossless pictures in four of its own."""
    if name == "built in":
        return 12
    return 10 if "progressive" in what else 7 if kind == "WebP" else 6


def main():
    builds = dict(argument.split("=", 1) for argument in sys.argv[2:])
    exceeded = tokenizer_table(sys.argv[1])
    print()
    exceeded += table(hostile(), builds, None)
    print()
    exceeded += table(largest(), builds, most_bytes)
    for row in exceeded:
        print("Beyond the limit:", row, file=sys.stderr)
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
