"""Random texts that tests of tokenizers share: tests/unit/text/random_texts.hpp makes the same ones.

Characters are those on whose properties the Unicode tables of the compared programs agree.
"""

MASK = (1 << 64) - 1


class SplitMix64:
    """Steele et al., OOPSLA 2014."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self, below):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 33) % below


WORDS = (
    "a the of on in with photo picture image cat dog beach coffee cup red green blue two three people "
    "street car mountain snow river sitting running holding small large old young woman man child "
    "tokenization unbelievable international photographs don't it's we're they've I'm you'll he'd "
    "caf\u00e9 na\u00efve \u00fcber stra\u00dfe se\u00f1or \u0130stanbul \u03a3\u039f\u03a6\u039f\u03a3 "
    "\u043a\u043e\u0448\u043a\u0430 \u0441\u043e\u0431\u0430\u043a\u0430 \u732b \u72ac \u306d\u3053 "
    "\u30ab\u30e1\u30e9 \uace0\uc591\uc774 \u0642\u0637\u0629 \u05d7\u05ea\u05d5\u05dc "
    "\u0e41\u0e21\u0e27 \u092c\u093f\u0932\u094d\u0932\u0940 http://example.com/a?b=c 3.14 1,000"
).split(" ")

SPECIALS = (
    "<|startoftext|>", "<|endoftext|>", "<start_of_text>", "<end_of_text>", "<s>", "</s>", "<unk>",
    "<pad>", "<bos>", "<eos>", "[CLS]", "[SEP]", "[UNK]", "[PAD]", "\u2581", "##", "</w>", "<0x41>",
)  # fmt: skip

SPACES = (0x20, 0x20, 0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, 0x2003, 0x2009, 0x2028,
          0x2029, 0x202F, 0x205F, 0x3000)  # fmt: skip

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" "\u00a1\u00ab\u00bb\u00bf\u2018\u2019\u201c\u201d" \
    "\u2013\u2014\u2026\u3001\u3002\uff01\uff1f\u00a9\u00ae\u20ac\u00a3\u2122\u00b0\u00b1"

SCRIPTS = (
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0xFF), (0x100, 0x17F), (0x180, 0x24F), (0x250, 0x2AF),
    (0x391, 0x3A1), (0x3B1, 0x3C9), (0x400, 0x45F), (0x531, 0x556), (0x561, 0x586), (0x5D0, 0x5EA),
    (0x621, 0x63A), (0x641, 0x64A), (0x710, 0x72F), (0x905, 0x939), (0x985, 0x98C), (0xA05, 0xA0A),
    (0xB85, 0xB8A), (0xE01, 0xE30), (0x10D0, 0x10F0), (0x1100, 0x1112), (0x1200, 0x1206),
    (0x13A0, 0x13F4), (0x1780, 0x17A2), (0x1E00, 0x1EF9), (0x1F00, 0x1F15), (0x3041, 0x3096),
    (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xFF21, 0xFF5A), (0xFF66, 0xFF9D),
    (0x10330, 0x1034A), (0x10400, 0x1044F), (0x1D400, 0x1D454), (0x20000, 0x2A6D6),
)  # fmt: skip

OTHERS = (
    (0x660, 0x669), (0x966, 0x96F), (0xB2, 0xB3), (0xBC, 0xBE), (0x2150, 0x2182), (0x2460, 0x24FF),
    (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2500, 0x257F), (0x2100, 0x2138), (0x3200, 0x321C),
    (0x3300, 0x33FF), (0xF900, 0xFA2D), (0xFB00, 0xFB06), (0xFE50, 0xFE52), (0x1D165, 0x1D169),
    (0xE000, 0xE010), (0xF0000, 0xF0010), (0xFFFD, 0xFFFD), (0xFEFF, 0xFEFF), (0x2000, 0x200F),
)  # fmt: skip

MARKS = ((0x300, 0x34E), (0x350, 0x36F), (0x591, 0x5A1), (0x64B, 0x652), (0x93C, 0x93C), (0x94D, 0x94D),
         (0x1161, 0x1175), (0x11A8, 0x11C2), (0x3099, 0x309A), (0xE34, 0xE3A), (0x20D0, 0x20DC),
         (0xFE00, 0xFE0F))  # fmt: skip

EMOJI = (0x1F600, 0x1F468, 0x1F469, 0x1F467, 0x1F466, 0x2764, 0x1F44D, 0x1F3F3, 0x1F308, 0x2708, 0x1F431,
         0x1F436, 0x1F30A)  # fmt: skip

CONTROLS = (0x01, 0x02, 0x07, 0x08, 0x0E, 0x1B, 0x1C, 0x1F, 0x7F, 0x80, 0x8F, 0x9F, 0xAD, 0x200B, 0x200C,
            0x200D, 0x2060, 0x202A, 0x202E, 0x2066, 0x2069)  # fmt: skip


def _of(random, ranges):
    first, last = ranges[random.next(len(ranges))]
    return chr(first + random.next(last - first + 1))


def _part(random):
    kind = random.next(18)
    if kind < 5:
        word = WORDS[random.next(len(WORDS))]
        form = random.next(8)
        if form == 0:  # ASCII alone, so that no library's tables count
            return "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in word)
        if form == 1 and "a" <= word[0] <= "z":
            return chr(ord(word[0]) - 32) + word[1:]
        return word
    if kind == 5:
        return str(random.next(100000))
    if kind == 6:
        return "".join(chr(SPACES[random.next(len(SPACES))]) for _ in range(1 + random.next(4)))
    if kind < 9:
        return "".join(PUNCTUATION[random.next(len(PUNCTUATION))] for _ in range(1 + random.next(4)))
    if kind < 12:
        script = (SCRIPTS[random.next(len(SCRIPTS))],)
        return "".join(_of(random, script) for _ in range(1 + random.next(8)))
    if kind == 12:
        text = chr(EMOJI[random.next(len(EMOJI))])
        for _ in range(random.next(4)):
            join = random.next(4)
            if join == 0:
                text += "\ufe0f"
            elif join == 1:
                text += chr(0x1F3FB + random.next(5))
            else:
                text += "\u200d" + chr(EMOJI[random.next(len(EMOJI))])
        return text
    if kind == 13:
        text = _of(random, SCRIPTS)
        for _ in range(1 + random.next(5)):
            text += _of(random, MARKS) if random.next(4) else _of(random, SCRIPTS)
        return text
    if kind == 14:
        return chr(CONTROLS[random.next(len(CONTROLS))])
    if kind == 15:
        return SPECIALS[random.next(len(SPECIALS))]
    if kind == 16:
        return "\u202b" + "".join(chr(0x5D0 + random.next(27)) for _ in range(1 + random.next(6))) + "\u202c"
    return _of(random, OTHERS)


def random_text(number):
    """The text of that number; one of 128 has at least 10,000 bytes, another one nothing."""
    random = SplitMix64(number)
    kind = random.next(128)
    if kind == 1:
        return ""
    parts = 1 + random.next(12)
    text = ""
    size = 0
    while parts > 0 if kind else size < 10000:
        part = _part(random)
        if random.next(4):
            part += " "
        text += part
        size += len(part.encode())
        parts -= 1
    return text
