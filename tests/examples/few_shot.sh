#!/usr/bin/env bash
# Classes learned from folders of small images: few_shot, and classify with its head.
#
#   tests/examples/few_shot.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
no_head=$root/tests/golden/models/timm_vit_no_head
source "$(dirname "$0")/checks.sh"

# picture FILE SEED RED GREEN BLUE: 32 x 32 pixels about a colour, each a little different.
picture() {
  awk -v seed="$2" -v r="$3" -v g="$4" -v b="$5" '
    function near(value) { return int(value + 40 * rand()) }
    BEGIN { srand(seed); print "P3 32 32 255"; for (i = 0; i < 1024; i++) print near(r), near(g), near(b) }' >"$1"
}
folder=$work/colours
mkdir -p "$folder"/{red,green,dark\ blue,.hidden}
for i in 1 2 3 4 5; do
  picture "$folder/red/$i.ppm" "$i" 200 20 20
  picture "$folder/green/$i.ppm" "1$i" 20 200 20
  picture "$folder/dark blue/$i.ppm" "2$i" 10 10 90
done
picture "$work/red.ppm" 31 200 20 20
picture "$work/blue.ppm" 32 10 10 90
head=$work/head.safetensors

run 0 few_shot --help
run 0 few_shot train --help
for method in prototypes knn ridge logistic; do
  rm -f "$head"
  run 0 few_shot train "$folder" --model "$model" --output "$head" --method "$method" --seed 3
  prints '^15 images of 3 classes$'
  prints '^held out: 3 of 3 right, accuracy 1\.0000$'
  prints '^ +0 +1 +2  recall$'
  prints '^ +0 +1 +0 +0 +1\.000  dark blue$'
  prints '^ +2 +0 +0 +1 +1\.000  red$'
  run 0 classify --model "$model" --head "$head" --top-k 2 "$work/red.ppm" "$work/blue.ppm"
  lines 6
  command="classify with a head of $method"
  expect "red and blue" test "$(grep '^  ' "$work/out" | sed 's/^ *-\{0,1\}[0-9.]* *//' | sed -n '1p;3p' | tr '\n' ,)" = "red,dark blue,"
  run 0 few_shot test "$folder" --model "$model" --head "$head"
  prints '^tested: 15 of 15 right, accuracy 1\.0000$'
done
run 0 classify --model "$model" --head "$head" --json --top-k 1 "$work/red.ppm"
prints '"predictions":\[\{"index":2,"label":"red","score":0\.[4-9]'

run 0 few_shot train "$folder" --model "$model" --output "$work/again" --scaling standardize --c 0.5
run 0 classify --model "$model" --head "$work/again" --json --top-k 1 "$work/red.ppm"
prints '"label":"red","score":0\.9'

# The same head, byte for byte, whatever the threads and batches; another seed, the same head too.
run 0 few_shot train "$folder" --model "$model" --output "$work/again" --threads 1 --batch-size 2 --seed 4
expect "the same head" cmp -s "$head" "$work/again"
run 0 few_shot train "$folder" --model "$model" --output "$work/again" --holdout 0
lines 1

# A model without a head of its own classifies with one.
run 0 few_shot train "$folder" --model "$no_head" --output "$work/again"
run 0 classify --model "$no_head" --head "$work/again" "$work/red.ppm"
lines 4

# Folders of systems are no classes, and are said; the head is written through a link, to a device,
# and to what is open already.
cp -r "$folder" "$work/nas"
mkdir -p "$work/nas"/{@eaDir/red,__MACOSX/red,'#recycle'} "$work/nas/red/@eaDir"
cp "$folder/green/1.ppm" "$work/nas/@eaDir/red/SYNOPHOTO_THUMB_M.ppm"
cp "$folder/green/1.ppm" "$work/nas/red/@eaDir/1.ppm"
cp "$folder/green/1.ppm" "$work/nas/#recycle"
printf '\0\005\026\007' >"$work/nas/__MACOSX/red/._1.ppm"
ln -s .. "$work/nas/up"
ln -s again "$work/link"
run 0 few_shot train "$work/nas" --model "$model" --output "$work/link" --seed 4
prints '^15 images of 3 classes$'
says 'few_shot: passed over: 1 hidden file or folder, 4 folders or files of systems (#recycle, @eaDir, __MACOSX), 1 linked folder that is looked through already (up)'
expect "a link" test -L "$work/link"
expect "the same head" cmp -s "$head" "$work/again"
run 0 few_shot train "$folder" --model "$model" --output /dev/null
expect "/dev/null" test -c /dev/null
run 0 few_shot train "$folder" --model "$model" --output /dev/stderr --seed 4
expect "the same head on stderr" eval 'tail -c "$(stat -c %s "$head")" "$work/err" | cmp -s "$head" -'
mkdir "$work/nas/bird"
printf '\0\0\0\030ftypheic\0\0\0\0mif1heic' | tee "$work/nas/bird/1.HEIC" >"$work/nas/bird/2.HEIC"
run_on 1 few_shot train "$work/nas" --model "$model" --output "$work/again"
says "bird"
says "HEIC"

# Errors; what was there stays.
cp "$head" "$work/before"
unchanged() { expect "the head of before" cmp -s "$head" "$work/before"; }
train() { run "$1" few_shot train "$2" --model "$model" --output "$head" "${@:3}"; }
mkdir -p "$work/one/red" "$work/empty"/{red,green}
cp "$folder/red/1.ppm" "$work/one/red"
train 1 "$work/one"
says "expected at least 2 folders, one for each class, found 1"
cp "$folder/red/1.ppm" "$work/empty/red"
train 1 "$work/empty"
says "$work/empty/green"
unchanged
printf 'not an image' >"$work/empty/green/1.png"
run_on 1 few_shot train "$work/empty" --model "$model" --output "$head"
says "skipped: $work/empty/green/1.png"
says "expected images of 'green' that can be read, found none"
unchanged
cp "$folder/green/1.ppm" "$work/empty/green/2.ppm"
run 0 few_shot train "$work/empty" --model "$model" --output "$work/again"
says "skipped: $work/empty/green/1.png"
prints '^2 images of 2 classes$'
train 1 "$work/nothing"
says nothing
unchanged
run 1 few_shot train "$folder" --model "$model" --output "$work/no/such/folder/head"
says "no/such/folder/head: cannot be written"
train 2 "$folder" --method magic
train 2 "$folder" --holdout 1
train 2 "$folder" --alpha 0
train 2 "$folder" --scaling magic
unchanged

run 1 classify --model "$no_head" --head "$head" "$work/red.ppm"
says "$head: expected a model whose pooled vectors have 128 values, found one of"
mkdir "$work/other"
cp "$model/model.safetensors" "$work/other"
sed 's/bicubic/bilinear/' "$model/config.json" >"$work/other/config.json"
run 1 classify --model "$work/other" --head "$head" "$work/red.ppm"
says "$head: expected the model that the head was made for, of fingerprint"
run 1 classify --model "$model" --head "$model/model.safetensors" "$work/red.ppm"
says "expected a file of the format 'EigenViT head 1'"
run 1 few_shot test "$work/empty" --model "$model" --head "$head"
says "expected folders named as the classes of $head, found others"
run 2 few_shot
run 2 few_shot train "$folder" --model "$model"

finish
