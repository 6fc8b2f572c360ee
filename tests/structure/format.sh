#!/usr/bin/env bash
# Prints what clang-format would change and fails when there is anything. With -i as a further
# argument it changes the files instead.
#
#   tests/structure/format.sh CLANG_FORMAT [-i]
set -euo pipefail

clang_format=$1
cd "$(dirname "$0")/../.."
if [[ ${2:-} == -i ]]; then
  mode=(-i)
else
  mode=(--dry-run -Werror)
fi
find include src tests bench examples -type f \
  \( -name '*.hpp' -o -name '*.inl' -o -name '*.inc' -o -name '*.cpp' \) -print0 |
  xargs -0 -r "$clang_format" --style=file "${mode[@]}"
