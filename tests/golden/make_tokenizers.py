"""Makes tokenizers/: small tokenizers of each kind, and Python's ids of random texts.

    python tests/golden/make_tokenizers.py [KIND...]

with tokenizers 0.23.3, transformers 5.24.0, sentencepiece 0.2.3 and protobuf. `ids.bin` of a folder has a
number of 32 bits for each of 2,000 texts of random_texts.py, the lowest byte first: the FNV-1a hash of the
ids, each as eight bytes. `examples.tsv` has readable ones: folder, text, ids. Only these kinds where some are
named. With these versions each run gives the same files.
"""

import os
import shutil
import struct
import sys
import tempfile

from random_texts import random_text
from tokenizer_kinds import make

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tokenizers")
TEXTS = 2000
EXAMPLES = (
    "a photo of a cat", "A dog on a beach!", "two people's red cups, it's 3.14", "", " ", "caf\u00e9 cafe\u0301",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", "\u732b \u72ac", "\u05d7\u05ea\u05d5\u05dc",
    "</s> <|endoftext|> [CLS]", "\u03a3\u039f\u03a6\u039f\u03a3", "\u0130stanbul",
)  # fmt: skip
MORE_EXAMPLES = {
    "mt5": ("\u2581<extra_id_0> <extra_id_1> \u2581<extra_id_1>", "<0xE7> \u732b"),
    "t5": ("a<extra_id_2> photo of<extra_id_0>", "cat dogs, photography"),
    "nllb_files": ("a  <mask> b", "fra_Latn eng_Latn", "a  b   c"),
}


def hash_of(ids):
    value = 0xCBF29CE484222325
    for id in ids:
        for byte in struct.pack("<q", id):
            value = ((value ^ byte) * 0x100000001B3) & (2**64 - 1)
    return value & 0xFFFFFFFF


scratch = tempfile.mkdtemp()
kinds = make(scratch, [random_text(i) for i in range(1000000, 1003000)], 500, small=True)
kinds = {name: ids for name, ids in kinds.items() if name in (sys.argv[1:] or kinds)}
rows = []
if len(sys.argv) > 1:
    with open(os.path.join(FOLDER, "examples.tsv"), encoding="utf-8", newline="\n") as file:
        rows = [row for row in file if row.split("\t")[0] not in kinds]
for name, ids in kinds.items():
    shutil.rmtree(os.path.join(FOLDER, name), ignore_errors=True)
    shutil.copytree(os.path.join(scratch, name), os.path.join(FOLDER, name))
    with open(os.path.join(FOLDER, name, "ids.bin"), "wb") as file:
        file.write(b"".join(struct.pack("<I", hash_of(ids(random_text(i)))) for i in range(TEXTS)))
    rows += [f"{name}\t{text}\t{' '.join(map(str, ids(text)))}\n" for text in EXAMPLES + MORE_EXAMPLES.get(name, ())]
with open(os.path.join(FOLDER, "examples.tsv"), "w", encoding="utf-8", newline="\n") as file:
    file.writelines(rows)
shutil.rmtree(scratch)
