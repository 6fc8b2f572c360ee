#!/usr/bin/env bash
# Runs segmentation_map as scripts do: pictures, numbers, JSON, exit status and error messages.
#
#   tests/examples/segmentation.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/tests/golden/models/hf_beit_segmentation
cat=$root/examples/images/chelsea.png
source "$(dirname "$0")/checks.sh"

run 0 segmentation_map --model "$model" --output "$work/map.png" --labels "$work/ids.png" "$cat"
prints '^ *[0-9.]+% (wall|sky|tree|road|water, river)$'
is_png "$work/ids.png" 451 300
expect "8 bits of grey" test "$(od -An -tu1 -j24 -N2 "$work/ids.png" | tr -d ' ')" = 80
# The legend is beside the picture.
width=$((16#$(od -An -tx1 -j16 -N4 "$work/map.png" | tr -d ' ')))
expect "a picture with its legend" test "$width" -gt 500 -a "$width" -lt 900
run 0 segmentation_map --model "$model" --output "$work/one.png" --threads 1 \
  --json "$work/map.json" "$cat"
same "$work/one.png" "$work/map.png"
expect "an object of the image" grep -qE \
  '^\{"image":"[^"]*chelsea.png","width":451,"height":300,"segments":\[\{"id":[0-4],"index":[0-4],' "$work/map.json"
expect "segments" grep -qE '"label":"[a-z, ]+","score":null,"area":[0-9]+\}' "$work/map.json"
expect "areas of all pixels" test $((451 * 300)) -eq \
  "$(grep -o '"area":[0-9]*' "$work/map.json" | awk -F : '{ sum += $2 } END { print sum }')"
run 0 segmentation_map --model "$model" --output "$work/fine.jpg" --image-size 48x64 "$cat"
run 0 segmentation_map --model "$model" --output "$work/tiles.png" --labels "$work/tiles_ids.png" \
  --tile 150 --overlap 30 "$cat"
is_png "$work/tiles_ids.png" 451 300
run 0 segmentation_map --model "$model" --output "$work/one_tile.png" --tile 600 "$cat"
same "$work/one_tile.png" "$work/map.png"
run 1 segmentation_map --model "$model" --output "$work/no.png" --tile 100 --overlap 100 "$cat"
says "tiles: expected an overlap from 0 to 99 pixels for tiles of 100, found 100"
run 2 segmentation_map --model "$model" --output "$work/no.png" --overlap 10 "$cat"
run 2 segmentation_map --model "$model" --output "$work/no.png" --tile 0 "$cat"
run 2 segmentation_map --model "$model" --output "$work/no.png" --tile 100 --task semantic "$cat"
for precision in bfloat16 int8; do
  run 0 segmentation_map --model "$model" --output "$work/$precision.png" --precision $precision "$cat"
done

# Things, and what else can be asked of their masks.
things=$root/tests/golden/models/hf_eomt
for task in semantic instance panoptic; do
  run 0 segmentation_map --model "$things" --output "$work/$task.png" --labels "$work/ids.png" \
    --json "$work/$task.json" --task $task --threshold 0.3 "$cat"
  is_png "$work/ids.png" 451 300
done
expect "classes" grep -qE '"score":null' "$work/semantic.json"
expect "things" grep -qE '"id":1,"index":[0-3],"label":"[a-z, ]+","score":0.[0-9]+,"area"' "$work/instance.json"
run 0 segmentation_map --model "$things" --output "$work/usual.png" --threshold 0.3 "$cat"
same "$work/usual.png" "$work/panoptic.png"
split=$root/tests/golden/models/hf_eomt_split
run 0 segmentation_map --model "$split" --output "$work/windows.png" "$cat"
run 1 segmentation_map --model "$split" --output "$work/no.png" --task panoptic "$cat"
says "segment: expected semantic segments of a model that takes images in windows, found another task"
run 2 segmentation_map --model "$things" --output "$work/no.png" --task other "$cat"

# What is wrong; what was there before stays.
run 2 segmentation_map --model "$model" "$cat"
run 2 segmentation_map --model "$model" --output "$work/no.png"
echo before >"$work/kept.png"
run 1 segmentation_map --model "$model" --output "$work/kept.png" --labels "$work/no.jpg" "$cat"
says "no.jpg: expected a name that ends in .png"
run 1 segmentation_map --model "$root/examples/models/vit_cifar10_patch4_32" --output "$work/kept.png" "$cat"
says "segment: expected a model that segments images, found another"
run 1 segmentation_map --model "$model" --output "$work/kept.png" --image-size 4x64 "$cat"
says "segmentation head: expected images of at least 2 x 2 patches, found 1 x 16"
run 1 segmentation_map --model "$model" --output "$work/kept.png" "$work/nothing.png"
says "nothing.png: no such file"
expect "what was there" test "$(cat "$work/kept.png")" = before
run 1 segmentation_map --model "$model" --output "$work/map.png" --labels "$work/none/ids.png" "$cat"
says "ids.png: cannot be written"

finish
