"""Makes tests/golden/jpeg/: small JPEGs of kinds that cameras, tools and accidents leave, and what Pillow
makes of them.

Usage: python tests/golden/make_jpeg.py

Needs pillow and numpy; versions.txt says which the committed files were made with. All pictures come
from seeds.

decode.txt   file width height offset: Pillow's pixels in decode.bin
refused.txt  file part of the message: what Pillow refuses, but for those that Pillow's libjpeg alone
             decodes (arithmetic.jpg, lossless.jpg)
"""
import io
import pathlib
import random
import shutil
import struct
import warnings

import numpy as np
import PIL.features
from PIL import Image

OUT = pathlib.Path(__file__).parent / "jpeg"
EOI = b"\xff\xd9"


def picture(width, height, channels, seed):
    """A slope, a wave and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.RandomState(seed).randn(height, width, channels) * 6
    waves = [110 + 3 * x - 2 * y + 60 * np.sin(x / (3 + c) + y / (5 - c) + c) for c in range(channels)]
    pixels = np.clip(np.stack(waves, 2) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, {1: "L", 3: "RGB", 4: "CMYK"}[channels])


def jpeg(width=19, height=11, channels=3, seed=1, **options):
    file = io.BytesIO()
    picture(width, height, channels, seed).save(file, "JPEG", **{"quality": 60, **options})
    return Jpeg(file.getvalue())


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


class Jpeg:
    """The segments of a file, a scan with its data in one: [marker, bytes]."""

    def __init__(self, data):
        self.parts, at = [], 2
        while data[at + 1] != 0xD9:
            marker = data[at + 1]
            end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
            if marker == 0xDA:
                while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                    end += 1
            self.parts.append([marker, bytearray(data[at:end])])
            at = end

    def bytes(self, end=EOI):
        return b"\xff\xd8" + b"".join(part for _, part in self.parts) + end

    def find(self, *markers):
        return next(part for marker, part in self.parts if marker in markers)

    def frame(self):
        return self.find(0xC0, 0xC1, 0xC2)

    def scans(self):
        return [i for i, (marker, _) in enumerate(self.parts) if marker == 0xDA]

    def without(self, *markers):
        self.parts = [part for part in self.parts if part[0] not in markers]
        return self

    def insert(self, before, data):
        """Puts bytes before the first segment of a kind."""
        at = next(i for i, (marker, _) in enumerate(self.parts) if marker == before)
        self.parts.insert(at, [None, bytearray(data)])
        return self

    def factors(self, *factors):
        for i, factor in enumerate(factors):
            self.frame()[11 + 3 * i] = factor
        return self

    def numbers(self, *numbers):
        for i, number in enumerate(numbers):
            self.frame()[10 + 3 * i] = number
            for scan in self.scans():
                self.parts[scan][1][5 + 2 * i] = number
        return self

    def edit_scan(self, edit, scan=0):
        """`edit` takes the header and the data of a scan and gives the data."""
        part = self.parts[self.scans()[scan]]
        header = 2 + struct.unpack_from(">H", part[1], 2)[0]
        part[1] = part[1][:header] + bytes(edit(bytes(part[1][header:])))
        return self


ADOBE = {n: segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([n])) for n in range(4)}


def restarts(data):
    return [i for i in range(len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]


def samplings():
    files = {}
    for width in (1, 2, 3, 4, 5, 17):
        for name, factors in (("422", 0x21), ("420", 0x22), ("440", 0x12)):
            files[f"narrow_{name}_{width}"] = jpeg(width, 9, subsampling=0, quality=80).factors(factors).bytes()
    files["411"] = jpeg(35, 18, subsampling="4:1:1").bytes()
    # Factors are put in by hand: the data then means another picture, which is as good.
    for name, factors in {
        "410": (0x42, 0x11, 0x11), "h3": (0x31, 0x11, 0x11), "v3": (0x13, 0x11, 0x11), "v4": (0x14, 0x11, 0x12),
        "luma_small": (0x11, 0x22, 0x21), "mixed": (0x22, 0x12, 0x21), "h4_2": (0x41, 0x21, 0x11),
        "half_of_four": (0x14, 0x12, 0x11), "all_2": (0x22, 0x21, 0x11),
    }.items():
        files[f"factors_{name}"] = jpeg(35, 19, subsampling=0, quality=80).factors(*factors).bytes()
    files["grey_2x2"] = jpeg(29, 27, 1).factors(0x22).bytes()
    files["grey_4x4_progressive"] = jpeg(29, 37, 1, progressive=True).factors(0x44).bytes()
    return files


def colour_spaces():
    plain = lambda channels, **options: jpeg(19, 13, channels, **options).without(0xE0, 0xEE)
    files = {"cmyk": jpeg(19, 13, 4).bytes(), "cmyk_no_adobe": plain(4).bytes(), "rgb_ids": plain(3, subsampling=0).numbers(82, 71, 66).bytes()}
    for transform, marker in ADOBE.items():
        files[f"three_adobe{transform}"] = plain(3).insert(0xDB, marker).bytes()
        files[f"four_adobe{transform}"] = plain(4).insert(0xDB, marker).bytes()
    files["rgb_ids_jfif"] = jpeg(19, 13, subsampling=0).numbers(82, 71, 66).bytes()
    files["rgb_ids_adobe1"] = plain(3).numbers(82, 71, 66).insert(0xDB, ADOBE[1]).bytes()
    files["jfif_adobe0"] = jpeg(19, 13).insert(0xDB, ADOBE[0]).bytes()
    files["ids_alike"] = jpeg(19, 13).numbers(1, 1, 1).bytes()
    files["ids_from_zero"] = plain(3).numbers(0, 1, 2).bytes()
    files["four_420_adobe2"] = plain(4).factors(0x22, 0x11, 0x11, 0x22).insert(0xDB, ADOBE[2]).bytes()
    return files


def streams():
    """Segments and markers in odd places."""
    files = {"no_tables": jpeg().without(0xC4).bytes(), "no_tables_grey": jpeg(channels=1).without(0xC4).bytes()}
    files["avi1"] = jpeg(subsampling=1).without(0xC4, 0xE0).insert(0xDB, segment(0xE0, b"AVI1\0\0\0\0")).bytes()
    for name, junk in {"zeros": b"\0" * 5, "fill": b"\xff" * 4, "stuffed": b"\xff\0\x12\xff\0"}.items():
        for before, marker in {"frame": 0xC0, "scan": 0xDA}.items():
            files[f"stray_{name}_{before}"] = jpeg().insert(marker, junk).bytes()
        files[f"stray_{name}_end"] = jpeg().bytes(junk + EOI)
    for name, values in {"zero": (0, 0, 0), "ones": (255, 255, 255), "progressive": (1, 63, 0)}.items():
        file = jpeg()
        scan = file.parts[file.scans()[0]][1]
        at = 2 + struct.unpack_from(">H", scan, 2)[0] - 3
        scan[at:at + 3] = bytes(values)
        files[f"scan_parameters_{name}"] = file.bytes()
    files["restart_before_end"] = jpeg().bytes(b"\xff\xd0" + EOI)
    files["tables_first"] = b"\xff\xd8" + b"".join(bytes(p) for m, p in jpeg().parts if m in (0xDB, 0xC4)) + EOI + jpeg().without(0xDB, 0xC4).bytes()
    files["lines_segment"] = jpeg().insert(0xDA, segment(0xDC, b"\0\5")).bytes()
    files["after_end"] = jpeg().bytes(EOI + b"\xff\xd8\xff\xda more")
    files["bad_comment_length"] = jpeg().insert(0xDB, b"\xff\xfe\0\0").bytes()
    steps = jpeg()
    table = steps.find(0xDB)[5:69]
    files["steps_16_bits"] = jpeg().without(0xDB).insert(0xC0, segment(0xDB, b"\x10" + b"".join(bytes([0, s]) for s in table)) + segment(0xDB, b"\x11" + b"\x01\x03" * 64)).bytes()
    files["steps_overflow"] = jpeg().without(0xDB).insert(0xC0, segment(0xDB, b"\x10" + b"\xff\xf3\x45\x67" * 32) + segment(0xDB, b"\x11" + b"\x90\x01" * 64)).bytes()
    # One scan a component, each with tables of its own.
    scans = Jpeg(jpeg(subsampling=0).bytes())
    at = scans.scans()[0]
    scans.parts[at:] = []
    for i in range(3):
        grey = jpeg(channels=1, seed=5 + i)
        data = grey.parts[grey.scans()[0]][1][10:]
        tables = [part for part in grey.parts if part[0] == 0xC4]
        scans.parts += tables + [[0xDA, bytearray(segment(0xDA, bytes([1, i + 1, 0, 0, 63, 0])) + data)]]
    files["three_scans"] = scans.bytes()
    files["three_scans_stray"] = Jpeg(scans.bytes()).edit_scan(lambda data: data + b"\x12\0\x34", 0).bytes()
    two = Jpeg(scans.bytes())
    del two.parts[two.scans()[1]]
    files["component_without_scan"] = two.bytes()
    return files


def restart_markers():
    options = {"restart_marker_blocks": 1, "width": 40, "height": 11, "subsampling": 0}
    marked = lambda edit: jpeg(**options).edit_scan(edit).bytes()

    def change(n, number):
        def edit(data):
            at = restarts(data)[n]
            return data[:at + 1] + bytes([0xD0 + number]) + data[at + 2:]
        return edit

    def remove(n):
        return lambda data: data[:restarts(data)[n]] + data[restarts(data)[n] + 2:]

    def insert(n, junk):
        return lambda data: data[:restarts(data)[n]] + junk + data[restarts(data)[n]:]

    files = {"restarts": jpeg(**options).bytes()}
    for number in range(8):
        files[f"restart_2_as_{number}"] = marked(change(2, number))
    files["restart_missing"] = marked(remove(1))
    files["restart_twice"] = marked(insert(1, b"\xff\xd1"))
    files["restart_stray"] = marked(insert(1, b"\x12\x34\xff\0"))
    files["restart_other_marker"] = marked(change(1, 0x15))
    files["restart_invalid_marker"] = marked(change(1, -0x90))
    files["restart_lost_segment"] = marked(lambda data: data[:restarts(data)[0]] + data[restarts(data)[2]:])
    files["restart_progressive"] = jpeg(progressive=True, **options).bytes()
    return files


def incomplete():
    files = {}
    whole = jpeg(35, 29, subsampling=0, progressive=True)
    for count in (1, 2, 3, 5, 8, 10):
        file = Jpeg(whole.bytes())
        file.parts = file.parts[:file.scans()[count - 1] + 1]
        files[f"scans_{count}"] = file.bytes()
    for scan in (0, 1, 3, 9):
        for part in (0, 0.5):
            file = Jpeg(whole.bytes()).edit_scan(lambda data: data[:int(len(data) * part)], scan)
            files[f"scan_{scan}_cut_{part}"] = file.bytes()
    file = jpeg(35, 29, subsampling=0, progressive=True, restart_marker_blocks=2).edit_scan(lambda data: data[:len(data) // 2])
    file.parts = file.parts[:file.scans()[0] + 1]
    files["first_scan_cut"] = file.bytes()
    files["cut_by_marker"] = jpeg(33, 17).edit_scan(lambda data: data[:len(data) // 2]).bytes()
    files["cut_by_restart"] = jpeg(33, 17).edit_scan(lambda data: data[:70] + b"\xff\xd5" + data[70:]).bytes()
    files["no_data"] = jpeg(17, 17).edit_scan(lambda data: b"").bytes()
    return files


def damaged():
    files = {}
    for seed in range(12):
        rng = random.Random(seed)

        def edit(data):
            data = bytearray(data)
            for _ in range(4):
                data[rng.randrange(len(data))] = rng.choice([0, 0xFE, rng.randrange(255)])
            return data

        options = {"progressive": seed % 3 == 2, "subsampling": seed % 2 * 2, "optimize": seed % 4 == 1}
        file = jpeg(25, 17, seed=seed, **options)
        files[f"damaged_{seed}"] = file.edit_scan(edit, rng.randrange(len(file.scans()))).bytes()
    # Before a stuffed zero, far enough from the end that libjpeg decodes the unit in its fast way first.
    def fill(data):
        at = data.index(b"\xff\0", len(data) // 8)
        return data[:at] + b"\xff\xff" + data[at:]

    files["fill_in_data"] = jpeg(56, 40, 1, quality=98).edit_scan(fill).bytes()
    return files


def refused():
    frame = lambda at, value: patched(jpeg(), lambda file: file.frame().__setitem__(at, value))

    def patched(file, change):
        change(file)
        return file.bytes()

    def retyped(kind):
        return patched(jpeg(), lambda file: file.frame().__setitem__(1, kind))

    two = jpeg(channels=1)
    two.frame()[2:] = b"\0\x0e\x08\0\x0b\0\x13\x02" + b"\1\x11\0\2\x11\0"
    twice = jpeg()
    twice.parts.append(twice.parts[twice.scans()[0]])
    bad_progression = jpeg(progressive=True)
    bad_progression.parts[bad_progression.scans()[1]][1][8] = 70
    counts = jpeg()
    counts.find(0xC4)[5:21] = b"\xff" * 16
    ones = jpeg()
    ones.find(0xC4)[5:7] = b"\1\0"
    units = jpeg(subsampling=0).factors(0x44, 0x11, 0x11)
    fractions = jpeg(subsampling=0).factors(0x31, 0x21, 0x11)
    other_table = jpeg()
    other_table.parts[other_table.scans()[0]][1][6] = 0x22
    other_steps = jpeg()
    other_steps.frame()[12] = 3
    component = jpeg()
    component.parts[component.scans()[0]][1][7] = 9
    scan_first = jpeg()
    scan_first.parts.insert(0, scan_first.parts.pop(scan_first.scans()[0]))
    return {
        "no_steps": ("quantisation table 0 is not defined", jpeg().without(0xDB).bytes()),
        "other_steps": ("quantisation table 3 is not defined", other_steps.bytes()),
        "other_table": ("DC Huffman table 2 is not defined", other_table.bytes()),
        "no_tables_progressive": ("Huffman table", jpeg(progressive=True).without(0xC4).bytes()),
        "table_counts": ("broken Huffman table", counts.bytes()),
        "table_of_ones": ("DC Huffman table 0 is broken", ones.bytes()),
        "twelve_bits": ("12 bits", frame(4, 12)),
        "no_height": ("with pixels", frame(6, 0)),
        "two_components": ("found 2", two.bytes()),
        "arithmetic": ("arithmetic-coded", retyped(0xC9)),
        "lossless": ("lossless", retyped(0xC3)),
        "hierarchical": ("hierarchical", retyped(0xC5)),
        "factor_zero": ("sampling factors", frame(11, 0x20)),
        "factor_five": ("sampling factors", frame(11, 0x51)),
        "factors_3_2": ("sampling factors", fractions.bytes()),
        "unit_too_large": ("10 blocks in a unit, found 18", units.bytes()),
        "second_frame": ("second frame", jpeg().insert(0xDA, jpeg().frame()).bytes()),
        "second_start": ("second start", jpeg().insert(0xDA, b"\xff\xd8").bytes()),
        "second_scan": ("another scan", twice.bytes()),
        "scan_first": ("before its frame", scan_first.bytes()),
        "unknown_component": ("not in its frame", component.bytes()),
        "unknown_marker": ("unknown marker", jpeg().insert(0xDA, b"\xff\xf3").bytes()),
        "bad_progression": ("coefficients 1 to 70", bad_progression.bytes()),
        "restart_length": ("broken restart interval", jpeg().insert(0xDA, segment(0xDD, b"\0\1\0")).bytes()),
        "steps_length": ("broken quantisation table", jpeg().insert(0xDA, segment(0xDB, b"\0" + b"\1" * 60)).bytes()),
        "steps_index": ("broken quantisation table", jpeg().insert(0xDA, segment(0xDB, b"\7" + b"\1" * 64)).bytes()),
        "no_scan": ("truncated", jpeg().bytes()[:300]),
        "no_image": ("no image", jpeg().without(0xDA).bytes()),
        "conditioning": ("arithmetic conditioning", jpeg().insert(0xDA, segment(0xCC, b"\0\x0f")).bytes()),
        "half": ("truncated", jpeg().bytes()[:-40]),
        "no_end_progressive": ("truncated", jpeg(progressive=True).bytes(b"")),
    }


def ends():
    """Files without their end marker: whether they are truncated depends on the last bits."""
    kinds = {}
    for seed in range(200):
        data = jpeg(16 + seed % 24, 15, seed=seed, quality=75).bytes(b"")
        kinds.setdefault("no_end" if pillow(data) is not None else "no_end_truncated", data)
        data = jpeg(16 + seed % 24, 15, seed=seed, quality=75).bytes(b"\0" * (seed % 8))
        if seed % 8 > 0:
            kinds.setdefault("zeros_for_end" if pillow(data) is not None else "zeros_for_end_truncated", data)
    return kinds


def pillow(data):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except (OSError, SyntaxError):
        return None


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    (OUT / "versions.txt").write_text(f"pillow {PIL.__version__} libjpeg-turbo {PIL.features.version_feature('libjpeg_turbo')}\n")
    accepted = {**samplings(), **colour_spaces(), **streams(), **restart_markers(), **incomplete(), **damaged()}
    refusals = refused()
    for name, data in ends().items():
        if name.endswith("truncated"):
            refusals[name] = ("truncated", data)
        else:
            accepted[name] = data
    lines, pixels = [], bytearray()
    for name, data in accepted.items():
        expected = pillow(data)
        assert expected is not None, name
        (OUT / f"{name}.jpg").write_bytes(data)
        lines.append(f"{name}.jpg {expected.shape[1]} {expected.shape[0]} {len(pixels)}\n")
        pixels += expected.tobytes()
    (OUT / "decode.txt").write_text("".join(lines))
    (OUT / "decode.bin").write_bytes(pixels)
    for name, (_, data) in refusals.items():
        assert name in ("arithmetic", "lossless") or pillow(data) is None, name
        (OUT / f"{name}.jpg").write_bytes(data)
    (OUT / "refused.txt").write_text("".join(f"{name}.jpg {message}\n" for name, (message, _) in refusals.items()))


if __name__ == "__main__":
    main()
