#!/usr/bin/env bash
# Makes the pictures of the README's gallery again:
#
#   bash examples/gallery.sh [PROGRAMS_FOLDER [OUTPUT_FOLDER]]
#
# The programs are looked for in build/examples, the pictures go to examples/gallery.
set -euo pipefail

root=$(realpath -- "$(dirname "$0")/..")
programs=$(realpath -- "${1:-$root/build/examples}")
output=$(realpath -- "${2:-$root/examples/gallery}")
cd "$root"
model=examples/models/vit_cifar10_patch4_32
images=examples/images

"$programs/attention_map" --model $model --image-size 64x96 --width 150 \
  --output "$output/attention.jpg" $images/chelsea.png
"$programs/attention_map" --model $model --image-size 64x96 --width 300 --rollout \
  --output "$output/rollout.jpg" $images/rocket.jpg
"$programs/dense_map" --model $model --image-size 96x144 \
  --output "$output/pca.jpg" $images/chelsea.png
"$programs/dense_map" --model $model --image-size 128x192 --at 320,200 \
  --output "$output/similarity.jpg" $images/rocket.jpg
"$programs/dense_map" --model $model --image-size 96x144 --segments 4 \
  --output "$output/segments.jpg" $images/coffee.png
