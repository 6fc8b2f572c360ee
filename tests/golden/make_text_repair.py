"""Makes text_repair/texts.bin: random texts of the web, and what OpenCLIP's cleaning makes of them.

    python tests/golden/make_text_repair.py [--count N] [OUTPUT]

with Python 3.11 and ftfy 6.3.1, without its `fix_encoding`. Each text, and then what becomes of it, is a
number of 32 bits, the lowest byte first, and as many bytes of UTF-8.
"""

import argparse
import html
import os
import struct

import ftfy
from random_texts import SplitMix64, random_text

NAMES = sorted(html.entities.html5)
PARTS = ("&", "&amp;", "&amp;amp;", "&#", "&#x", ";", "<", "<b>", "\r\n", "\r", "\n", "\x1b[0m", "\x1b[31;1mred", "\x1b[", "\x1b",
         "\u201cquoted\u201d", "don\u2019t", "\u2018a\u2019", "\ufb01ne", "\u0149", "\u01c4", "\uff21\uff22", "\uff76\uff9e", "\uffe3",
         "\u3000", "\u2028", "\x85", "\x92", "\x9d", "\ufeff", "\u206a", "\ufff9", "e\u0301", "\x0b", "\x0c", "\x7f", "&BNE;", "&SZLIG;",
         "&NAPOS;", "&FFILIG;", "&GTCC;", "&EACUTE;", "&eACUTE;", "&notit;", "&ltfoo", "&copy2024", "&CounterClockwiseContourIntegral;",
         "&#59;", "&#x3B;", "&#0;", "&#xD800;", "&#1114112;", "&#99999999999999;", "&#x80;", "&#129;", "&#11;", "&#xFFFE;", "&#12a;",
         "\uff06amp\uff1b", "\x1b\uff3b\u0663m")  # fmt: skip


def text_of(number):
    random = SplitMix64(number)
    text = ""
    for _ in range(1 + random.next(8)):
        kind = random.next(8)
        if kind < 3:
            text += PARTS[random.next(len(PARTS))]
        elif kind == 3:
            name = NAMES[random.next(len(NAMES))]
            text += "&" + (name, name.upper(), name.rstrip(";"), name[:-1] + "x")[random.next(4)]
        elif kind == 4:
            text += ("&#%d;", "&#x%X;", "&#X%x", "&#%d")[random.next(4)] % random.next(1 << (4 + random.next(18)))
        else:
            words = random_text(random.next(1 << 30)).split(" ")
            text += words[random.next(len(words))][:20]
        text += " " * random.next(2)
    return text


def cleaned(text):
    return html.unescape(html.unescape(ftfy.fix_text(text, fix_encoding=False)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text_repair")
    parser.add_argument("output", nargs="?", default=os.path.join(folder, "texts.bin"))
    options = parser.parse_args()
    os.makedirs(os.path.dirname(os.path.abspath(options.output)), exist_ok=True)
    with open(options.output, "wb") as file:
        for number in range(options.count):
            text = text_of(number)
            for written in (text, cleaned(text)):
                data = written.encode()
                file.write(struct.pack("<I", len(data)) + data)


if __name__ == "__main__":
    main()
