#!/usr/bin/env bash
# Runs pose as scripts do: pictures, numbers, exit status and error messages.
#
#   tests/examples/pose.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
vitpose=$root/tests/golden/models/hf_vitpose_plus
cat=$root/examples/images/chelsea.png
source "$(dirname "$0")/checks.sh"

run 0 pose --model "$vitpose" --dataset-index 1 --output "$work/pose.png" --threshold 0 "$cat"
is_png "$work/pose.png" 451 300
run 0 pose --model "$vitpose" --dataset-index 1 --output "$work/one.png" --threshold 0 --threads 1 \
  --box 0,0,451,300 --json "$work/one.json" "$cat"
same "$work/one.png" "$work/pose.png"
expect "the box and the best joint" grep -qE \
  '^\[\{"box":\[0\.0,0\.0,451\.0,300\.0\],"keypoints":\[\{"index":0,"label":"nose","score":[0-9.]+,"x":-?[0-9.]+,"y":-?[0-9.]+\}' \
  "$work/one.json"
run 0 pose --model "$vitpose" --dataset-index 1 --output "$work/two.jpg" --threshold 1 \
  --box 10.5,20,100,200 --box -30,0,50,1e2 --json "$work/two.json" "$cat"
expect "two boxes in their order" grep -q \
  '^\[{"box":\[10.5,20.0,100.0,200.0\],.*{"box":\[-30.0,0.0,50.0,100.0\],' "$work/two.json"
run 0 pose --model "$vitpose" --dataset-index 2 --output "$work/other.png" --threshold 0 "$cat"
differ "$work/other.png" "$work/pose.png"

# What is wrong; what was there before stays.
run 2 pose --model "$vitpose" "$cat"
for box in 1,2,3 1,2,3,4,5 1,2,3,x ,,,; do
  run 2 pose --model "$vitpose" --dataset-index 1 --output "$work/no.png" --box $box "$cat"
  says "expected X,Y,W,H, found $box"
done
echo before >"$work/kept.png"
run 1 pose --model "$vitpose" --output "$work/kept.png" "$cat"
says "expected a dataset index from 0 to 2 to choose one of 3 experts, found none"
for box in 0,0,0,0 nan,0,5,5 0,0,-1,5; do
  run 1 pose --model "$vitpose" --dataset-index 1 --output "$work/kept.png" --box $box "$cat"
  says "box: expected finite numbers"
done
run 1 pose --model "$root/examples/models/vit_cifar10_patch4_32" --output "$work/kept.png" "$cat"
says "expected a model that finds keypoints, found another"
run 1 pose --model "$vitpose" --dataset-index 1 --output "$work/kept.tiff" "$cat"
run 1 pose --model "$vitpose" --dataset-index 1 --output "$work/kept.png" "$work/nothing.png"
says "nothing.png: no such file"
expect "what was there" test "$(cat "$work/kept.png")" = before
run 1 pose --model "$vitpose" --dataset-index 1 --output "$work/pose.png" --json "$work/none/pose.json" "$cat"
says "pose.json: cannot be written"

finish
