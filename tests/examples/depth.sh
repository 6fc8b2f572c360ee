#!/usr/bin/env bash
# Runs depth_map as scripts do: pictures, numbers, exit status and error messages.
#
#   tests/examples/depth.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
goldens=$root/tests/golden/models
relative=$goldens/hf_depth_anything
metric=$goldens/hf_depth_anything_metric
cat=$root/examples/images/chelsea.png
source "$(dirname "$0")/checks.sh"

# tail_of FILE BYTES: its last ones.
tail_of() { tail -c "$2" "$1"; }
pixels=$((451 * 300))

run 0 depth_map --model "$relative" --output "$work/depth.png" --raw "$work/depth.npy" "$cat"
is_png "$work/depth.png" 451 300
expect "128 bytes and the numbers" test "$(wc -c <"$work/depth.npy")" -eq $((128 + 4 * pixels))
expect "numpy's header" env LC_ALL=C grep -qa \
  "^.NUMPY.*{'descr': '<f4', 'fortran_order': False, 'shape': (300, 451), } *$" "$work/depth.npy"
run 0 depth_map --model "$relative" --output "$work/one.png" --raw "$work/depth.pfm" --threads 1 "$cat"
same "$work/one.png" "$work/depth.png"
expect "a header of a map" test "$(head -n 3 "$work/depth.pfm" | tr '\n' ' ')" = "Pf 451 300 -1.0 "
# The same numbers, the lowest row first.
row=$((4 * 451))
expect "the first row last" cmp -s <(tail_of "$work/depth.pfm" $row) \
  <(tail_of "$work/depth.npy" $((4 * pixels)) | head -c $row)
expect "the last row first" cmp -s <(tail_of "$work/depth.pfm" $((4 * pixels)) | head -c $row) \
  <(tail_of "$work/depth.npy" $row)
run 0 depth_map --model "$metric" --output "$work/metres.jpg" --raw "$work/metres.png" \
  --image-size 48x64 "$cat"
is_png "$work/metres.png" 451 300
expect "16 bits of grey" test "$(od -An -tu1 -j24 -N2 "$work/metres.png" | tr -d ' ')" = 160
run 0 depth_map --model "$relative" --output "$work/fine.png" --image-size 48x64 "$cat"
run 0 depth_map --model "$relative" --output "$work/tiles.png" --tile 200 "$cat"
is_png "$work/tiles.png" 451 300
run 0 depth_map --model "$metric" --output "$work/tiles.png" --tile 16 --overlap 0 "$cat"
run 0 extract_tokens --model "$relative" --output "$work/patches.safetensors" --tile 200 "$cat" "$cat"
run 2 extract_tokens --model "$relative" --output "$work/no.safetensors" --tile 200 --save pooled "$cat"
run 2 extract_tokens --model "$relative" --output "$work/no.safetensors" --tile 200 --merge-tokens 1 "$cat"
differ "$work/fine.png" "$work/depth.png"
for precision in bfloat16 int8; do
  run 0 depth_map --model "$relative" --output "$work/$precision.png" --precision $precision "$cat"
  is_png "$work/$precision.png" 451 300
done
run 0 extract_tokens --model "$relative" --output "$work/tensors" --save depth "$cat"
expect "the map of 24 x 36 pixels" grep -qaE '"depth":\{[^}]*"shape":\[1,24,36\]' "$work/tensors"

# By bins, of the domain that an image belongs to.
zoe=$goldens/hf_zoedepth
run 0 depth_map --model "$zoe" --output "$work/zoe.png" --raw "$work/zoe.npy" "$cat"
is_png "$work/zoe.png" 451 300
expect "128 bytes and the numbers" test "$(wc -c <"$work/zoe.npy")" -eq $((128 + 4 * pixels))
run 0 depth_map --model "$zoe" --output "$work/tiles.png" --tile 200 "$cat"
is_png "$work/tiles.png" 451 300
run 0 extract_tokens --model "${zoe}_nk" --output "$work/tensors" --save depth,domain_logits "$cat" "$cat"
expect "two logits of each image" grep -qaE '"domain_logits":\{[^}]*"shape":\[2,2\]' "$work/tensors"
run 0 inspect --model "${zoe}_nk"
prints "in metres, of blocks 0 1 2 3, nyu 9 bins from 0.001 to 10, kitti 7 bins from 0.001 to 80"
run 1 extract_tokens --model "$zoe" --output "$work/no.safetensors" --save domain_logits "$cat"
says "expected a model with a depth head of several domains for 'domain_logits', found one without"
run 1 extract_tokens --model "$relative" --output "$work/no.safetensors" --save mask_logits "$cat"
says "expected a model with masks of queries for 'mask_logits', found one without"

# What is wrong; what was there before stays.
run 2 depth_map --model "$relative" "$cat"
run 2 depth_map --model "$relative" --output "$work/no.png"
run 2 depth_map --model "$relative" --output "$work/no.png" --image-size 64 "$cat"
echo before >"$work/kept.png"
run 1 depth_map --model "$relative" --output "$work/kept.png" --raw "$work/no.tiff" "$cat"
says "no.tiff: expected a name that ends in .npy, .pfm or .png"
run 1 depth_map --model "$root/examples/models/vit_cifar10_patch4_32" --output "$work/kept.png" "$cat"
says "expected a model that estimates depth, found another"
run 1 depth_map --model "$relative" --output "$work/kept.png" "$work/nothing.png"
says "nothing.png: no such file"
expect "what was there" test "$(cat "$work/kept.png")" = before
run 1 depth_map --model "$relative" --output "$work/depth.png" --raw "$work/none/depth.npy" "$cat"
says "depth.npy: cannot be written"
run 1 extract_tokens --model "$root/examples/models/vit_cifar10_patch4_32" --output "$work/no" \
  --save depth "$cat"
says "expected a model with a depth head for 'depth', found one without"
missing "$work/no"

finish
