#!/usr/bin/env bash
# Masks learned from images with masks, and drawn of other images: segment.
#
#   tests/examples/segment.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
source "$(dirname "$0")/checks.sh"

# halves FILE SEED BORDER: 96 x 64 pixels, red left of the column BORDER and green right of it.
halves() {
  awk -v seed="$2" -v border="$3" '
    function near(value) { return int(value + 40 * rand()) }
    BEGIN { srand(seed); print "P3 96 64 255"
      for (i = 0; i < 96 * 64; i++)
        if (i % 96 < border) print near(200), near(20), near(20); else print near(20), near(200), near(20) }' >"$1"
}
# mask FILE BORDER LEFT RIGHT: the greys of such an image's halves.
mask() {
  awk -v border="$2" -v left="$3" -v right="$4" '
    BEGIN { print "P2 96 64 255"; for (i = 0; i < 96 * 64; i++) print (i % 96 < border ? left : right) }' >"$1"
}
# colour_mask FILE BORDER: blue left, yellow right, and black in the upper half.
colour_mask() {
  awk -v border="$2" '
    BEGIN { print "P3 96 64 255"
      for (i = 0; i < 96 * 64; i++) print (i < 96 * 32 ? "0 0 0" : i % 96 < border ? "0 0 255" : "255 255 0") }' >"$1"
}
halves "$work/a.ppm" 1 48
halves "$work/b.ppm" 2 64
mask "$work/a.pgm" 48 1 2
mask "$work/b.pgm" 64 1 2
head=$work/head.safetensors
segment() { run "$1" segment "$2" --model "$model" "${@:3}"; }

# The counts of a mask's patches, as another training prints them. The crop takes 64 x 64 pixels
# in the middle: 8 x 8 patches, or 16 x 16 of a larger input.
counts() { segment 0 train --output "$work/counted" "$@"; }

run 0 segment --help
segment 0 train --output "$head" "$work/a.ppm" "$work/a.pgm" "$work/b.ppm" "$work/b.pgm"
prints '^#010101 80 patches$'
prints '^#020202 48 patches$'
for method in prototypes knn ridge logistic; do
  segment 0 train --output "$head" --method "$method" --image-size 64x64 "$work/a.ppm" "$work/a.pgm"
  prints '^#010101 128 patches$'
  segment 0 predict --head "$head" --output "$work/b.png" "$work/b.ppm"
  prints '/b.png$'
  # The border is found, to a column of patches.
  counts --image-size 64x64 "$work/b.ppm" "$work/b.png"
  prints '^#010101 (176|192|208) patches$'
done

segment 0 train --output "$work/listed" --image-size 64x64 - <<<"$work/a.ppm"$'\n'"$work/a.pgm"
expect "the same head as by names" cmp -s "$head" "$work/listed"

# Colours, an ignored one, several images into a folder, and overlays.
colour_mask "$work/b_colours.ppm" 64
segment 0 train --output "$head" --ignore '#000000' "$work/b.ppm" "$work/b_colours.ppm"
prints '^#0000ff 24 patches$'
prints '^#ffff00 8 patches$'
segment 0 predict --head "$head" --output "$work/masks" --overlay "$work/a.ppm" "$work/b.ppm"
lines 2
expect "masks and overlays" test "$(cd "$work/masks" && echo *)" = "a.overlay.png a.png b.overlay.png b.png"
counts --ignore 0 "$work/a.ppm" "$work/masks/a.png"
prints '^#0000ff (24|32|40) patches$'
segment 0 train --output "$head" --ignore 1 "$work/a.ppm" "$work/a.pgm" "$work/b.ppm" "$work/b_colours.ppm"
prints '^#000000 32 patches$'

# Errors; what was there stays.
cp "$head" "$work/before"
unchanged() { expect "the head of before" cmp -s "$head" "$work/before"; }
printf 'not an image' >"$work/bad.png"
segment 1 train --output "$head" "$work/a.ppm" "$work/bad.png"
says bad.png
segment 1 train --output "$head" "$work/a.ppm" "$root/examples/images/coffee.png"
says 'expected at most 256 colours'
mask "$work/one.pgm" 48 3 3
segment 1 train --output "$head" "$work/a.ppm" "$work/one.pgm"
says 'expected at least 2 classes, found 1'
printf 'P2 2 2 255 0 1 1 0' >"$work/small.pgm"
segment 1 train --output "$head" "$work/a.ppm" "$work/small.pgm"
says 'small.pgm: expected a mask of 96x64 pixels, as its image has, found 2x2'
mask "$work/edge.pgm" 3 1 2
run 1 segment train --model "$model" --output "$head" "$work/a.ppm" "$work/edge.pgm"
says 'expected a patch of each class, found none of #010101'
segment 2 train --output "$head" "$work/a.ppm"
segment 2 train --output "$head" --share 2 "$work/a.ppm" "$work/a.pgm"
segment 1 train --output "$head" --ignore red "$work/a.ppm" "$work/a.pgm"
says "colour: expected #rrggbb or a grey from 0 to 255, found 'red'"
segment 1 train --output "$work/no/such/folder/head" "$work/a.ppm" "$work/a.pgm"
unchanged
segment 1 predict --head "$head" --output "$work/masks" "$work/bad.png" "$work/b.ppm"
says bad.png
prints '/b.png$'
segment 1 predict --head "$head" --output "$work/masks" "$work/a.ppm" "$work/a.pgm"
says 'a.png: expected images of different names, found two of this one'
segment 2 predict --head "$head" --output "$work/one.png" "$work/a.ppm" "$work/b.ppm"
missing "$work/one.png"
# No image is replaced by its mask or by another's, through a link either, and nothing is made.
mkdir "$work/photos"
cp "$root/examples/images/chelsea.png" "$work/photos/cat.png"
cp "$work/a.ppm" "$work/photos/dog.ppm"
cp "$work/a.ppm" "$work/photos/cat.overlay.ppm"
ln -s photos "$work/link"
kept() { same "$work/photos/cat.png" "$root/examples/images/chelsea.png"; }
segment 1 predict --head "$head" --output "$work/photos" "$work/photos/dog.ppm" "$work/photos/cat.png"
says 'photos/cat.png: expected an output other than the images, found one of them'
missing "$work/photos/dog.png"
kept
segment 1 predict --head "$head" --output "$work/link/../photos/cat.png" "$work/link/cat.png"
says 'cat.png: expected an output other than the images, found one of them'
kept
cp "$work/photos/cat.png" "$work/photos/dog.overlay.png"
segment 1 predict --head "$head" --output "$work/photos" --overlay "$work/photos/dog.ppm" "$work/photos/dog.overlay.png"
says 'dog.overlay.png: expected '
same "$work/photos/dog.overlay.png" "$work/photos/cat.png"
# The overlay of one is the mask of another.
segment 1 predict --head "$head" --output "$work/no_masks" --overlay "$work/photos/cat.png" "$work/photos/cat.overlay.ppm"
says 'cat.overlay.png: expected images of different names, found two of this one'
missing "$work/no_masks"
# A PNG file is one in any case of letters.
segment 0 predict --head "$head" --output "$work/mask.PNG" --overlay "$work/a.ppm"
expect "a file mask.PNG" test -f "$work/mask.PNG"
expect "its overlay" test -f "$work/mask.overlay.png"
# Without EXIF a mask stays as stored too: its size is its image's, and only its areas are too small.
turned=$root/tests/golden/image/exif6.png
segment 1 train --output "$head" --no-exif "$turned" "$turned"
says 'expected a patch of each class'
run 1 classify --model "$model" --head "$head" "$work/a.ppm"
says "$head: expected a head for whole images, found one for patches"
run 2 segment

finish
