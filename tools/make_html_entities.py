#!/usr/bin/env python3
"""Writes include/eigenvit/text/html_entity_text.inl: the named characters of HTML 5, as Python's
`html.entities.html5` has them (made with Python 3.11).

    python tools/make_html_entities.py [OUTPUT]
"""

import html.entities
import pathlib
import sys


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else (
        root / "include/eigenvit/text/html_entity_text.inl")
    names = html.entities.html5
    lines = []
    for name in sorted(name[:-1] for name in names if name.endswith(";")):
        assert name.isascii() and name.isalnum()
        codes = ",".join(f"{ord(c):X}" for c in names[name + ";"])
        alone = name in names
        assert not alone or names[name] == names[name + ";"] and len(name) <= 6
        lines.append(f"{name} {codes}{'!' if alone else ''}\\n")
    parts = [[]]
    for line in lines:
        if sum(map(len, parts[-1])) + len(line) > 14000:
            parts.append([])
        parts[-1].append(line)

    text = [
        "// Made by tools/make_html_entities.py from Python's html.entities; not edited by hand.",
        "#ifndef EIGENVIT_TEXT_HTML_ENTITY_TEXT_INL",
        "#define EIGENVIT_TEXT_HTML_ENTITY_TEXT_INL",
        "",
        "#include <string_view>",
        "",
        "#include <eigenvit/core/compiler.hpp>",
        "",
        "namespace eigenvit {",
        "inline namespace EIGENVIT_ABI {",
        "namespace detail {",
        "",
        "// A name and its characters in each line, sorted by the names; `!` after one that HTML also knows",
        "// without a semicolon. In parts because MSVC limits a literal to 16 KB.",
        "// clang-format off",
        "inline constexpr std::string_view html_entity_parts[] = {",
    ]
    for part in parts:
        row = ""
        for line in part:
            if len(row) + len(line) > 92:
                text.append(f'    "{row}"')
                row = ""
            row += line
        text.append(f'    "{row}",')
    text += [
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
    output.write_text("\n".join(text), newline="\n")
    print(f"{output}: {len(lines)} names")


if __name__ == "__main__":
    main()
