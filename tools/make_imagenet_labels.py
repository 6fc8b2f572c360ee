#!/usr/bin/env python3
"""Writes include/eigenvit/io/imagenet_label_text.inl: the 1000 class descriptions of ImageNet-1k in
timm's wording (WordNet's lemmas). Needs timm (made with timm 1.0.31).

    python tools/make_imagenet_labels.py [OUTPUT]
"""

import pathlib
import sys

import timm
from timm.data import ImageNetInfo


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else (
        root / "include/eigenvit/io/imagenet_label_text.inl")
    info = ImageNetInfo()
    labels = [info.index_to_description(index) for index in range(info.num_classes())]
    assert len(labels) == 1000 and all(label.isascii() and "\n" not in label for label in labels)

    lines = [
        f"// Made by tools/make_imagenet_labels.py from timm {timm.__version__}; not edited by hand.",
        "#ifndef EIGENVIT_IO_IMAGENET_LABEL_TEXT_INL",
        "#define EIGENVIT_IO_IMAGENET_LABEL_TEXT_INL",
        "",
        "#include <eigenvit/core/compiler.hpp>",
        "",
        "namespace eigenvit {",
        "inline namespace EIGENVIT_ABI {",
        "namespace detail {",
        "",
        "// One label a line, in parts because MSVC limits a literal to 16 KB.",
        "// clang-format off",
        "inline constexpr const char* imagenet_label_parts[] = {",
    ]
    for start in range(0, 1000, 100):
        part = labels[start:start + 100]
        escaped = [label.replace("\\", "\\\\").replace('"', '\\"') + "\\n" for label in part]
        lines += [f'    "{label}"' for label in escaped]
        lines[-1] += ","
    lines += [
        "};",
        "// clang-format on",
        "",
        "}  // namespace detail",
        "}  // namespace EIGENVIT_ABI",
        "}  // namespace eigenvit",
        "",
        "#endif",
        "",
    ]
    output.write_text("\n".join(lines), newline="\n")
    print(f"{output}: {len(labels)} labels")


if __name__ == "__main__":
    main()
