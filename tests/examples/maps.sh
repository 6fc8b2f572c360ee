#!/usr/bin/env bash
# Runs attention_map and dense_map as scripts do: pictures, exit status and error messages.
#
#   tests/examples/maps.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
goldens=$root/tests/golden/models
cat=$root/examples/images/chelsea.png
cup=$root/examples/images/coffee.png
source "$(dirname "$0")/checks.sh"

# Photograph, mean and four heads, 320x212 each, three in a row, with captions.
run 0 attention_map --model "$model" --output "$work/sheet.png" "$cat"
is_png "$work/sheet.png" 984 486
run 0 attention_map --model "$model" --output "$work/last.png" --block 5 --head all "$cat"
same "$work/last.png" "$work/sheet.png"
run 0 attention_map --model "$model" --output "$work/first.png" --block 0 --threads 1 "$cat"
differ "$work/first.png" "$work/sheet.png"
run 0 attention_map --model "$model" --output "$work/head.png" --head 2 --width 451 "$cat"
is_png "$work/head.png" 451 300
run 0 attention_map --model "$model" --output "$work/rollout.png" --rollout --width 100 "$cat"
is_png "$work/rollout.png" 100 66
run 0 attention_map --model "$model" --output "$work/fine.jpg" --image-size 64x96 "$cat"
expect "a JPEG" test "$(od -An -tx1 -N3 "$work/fine.jpg" | tr -d ' ')" = ffd8ff
# A model without a CLS token.
run 0 attention_map --model "$goldens/timm_vit_no_class_token_gap" --output "$work/mean.png" \
  --rollout "$cat"
run 0 dense_map --model "$model" --output "$work/pca.png" "$cat"
is_png "$work/pca.png" 451 300
run 0 dense_map --model "$model" --output "$work/pca_one_thread.png" --pca --threads 1 "$cat"
same "$work/pca.png" "$work/pca_one_thread.png"
run 0 dense_map --model "$model" --output "$work/whole.png" --whole "$cat"
differ "$work/pca.png" "$work/whole.png"
run 0 dense_map --model "$model" --output "$work/at.png" --at 180,110 "$cat"
differ "$work/at.png" "$work/pca.png"
run 0 dense_map --model "$model" --output "$work/segments.png" --segments 3 "$cat"
run 0 dense_map --model "$model" --output "$work/segments2.png" --segments 3 --threads 2 "$cat"
same "$work/segments.png" "$work/segments2.png"
# Two photographs side by side or below each other, of 451x300 and 600x400.
for options in "--pca" "--segments 4" "--at 200,150"; do
  # shellcheck disable=SC2086
  run 0 dense_map --model "$model" --output "$work/two.png" --joint $options "$cat" "$cup"
  is_png "$work/two.png" 1218 412
done
run 0 dense_map --model "$model" --output "$work/each.png" --segments 4 "$cat" "$cup"
run 0 dense_map --model "$model" --output "$work/joint.png" --segments 4 --joint "$cat" "$cup"
differ "$work/each.png" "$work/joint.png"

# What is wrong with the command line.
run 2 attention_map --model "$model" "$cat"
run 2 attention_map --model "$model" --output "$work/no.png" --head x "$cat"
run 2 attention_map --model "$model" --output "$work/no.png" --rollout --head 1 "$cat"
run 2 attention_map --model "$model" --output "$work/no.png" --image-size 64 "$cat"
run 2 dense_map --model "$model" --output "$work/no.png" --at 5 "$cat"
run 2 dense_map --model "$model" --output "$work/no.png" --at 5,5 --segments 3 "$cat"
run 2 dense_map --model "$model" --output "$work/no.png" --segments 25 "$cat"
run 2 dense_map --model "$model" --output "$work/no.png"
missing "$work/no.png"

# What is wrong with the input; what was there before stays.
echo before >"$work/kept.png"
for arguments in "--block 6" "--head 4"; do
  # shellcheck disable=SC2086
  run 1 attention_map --model "$model" --output "$work/kept.png" $arguments "$cat"
done
says "expected one of 4 heads, found number 4"
run 1 attention_map --model "$model" --output "$work/kept.png" "$root/README.md"
says "README.md: expected an image (JPEG, PNG"
run 1 attention_map --model "$work/none" --output "$work/kept.png" "$cat"
run 1 dense_map --model "$model" --output "$work/kept.png" --at 2,2 "$cat"
says "chelsea.png: expected --at in the part of the image that the model sees, 301x300 pixels from 75,0 on, found 2,2"
run 1 dense_map --model "$model" --output "$work/kept.png" --segments 24 --image-size 16x16 "$cat"
says "expected from 1 to 16 groups"
run 1 dense_map --model "$model" --output "$work/kept.png" "$cat" "$work/nothing.png"
says "nothing.png: no such file"
expect "what was there" test "$(cat "$work/kept.png")" = before
run 1 dense_map --model "$model" --output "$work/picture.gif" "$cat"
says "picture.gif: expected a name that ends in .png, .jpg or .jpeg, found '.gif'"
run 1 dense_map --model "$model" --output "$work/none/picture.png" "$cat"
says "picture.png: cannot be written"
missing "$work/picture.gif"

# The gallery's pictures, by the script that makes them.
mkdir "$work/gallery"
command=gallery.sh
expect "the gallery to be made" bash "$root/examples/gallery.sh" "$programs" "$work/gallery"
expect "the README's pictures" test "$(ls "$work/gallery")" = "$(ls "$root/examples/gallery")"

finish
