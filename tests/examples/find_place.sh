#!/usr/bin/env bash
# Runs find_place as scripts do: places that are found, vocabularies, exit status and messages.
#
#   tests/examples/find_place.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
images=$root/examples/images
source "$(dirname "$0")/checks.sh"

places=$work/places
mkdir "$places"
cp "$images"/{chelsea.png,coffee.png,rocket.jpg} "$places"
find_place=(find_place --model "$model" --image-size 48x48 --places "$places" --clusters 8)

# A photograph is most like itself, by any facet.
for facet in value key query token; do
  run 0 "${find_place[@]}" --facet "$facet" "$images/coffee.png" "$images/rocket.jpg"
  prints '^  1\.0000  coffee\.png$'
  prints '^  1\.0000  rocket\.jpg$'
done
run 0 "${find_place[@]}" --top-k 9 --block 5 --json "$images/chelsea.png"
prints '^\{"image":"[^"]*chelsea.png","places":\[\{"image":"chelsea.png","cosine":(1|1\.0|0\.9999)[0-9]*\},\{[^]]*\},\{[^]]*\}\]\}$'

vocabulary=$work/vocabulary.safetensors
run 0 "${find_place[@]}" --vocabulary "$vocabulary" --top-k 3 "$images/chelsea.png"
cp "$work/out" "$work/first"
cp "$vocabulary" "$work/kept"
run 0 "${find_place[@]}" --vocabulary "$vocabulary" --top-k 3 "$images/chelsea.png"
expect "the same places" cmp -s "$work/out" "$work/first"
expect "the vocabulary to be kept" cmp -s "$vocabulary" "$work/kept"
run 1 "${find_place[@]}" --vocabulary "$vocabulary" --facet key "$images/chelsea.png"
says 'vocabulary.safetensors: expected a vocabulary of key.4 of '
run 1 "${find_place[@]}" --vocabulary "$root/README.md" "$images/chelsea.png"
says 'README.md: '

# What cannot be read is told, and the rest goes on.
echo nonsense >"$places/bad.png"
run 1 "${find_place[@]}" --vocabulary "$work/without_bad.safetensors" --top-k 3 "$images/chelsea.png"
says 'bad.png: '
prints '^  1\.0000  chelsea\.png$'
expect "the same places without an image that cannot be read" cmp -s "$work/out" "$work/first"
rm "$places/bad.png"
mkdir "$places/@eaDir"
cp "$images/coffee.png" "$places/@eaDir"
run 0 "${find_place[@]}" "$images/coffee.png"
says 'passed over: '
prints '^  1\.0000  coffee\.png$'
rm -r "$places/@eaDir"
# Permissions do not hold for root.
if [ "$(id -u)" != 0 ]; then
  mkdir -m 000 "$places/locked"
  run 1 "${find_place[@]}" "$images/coffee.png"
  says 'locked: '
  rmdir "$places/locked"
fi
run 1 "${find_place[@]}" "$root/README.md" "$images/coffee.png"
says 'README.md: '
prints '^  1\.0000  coffee\.png$'
mkdir "$work/none"
run 1 find_place --model "$model" --places "$work/none" "$images/coffee.png"
says 'none: '
run 1 "${find_place[@]}" --block 6 "$images/coffee.png"
says 'taps: expected a block from 0 to 5, found 6'
run 1 find_place --model "$model" --places "$places" --clusters 5000 "$images/coffee.png"
says 'k-means: expected from 1 to '
run 2 "${find_place[@]}" --facet colour "$images/coffee.png"
says '--facet'
run 2 "${find_place[@]}"

finish
