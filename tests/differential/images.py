"""Random files of image formats, every second one damaged, decoded by both sides."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageOps

from case import Case
from program import Refused

# The passes of Adam7: first column, first row, steps.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
BMP_MASKS = {16: ((0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)),
             32: ((0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF, 0xFF00, 0xFF0000, 0xFF000000))}


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def mend_checksums(png: bytearray) -> None:
    at = 8
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at:at + 4], "big")
        if end > len(png):
            return
        png[end - 4:end] = struct.pack(">I", zlib.crc32(bytes(png[at + 4:end - 4])))
        at = end


class Images:
    bound = 0.0

    def __init__(self, random: Random, _scratch: Path):
        self.random = random
        self.noise = np.random.default_rng(random.randrange(1 << 32))

    def make(self, number: int) -> Case:
        name = ("jpeg", "png", "bmp", "tga", "pnm", "gif")[number % 6]
        file = bytearray(getattr(self, name)())
        if number // 6 % 2 == 1:
            self.damage(file)
            if name == "png" and self.random.random() < 0.7:
                mend_checksums(file)
        content = bytes(file)

        def theirs() -> dict[str, np.ndarray]:
            try:
                image = Image.open(io.BytesIO(content))
                image.load()
                return {"pixels": np.asarray(ImageOps.exif_transpose(image).convert("RGB"), np.float32)}
            # Pillow's plugins raise whatever their parsing comes to.
            except Exception as error:
                raise Refused(f"{type(error).__name__} {error}".partition(" at 0x")[0]) from error

        return Case(f"{len(content)} bytes", lambda program: program.decode(content), theirs, content,
                    f"{number}.{name}")

    def damage(self, file: bytearray) -> None:
        random = self.random
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            if not file:
                return
            at = random.randrange(len(file) if random.random() < 0.5 else min(len(file), 80))
            kind = random.randrange(6)
            if kind == 0:
                file[at] = random.randrange(256)
            elif kind == 1:
                file[at] ^= 1 << random.randrange(8)
            elif kind == 2:
                del file[at:at + random.randint(1, 8)]
            elif kind == 3:
                file[at:at] = random.randbytes(random.randint(1, 8))
            elif kind == 4:
                file[at:at] = bytes([0xFF, random.choice((0, 0xD0, 0xD7, 0xD9, 0xFE, 0xFF))])
            elif random.random() < 0.5:
                del file[at:]

    def size(self) -> tuple[int, int]:
        most = self.random.choice((9, 60))
        return self.random.randint(1, most), self.random.randint(1, most)

    def bytes(self, count: int, least: int = 0, below: int = 256) -> bytes:
        return self.noise.integers(least, below, count, dtype=np.uint8).tobytes()

    def pixels(self, channels: int) -> np.ndarray:
        """Noise, a gradient, or squares of one colour."""
        width, height = self.size()
        kind = self.random.randrange(3)
        if kind == 0:
            return self.noise.integers(0, 256, (height, width, channels), dtype=np.uint8)
        y, x = np.mgrid[:height, :width]
        if kind == 1:
            steps = self.noise.integers(0, 10, (2, channels))
            return ((x[..., None] * steps[0] + y[..., None] * steps[1]) % 256).astype(np.uint8)
        squares = self.noise.integers(0, 256, (height // 8 + 1, width // 8 + 1, channels), dtype=np.uint8)
        return squares[y // 8, x // 8]

    def exif(self) -> bytes:
        return b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x112, 3, 1, self.random.randint(0, 9), 0) + bytes(4)

    def jpeg(self) -> bytes:
        random = self.random
        mode = random.choice(("RGB", "RGB", "RGB", "L", "CMYK"))
        pixels = self.pixels({"RGB": 3, "L": 1, "CMYK": 4}[mode])
        options = dict(quality=random.choice((1, 10, 50, 75, 95, 100)), progressive=random.random() < 0.4,
                       optimize=random.random() < 0.3)
        if mode == "RGB":
            options["subsampling"] = random.choice(("4:4:4", "4:2:2", "4:2:0"))
        if random.random() < 0.3:
            options[random.choice(("restart_marker_blocks", "restart_marker_rows"))] = random.randint(1, 5)
        if random.random() < 0.1:
            options["exif"] = b"Exif\0\0" + self.exif()
        file = io.BytesIO()
        Image.fromarray(pixels[..., 0] if mode == "L" else pixels, mode).save(file, "JPEG", **options)
        return file.getvalue()

    def png(self) -> bytes:
        random, (width, height) = self.random, self.size()
        colour = random.choice(tuple(PNG_CHANNELS))
        depth = random.choice(PNG_DEPTHS[colour])
        interlaced = random.random() < 0.3
        bits = depth * PNG_CHANNELS[colour]
        rows = b""
        for left, top, step_x, step_y in ADAM7 if interlaced else ((0, 0, 1, 1),):
            columns = (width - left + step_x - 1) // step_x
            if columns > 0:
                for _ in range((height - top + step_y - 1) // step_y):
                    rows += bytes([random.randrange(5)]) + self.bytes((columns * bits + 7) // 8)
        chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))]
        if random.random() < 0.1:
            chunks.append(chunk(b"gAMA", struct.pack(">I", 45455)))
        if colour == 3:
            chunks.append(chunk(b"PLTE", self.bytes(3 * random.choice((1, 2, 1 << depth)))))
        if random.random() < 0.3 and colour in (0, 2, 3):
            chunks.append(chunk(b"tRNS", self.bytes(1 << depth) if colour == 3
                                else self.bytes(2 * PNG_CHANNELS[colour], below=2)))
        if random.random() < 0.1:
            chunks.append(chunk(b"eXIf", self.exif()))
        data = zlib.compress(rows, random.choice((0, 1, 9)))
        step = random.choice((len(data), random.randint(1, 50)))
        chunks += [chunk(b"IDAT", data[at:at + step]) for at in range(0, len(data), step)]
        chunks.append(chunk(b"tEXt", b"Comment\0at the end"))
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")

    def bmp_runs(self, width: int, height: int, bits: int) -> bytes:
        random, data = self.random, b""
        for _ in range(height):
            x = 0
            while x < width:
                count = random.randint(1, min(255, width - x))
                if random.random() < 0.5 or count < 3:
                    data += bytes([count]) + self.bytes(1)
                else:
                    literal = self.bytes(count if bits == 8 else (count + 1) // 2)
                    data += bytes([0, count]) + literal + bytes(len(literal) % 2)
                x += count
            data += b"\0\0"
        return data + b"\0\1"

    def bmp(self) -> bytes:
        random, (width, height) = self.random, self.size()
        bits, header_size = random.choice((1, 4, 8, 16, 24, 32)), random.choice((12, 40, 40, 40, 56, 108, 124))
        modern = header_size >= 40
        runs = modern and bits in (4, 8) and random.random() < 0.4
        masks = struct.pack("<4I", *random.choice(BMP_MASKS[bits])) if modern and bits in (16, 32) and random.random() < 0.6 else b""
        downwards = modern and not runs and random.random() < 0.2
        compression = (3 if masks else 1 + (bits == 4) if runs else 0)
        data = self.bmp_runs(width, height, bits) if runs else self.bytes((width * bits + 31) // 32 * 4 * height)
        colours = 1 << bits if bits <= 8 else 0
        palette = self.bytes(colours * (4 if modern else 3))
        if modern:
            header = struct.pack("<IiiHHIIiiII", header_size, width, -height if downwards else height, 1, bits, compression,
                                 random.choice((0, len(data))), 2835, 2835, random.choice((0, colours)), 0)
            header += masks[:16 if header_size >= 56 else 12]
            header = header.ljust(header_size, b"\0")
        else:
            header = struct.pack("<IHHHH", 12, width, height, 1, bits)
        begin = 14 + len(header) + len(palette)
        return b"BM" + struct.pack("<IHHI", begin + len(data), 0, 0, begin) + header + palette + data

    def tga(self) -> bytes:
        random, (width, height) = self.random, self.size()
        kind, packed = random.choice((1, 2, 3)), random.random() < 0.5
        bits = {1: 8, 2: random.choice((16, 24, 32)), 3: 8}[kind]
        colours = random.randint(1, 256) if kind == 1 else 0
        entry = random.choice((16, 24, 32)) if kind == 1 else 0
        size = bits // 8
        data = self.bytes(width * height * size, below=colours or 256)
        if packed:
            # Pillow takes no run that goes on in the next row.
            unpacked, data = [data[at:at + size] for at in range(0, len(data), size)], b""
            for row in range(height):
                x = 0
                while x < width:
                    count = random.randint(1, min(128, width - x))
                    pixels = unpacked[row * width + x:row * width + x + count]
                    repeated = random.random() < 0.5
                    data += bytes([count - 1 + 128 * repeated]) + (pixels[0] if repeated else b"".join(pixels))
                    x += count
        flags = random.choice((0, 0x20)) | (8 if bits == 32 else 0)
        header = struct.pack("<BBBHHBHHHHBB", 0, kind == 1, kind + 8 * packed, 0, colours, entry, 0, 0, width, height, bits, flags)
        return header + self.bytes(colours * entry // 8) + data

    def pnm(self) -> bytes:
        random, (width, height) = self.random, self.size()
        kind, most = random.randint(1, 6), random.choice((255, 255, 1, 15, 100, 1000, 65535))
        count = width * height * (3 if kind in (3, 6) else 1)

        def gap() -> bytes:
            return random.choice((b" ", b"\n", b"\t", b"  ", b"\n# words\n", b"\r\n"))

        file = b"P%d" % kind + gap() + b"%d" % width + gap() + b"%d" % height
        if kind not in (1, 4):
            file += gap() + b"%d" % most
        if kind == 4:
            return file + b"\n" + self.bytes((width + 7) // 8 * height)
        values = self.noise.integers(0, 2 if kind == 1 else most + 1, count)
        if kind < 4:
            return file + gap() + b"".join(b"%d" % value + gap() for value in values)
        return file + b"\n" + values.astype(">u2" if most > 255 else np.uint8).tobytes()

    def gif(self) -> bytes:
        random = self.random
        image = Image.fromarray(self.pixels(1)[..., 0], random.choice("LP"))
        if image.mode == "P":
            image.putpalette(self.bytes(3 * random.choice((2, 16, 100, 256))))
        options = dict(interlace=random.randrange(2))
        if random.random() < 0.3:
            options["transparency"] = random.randrange(256)
        if random.random() < 0.3:
            options |= dict(save_all=True, append_images=[image.rotate(90)], duration=10)
        file = io.BytesIO()
        image.save(file, "GIF", **options)
        return file.getvalue()
