#!/usr/bin/env bash
# Compiles the C++ code of the documents and of the headers' comments, and the names that docs/api.md
# lists. Where CLANG_FORMAT is given, the code in comments must also be formatted: a formatter that
# takes code for prose breaks its lines.
#
#   tests/documentation/code.sh COMPILER INCLUDE_PATH FOLDER [CLANG_FORMAT]
#
# for example, in the repository's root on Debian:
#
#   tests/documentation/code.sh g++ include:/usr/include/eigen3:/usr/include/stb /tmp clang-format-14
set -euo pipefail

compiler=$1
folder=$3
clang_format=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
root=${here%/tests/documentation}
# The compiler searches these as it does the folders of -I.
export CPATH=$2

awk -v root="$root" -f "$here/code.awk" "$root"/*.md "$root"/docs/*.md >"$folder/documents.inc"
find "$root/include" -name '*.hpp' -print0 | sort -z |
  xargs -0 awk -v root="$root" -f "$here/code.awk" >"$folder/comments.inc"

# Each name that the API lists is declared in its header, and by eigenvit.hpp unless it is marked.
awk -F ' *[|] *' '
  /^## / { features = $0 == "## Features" }
  /^\| `/ {
    umbrella = !features && $2 !~ /\\\*$/
    gsub(/[`* \\]/, "", $2)
    gsub(/`/, "", $3)
    includes = includes "#include <eigenvit/" $2 ">\n"
    for (i = split($3, names, /, */); i > 0; --i) {
      use = "#line " FNR " \"docs/api.md\"\nusing eigenvit::" names[i] ";\n"
      if (umbrella) seen = seen use
      uses = uses use
    }
  }
  END {
    print "#include <eigenvit/eigenvit.hpp>\n" seen > umbrella_file
    print includes uses > all_file
  }
' umbrella_file="$folder/umbrella.inc" all_file="$folder/api.inc" "$root/docs/api.md"

compile() {
  printf '#include "%s"\n' "$@" |
    "$compiler" -std=c++17 -DEIGENVIT_COMPILED -fsyntax-only -Wall -Wextra -Werror \
      -Wno-unused -Wno-unused-result -Wno-unused-value -x c++ -
}
compile "$folder/umbrella.inc"
# A block may leave what it computes unused, and hide what is given by a declaration of its own.
compile "$here/given.hpp" "$folder"/{api,documents,comments}.inc

if [[ $clang_format ]]; then
  # A comment's block begins in column 8, here in column 2.
  sed 's/^ColumnLimit: 100$/ColumnLimit: 94/' "$root/.clang-format" >"$folder/.clang-format"
  cp "$folder/comments.inc" "$folder/comments.cpp"
  "$clang_format" --style=file --dry-run -Werror "$folder/comments.cpp"
fi
