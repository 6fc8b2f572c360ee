"""Makes what tests of repairing texts compare with, of random texts of the web:

    text_repair/texts.bin      texts, and what OpenCLIP's cleaning makes of each
    text_repair/signs.bin      texts of some characters, and 1 where ftfy takes them for wrongly decoded, else 0
    text_repair/encodings.bin  the characters of the bytes from 0x80 on in each encoding that ftfy tries

    python tests/golden/make_text_repair.py [--count N] [FOLDER]

with Python 3.11 and ftfy 6.3.1. Each text is a number of 32 bits, the lowest byte first, and as many bytes of UTF-8.
"""

import argparse
import html
import os
import re
import struct

import ftfy
from ftfy import badness, chardata
from random_texts import SplitMix64, random_text

NAMES = sorted(html.entities.html5)
PARTS = ("&", "&amp;", "&amp;amp;", "&#", "&#x", ";", "<", "<b>", "\r\n", "\r", "\n", "\x1b[0m", "\x1b[31;1mred",
         "\x1b[", "\x1b", "\u201cquoted\u201d", "don\u2019t", "\u2018a\u2019", "\ufb01ne", "\u0149", "\u01c4",
         "\uff21\uff22", "\uff76\uff9e", "\uffe3", "\u3000", "\u2028", "\x85", "\x92", "\x9d", "\ufeff", "\u206a",
         "\ufff9", "e\u0301", "\x0b", "\x0c", "\x7f", "&BNE;", "&SZLIG;", "&NAPOS;", "&FFILIG;", "&GTCC;", "&EACUTE;",
         "&eACUTE;", "&notit;", "&ltfoo", "&copy2024", "&CounterClockwiseContourIntegral;", "&#59;", "&#x3B;", "&#0;",
         "&#xD800;", "&#1114112;", "&#99999999999999;", "&#x80;", "&#129;", "&#11;", "&#xFFFE;", "&#12a;",
         "\uff06amp\uff1b", "\x1b\uff3b\u0663m")  # fmt: skip


ENCODINGS = chardata.CHARMAP_ENCODINGS
# Of many scripts, and with what the repair treats in its own ways: letters whose UTF-8 has the byte 0xA0, beside words
# that decide what a space is; characters beyond 16 bits, and U+0000.
WHOLE = ("s\u00f3", "caf\u00e9", "na\u00efve fa\u00e7ade", "\u00e0 la mode", "\u00e0s vezes", "\u00e0quele",
         "voil\u00e0 ", "f\u00e0cil", "\u0420\u0443\u0441\u0441\u043a\u0438\u0439 \u0442\u0435\u043a\u0441\u0442",
         "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u03a0", "\u0645\u0631\u062d\u0628\u0627 \u0661\u0660",
         "\u05e9\u05dc\u05d5\u05dd", "\u65e5\u672c\u8a9e", "\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8",
         "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e44\u0e17\u0e22", "\U0001f600\U0001f44d\U0001f3fd",
         "\u20ac5 \u00b12\u00b0", "\u2026\u2013\u2014", "\u00bd\u00b2\u00d7\u00f7",
         "\u0141\u00f3d\u017a \u017elu\u0165ou\u010dk\u00fd", "\u0130stanbul \u0131\u015f\u0131k",
         "\u00bfqu\u00e9? \u00a1\u00f1and\u00fa!", "\U0001d4b3\U00010330", "a\u00a0b", "\0", "\u201cquoted\u201d",
         "don\u2019t \u2018a\u2019", "\u0160koda \u010d\u00e1st", "\u2502\u250c\u2500\u2510", "\u2714 \u2603",
         "\u0101\u010d\u0113\u0123", "\u00dc\u00fc\u00df\u00c5\u00e5", "\ufb01\ufb02\uf8ff")  # fmt: skip
# What is unlikely beside what, apart from the categories of characters.
SEQUENCES = ("\u0152 ", "\u0153a", "\u00c2\u20ac", "\u00c3 ", "a\u00c2 ", "a \u00c3 ", "\u00d7\u00b2",
             "\u00d8\u00a7\u00d9\u2026", "\u00d9\u0178\u00d8\u00b0", "\u00e0\u00b5", "\u221a\u00b1", "\u2248\u00b0",
             "\u201a\u00c4\u00ec", "\u201a\u00e2\u00e0", "\u201a\u00f3\u00b0", "\u0432\u0402", "\u0412\u00b5\u0413",
             "\u0420\u00b0\u0421", "\u0413\u045e\u0412\u0402\u0412\u2122 ", "\u0413\u045e\u0412\u0402\u0412\na",
             "?\u00c2 ", "\u2122\u00c2 ", "\u03b2\u20ac\u0386", "\u0392\u00b0\u039e", "\u0392\u00b5\u039e",
             "\u0101\u20ac", "\u00c0\u00b0", "\u00fc\u00bd", "\u00c4\u2018_", "\u00e9\u2018\u0663",
             "\x1f\u00c1\u20ac", "\u0192")  # fmt: skip


# Bytes of whole lines, by the encoding that reads them wrongly: surrogates, U+0000 and what is lost of them, spaces.
LINES = ((0, b"\xc3\xa9 \xed\xa0\xbd\xed\xb8\x80"), (0, b"\xc3\xa9 \xed\xa0\xbd\xed\xb8\n"), (0, b"\xc3\xa9 \xc0\n"),
         (0, b"\xc3\xa9 \xc0\x80a"), (0, b"\xc3\xa9 \xc0"), (0, b"\xc3\xa9 \xed\xb8\x80\xed\xa0\xbd"),
         (1, b"\xc3\xa9 \xed\xa0?\xed\xb8\x80"), (1, b"\xc3\xa9 \xed\xa0\xbd\xed\xb8\x1a\xed\x95?"),
         (1, b"\xc3\xa9 \xe2\x80\x1a \xe2?\x80 \xf0\x9f\x1a? \xc4\x1a \xc3?"), (1, b"\xc3\xa9 \xe2??"),
         (1, b"\xc3\xa9 \xf0\x9f? \x1a"), (1, b"f\xc3 cil \xc3 s vezes \xc3 quele \xc3  la \xc3"),
         (0, b"\xc3\xa9 \xe2 \x80 \xe1\x80  \xe3 \x85"), (0, b"\xf0 \x9f\x98\xf0\x9f \x98\xf0\x9f\x98 \xc3\xa9"))  # fmt: skip


def _characters(pattern):
    """The characters of brackets of a regular expression."""
    return [chr(code) for first, last in re.findall("(.)(?:-(.))?", pattern, re.DOTALL)
            for code in range(ord(first), ord(last or first) + 1)]  # fmt: skip


KINDS = [_characters(pattern) for pattern in badness.MOJIBAKE_CATEGORIES.values()]
KINDS.append(list(" aZ_.?1\n\u0663\u4e2d\u2019\u00df"))


def surrogates(text):
    """UTF-8 of UTF-16, and two bytes for U+0000."""
    units = text.encode("utf-16-le")
    characters = "".join(chr(unit) for unit in struct.unpack(f"<{len(units) // 2}H", units))
    return characters.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def misread(text, random):
    """A text whose UTF-8 was read by a wrong encoding, once or twice, and may have lost bytes before or after."""
    encoding = ENCODINGS[random.next(len(ENCODINGS)) if random.next(4) else random.next(2)]
    for _ in range(1 if random.next(4) else 2):
        data = text.encode() if random.next(8) else surrogates(text)
        damage = random.next(8)
        if damage == 0:
            data = data.replace(b"\xa0", b" ")
        elif damage == 1:
            places = [i for i, byte in enumerate(data) if byte >= 0x80]
            if places:
                place = places[random.next(len(places))]
                data = data[:place] + (b"\x1a", b"?", b" ", b"")[random.next(4)] + data[place + 1 :]
        elif damage == 2:
            data += (b"\xc0", b"\xc3 ", b"\xed\xa0\xbd\xed\xb8", b"\xe2\x80")[random.next(4)]
        text = data.decode(encoding)
        if random.next(16) == 0:
            encoding = ENCODINGS[random.next(len(ENCODINGS))]
    return text


def sign(random):
    """Some characters that may be unlikely beside each other."""
    if random.next(4) == 0:
        return SEQUENCES[random.next(len(SEQUENCES))]
    characters = ""
    for _ in range(1 + random.next(4)):
        kind = KINDS[random.next(len(KINDS))]
        characters += kind[random.next(len(kind))]
    return characters


def word(random):
    words = random_text(random.next(1 << 30)).split(" ")
    return words[random.next(len(words))][:20]


def text_of(number):
    random = SplitMix64(number)
    if random.next(32) == 0:
        encoding, data = LINES[random.next(len(LINES))]
        return data.decode(ENCODINGS[encoding])
    text = ""
    for _ in range(1 + random.next(6)):
        kind = random.next(16)
        if kind < 3:
            text += PARTS[random.next(len(PARTS))]
        elif kind == 3:
            name = NAMES[random.next(len(NAMES))]
            text += "&" + (name, name.upper(), name.rstrip(";"), name[:-1] + "x")[random.next(4)]
        elif kind == 4:
            text += ("&#%d;", "&#x%X;", "&#X%x", "&#%d")[random.next(4)] % random.next(1 << (4 + random.next(18)))
        elif kind < 8:
            text += word(random)
        elif kind < 10:
            text += WHOLE[random.next(len(WHOLE))]
        elif kind < 14:
            text += misread(WHOLE[random.next(len(WHOLE))] if random.next(4) else word(random), random)
        else:
            text += sign(random)
        text += " " * random.next(2)
    if random.next(6) == 0:
        text = misread(text, random)
    if random.next(8) == 0:
        text += "\n"
    return text


def cleaned(text):
    return html.unescape(html.unescape(ftfy.fix_text(text)))


def write(folder, name, texts):
    with open(os.path.join(folder, name), "wb") as file:
        for text in texts:
            data = text.encode()
            file.write(struct.pack("<I", len(data)) + data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text_repair")
    parser.add_argument("folder", nargs="?", default=folder)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    texts = [text_of(number) for number in range(options.count)]
    write(options.folder, "texts.bin", [both for text in texts for both in (text, cleaned(text))])
    signs = [sign(SplitMix64(number)) for number in range(options.count)]
    write(options.folder, "signs.bin", [both for text in signs for both in (text, str(int(badness.is_bad(text))))])
    write(options.folder, "encodings.bin", [bytes(range(0x80, 0x100)).decode(encoding) for encoding in ENCODINGS])


if __name__ == "__main__":
    main()
