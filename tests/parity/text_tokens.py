"""Compares the ids of random texts with Python's, and the time with that of `tokenizers` on one thread.

    python tests/parity/text_tokens.py [--texts 100000] [--include DIR]... [KIND]...

with tokenizers 0.23.3, transformers 5.24.0, sentencepiece 0.2.3, protobuf and open_clip_torch 3.3.0, whose
vocabulary is that of the published CLIP. Builds tokenize_texts.cpp with c++ (or CXX), prints a row for each
kind of tokenizer and exits 1 where an id differs. Seconds are of the processor; those of `tokenizers` are of
`encode_batch_fast`.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))

from random_texts import random_text  # noqa: E402
from tokenizer_kinds import make, make_published  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402


def build(folder, includes):
    program = os.path.join(folder, "tokenize_texts")
    paths = [os.path.join(ROOT, "include"), "/usr/include/eigen3", *includes]
    subprocess.run(
        [os.environ.get("CXX", "c++"), "-std=c++17", "-O2", os.path.join(HERE, "tokenize_texts.cpp"), "-o", program]
        + [f"-I{path}" for path in paths] + ["-lutf8proc"], check=True)  # fmt: skip
    return program


def encode(program, folder, texts_file):
    result = subprocess.run([program, folder, texts_file], capture_output=True, check=False)
    if result.returncode:
        sys.exit(result.stderr.decode())
    rows, at = [], 0
    while at < len(result.stdout):
        (length,) = struct.unpack_from("<I", result.stdout, at)
        rows.append(list(struct.unpack_from(f"<{length}i", result.stdout, at + 4)))
        at += 4 + 4 * length
    return rows, float(result.stderr)


def seconds_of_tokenizers(folder, texts):
    path = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(path):
        return "-"
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    begin = time.process_time()
    for first in range(0, len(texts), 1000):
        tokenizer.encode_batch_fast(texts[first : first + 1000])
    return f"{time.process_time() - begin:.3f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=100000)
    parser.add_argument("--include", action="append", default=[], metavar="DIR")
    parser.add_argument("kinds", nargs="*")
    options = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder, options.include)
        kinds = os.path.join(folder, "kinds")
        ids = make(kinds, [random_text(i) for i in range(1000000, 1004000)], 1200)
        ids.update(make_published(kinds))
        texts = [random_text(i) for i in range(options.texts)]
        texts_file = os.path.join(folder, "texts.bin")
        with open(texts_file, "wb") as file:
            for text in texts:
                file.write(struct.pack("<I", len(text.encode())) + text.encode())
        print("| tokenizer | texts | differing | seconds | tokenizers |\n| --- | ---: | ---: | ---: | ---: |")
        for name, python in ids.items():
            if options.kinds and name not in options.kinds:
                continue
            target = os.path.join(kinds, name)
            rows, seconds = encode(program, target, texts_file)
            wrong = [i for i, text in enumerate(texts) if rows[i] != python(text)]
            differing += len(wrong)
            print(f"| {name} | {len(texts)} | {len(wrong)} | {seconds:.3f} | {seconds_of_tokenizers(target, texts)} |",
                  flush=True)  # fmt: skip
            if wrong:
                print(f"  for example text {wrong[0]}: {texts[wrong[0]][:200]!r}")
    sys.exit(differing != 0)


if __name__ == "__main__":
    main()
