#!/usr/bin/env bash
# Installs the example programs that were built, and runs them where they are then.
#
#   tests/examples/install.sh CMAKE BUILD_FOLDER REPOSITORY
set -uo pipefail

root=$3
source "$(dirname "$0")/checks.sh"
: >"$work/out"
: >"$work/err"

command="cmake --install --component examples"
"$1" --install "$2" --component examples --prefix "$work/installed" >"$work/out" 2>&1
expect "an installation" test $? -eq 0
programs=$work/installed/bin
command="the programs"
expect "as many as were built" test "$(ls "$programs" | wc -l)" -eq \
  "$(find "$2/examples" -maxdepth 1 -type f -perm -u+x | wc -l)"
expect "nothing else" test "$(ls "$work/installed")" = bin
run 0 search --version
prints '^search of EigenViT [0-9]'
run 0 classify --model "$root/examples/models/vit_cifar10_patch4_32" "$root/examples/images/chelsea.png"
lines 6

finish
