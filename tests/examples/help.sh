#!/usr/bin/env bash
# What every example program says of itself, and the lists of files that they read.
#
#   tests/examples/help.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
cat=$root/examples/images/chelsea.png
cup=$root/examples/images/coffee.png
source "$(dirname "$0")/checks.sh"
version=$(awk '/^#define EIGENVIT_VERSION_.* [0-9]/ { printf "%s%s", dot, $3; dot = "." }' "$root/include/eigenvit/version.hpp")

# helps PROGRAM [COMMAND]: its help is in words, fits a terminal and ends with an example.
helps() {
  run 0 "$@" --help
  expect "a sentence at first" eval 'head -n 1 "$work/out" | grep -qE "^[A-Z].*[a-z.,:]$"'
  prints "^Usage: $* .*\[options\]"
  prints '^  -h, --help '
  prints '^Example:$'
  expect "the example last" eval 'tail -n 1 "$work/out" | grep -q "^  '"$1"' "'
  expect "at most 80 columns" test -z "$(grep -E '^.{81}' "$work/out")"
  expect "no types of C++, and no text of CLI11's" test -z \
    "$(grep -E 'TEXT|INT|FLOAT|ENUM|BOOLEAN|OPTIONS|REQUIRED|Excludes|Needs|Env:|->|\{' "$work/out")"
}
count=0
for source in $(grep -l '"common.hpp"' "$root"/examples/*.cpp); do
  program=$(basename "$source" .cpp)
  [[ -x $programs/$program ]] || continue
  count=$((count + 1))
  helps "$program"
  for command in $(sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/out"); do
    helps "$program" "$command"
  done
  run 0 "$program" --version
  expect "name and version" test "$(<"$work/out")" = "$program of EigenViT $version"
done
command="the programs"
expect "at least 8" test "$count" -ge 8
run 2 classify
expect "one line on stderr" test "$(<"$work/err")" = "classify: --model is required; --help tells more"

# What was wrong, in words.
wrong() {
  run 2 "${@:2}"
  expect "the message: $1" test "$(<"$work/err")" = "$2: $1; --help tells more"
}
wrong '--top-k: expected a number from 1 to 16777216, found 0' classify --model "$model" --top-k 0 "$cat"
wrong '--top-k: expected a number from 1 to 16777216, found 1x' classify --model "$model" --top-k 1x "$cat"
wrong '--head excludes --text-embeddings' classify --model "$model" --head a --text-embeddings b "$cat"
wrong '--holdout: expected a number from 0 to 0.99, found 1' \
  few_shot train --model "$model" --output "$work/x" --holdout 1 "$work"
wrong '--alpha: expected a number above 0, found 0' \
  few_shot train --model "$model" --output "$work/x" --alpha 0 "$work"
wrong '--method: expected prototypes, knn, ridge or logistic, found magic' \
  few_shot train --model "$model" --output "$work/x" --method magic "$work"
wrong 'COMMAND is required' search
wrong '--at: expected X,Y, found 3' dense_map --model "$model" --output "$work/x.png" --at 3 "$cat"

# Lists of files from standard input, with lines or with NUL.
odd=$work/$'two\nlines.png'
cp "$cup" "$odd"
"$programs/classify" --model "$model" "$cat" "$odd" >"$work/named"
printf '%s\0' "$cat" "$odd" >"$work/nul"
run 0 classify --model "$model" -0 - <"$work/nul"
expect "the same as by names" cmp -s "$work/named" "$work/out"
run 0 classify --model "$model" - "$odd" <<<"$cat"
expect "the same as by names" cmp -s "$work/named" "$work/out"
printf '%s\n\n%s' "$cat" "$cup" >"$work/list"
run 0 extract_tokens --model "$model" --output "$work/listed.safetensors" - <"$work/list"
run 0 extract_tokens --model "$model" --output "$work/named.safetensors" "$cat" "$cup"
expect "the same tensors" cmp -s "$work/listed.safetensors" "$work/named.safetensors"
run 0 dense_map --model "$model" --output "$work/map.png" - <"$work/list"
run 1 classify --model "$model" - </dev/null
says 'classify: standard input: expected paths of files, found none'
run 1 classify --model "$model" - <<<"$work/nothing.png"
says nothing.png

finish
