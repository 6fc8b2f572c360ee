#!/usr/bin/env bash
# An index that is built, interrupted, continued, renewed and asked: search.
#
#   tests/examples/search.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
images=$root/examples/images
source "$(dirname "$0")/checks.sh"

folder=$work/photos
index=$work/index.safetensors
mkdir -p "$folder/deep/er"
cp "$images/chelsea.png" "$folder/cat.png"
cp "$images/coffee.png" "$folder/deep/a&b<i>'c\".png"
cp "$images/rocket.jpg" "$folder/deep/er/rocket.JPG"
printf 'not an image' >"$folder/broken.jpg"
printf 'a note' >"$folder/notes.txt"
head -c 5000 "$images/rocket.jpg" >"$folder/cut.jpg"

run 0 search build "$folder" --model "$model" --output "$index"
prints 'index.safetensors: 3 images, 3 of them new, 2 could not be read$'
says 'broken.jpg: expected an image'
missing "$index.partial"

run 0 search query "$images/chelsea.png" "$images/rocket.jpg" --model "$model" --index "$index" --top-k 2 --threads 1
lines 6
prints '^  1\.0000  /.*/photos/cat\.png$'
prints '^  1\.0000  /.*/photos/deep/er/rocket\.JPG$'
run 0 search query "$images/coffee.png" --model "$model" --index "$index" --json --top-k 1
prints '^\{"image":"[^"]*coffee.png","matches":\[\{"path":"/[^]]*/deep/a&b<i>.c\\"\.png","score":(1\.0|0\.99999)[0-9]*\}\]\}$'
mv "$folder" "$work/moved"
page=$work/page.html
run 0 search query "$images/coffee.png" --model "$model" --index "$index" --top-k 9 --images "$work/moved" --html "$page"
prints 'moved/deep/er/rocket.JPG'
cp "$page" "$work/out"
expect "3 pictures and the query" test "$(grep -c '<img alt="" src="data:image/jpeg;base64,/9j/' "$page")" -ge 4
prints 'a&amp;b&lt;i&gt;&#39;c&quot;\.png'
prints 'href="file:///[^"]*a%26b%3Ci%3E%27c%22\.png"'
mv "$work/moved" "$folder"

# An unreadable query is reported, the others are answered.
run 1 search query "$folder/broken.jpg" "$folder/cat.png" --model "$model" --index "$index" --top-k 1
says broken.jpg
prints 'photos/cat.png'

# Renewed: only what is new or has changed is read.
cp "$images/coffee.png" "$folder/new.png"
cp "$images/coffee.png" "$folder/cat.png"
rm "$folder/deep/er/rocket.JPG"
run 0 search build "$folder" --model "$model" --output "$index"
prints ', 2 of them new,'
run 0 search query "$images/rocket.jpg" --model "$model" --index "$index" --top-k 99
prints new.png
expect "no removed image" test "$(grep -c rocket.JPG "$work/out")" -eq 0
rm "$folder/broken.jpg" "$folder/cut.jpg"
run 0 search build "$folder" --model "$model" --output "$index"
prints ': 3 images, 0 of them new, 0 could not be read$'

# Errors, after which everything is as it was.
cp "$index" "$work/before"
other=$root/tests/golden/models/timm_vit_no_head
run 1 search build "$folder" --model "$other" --output "$index"
says 'expected vectors of this model'
run 1 search query "$folder/cat.png" --model "$other" --index "$index"
says 'expected vectors of this model'
mkdir "$work/empty"
run 1 search build "$work/empty" --model "$model" --output "$index"
says 'expected images'
printf 'not an image' >"$work/empty/broken.png"
run_on 1 search build "$work/empty" --model "$model" --output "$work/none.safetensors"
says 'expected at least one image that can be read, found none'
missing "$work/none.safetensors"
missing "$work/none.safetensors.partial"
run 1 search build "$work/no_such_folder" --model "$model" --output "$index"
run 1 search build "$folder" --model "$work/no_such_model" --output "$index"
run 1 search build "$folder" --model "$model" --output "$work/no/such/folder/index"
cp "$model/model.safetensors" "$work/model.safetensors"
run 1 search build "$folder" --model "$model" --output "$work/model.safetensors"
says 'expected an index of images'
expect "the model as it was" cmp -s "$model/model.safetensors" "$work/model.safetensors"
run 1 search query "$folder/cat.png" --model "$model" --index "$work/model.safetensors"
says 'expected an index of images'
head -c 900 "$index" >"$work/cut.safetensors"
run 1 search query "$folder/cat.png" --model "$model" --index "$work/cut.safetensors"
says 'cut.safetensors'
run 1 search query "$work/nothing.png" --model "$model" --index "$index" --html "$work/nothing.html"
missing "$work/nothing.html"
expect "the index as it was" cmp -s "$index" "$work/before"
run 2 search
run 2 search build "$folder" --model "$model"
run 2 search query --model "$model" --index "$index"
run 2 search query "$folder/cat.png" --model "$model" --index "$index" --top-k 0

# Interrupted in any way, it goes on where it was, and the index is the same as without.
many=$work/many
mkdir "$many"
for i in $(seq 100); do ln "$folder/cat.png" "$many/$i.png" 2>/dev/null || cp "$folder/cat.png" "$many/$i.png"; done
run 0 search build "$many" --model "$model" --output "$work/at_once"
prints ': 100 images, 100 of them new, 0 could not be read$'
# stopped SIGNAL: starts the building and ends it by that signal when something has been written.
stopped() {
  command="search build, ended by $1"
  "$programs/search" build "$many" --model "$model" --output "$work/stopped" --batch-size 2 --threads 1 >"$work/out" 2>"$work/err" &
  local job=$! size=0 begin
  begin=$(stat -c %s "$work/stopped.partial" 2>/dev/null || echo 0)
  for ((try = 0; try < 2000 && size < begin + 2000; try++)); do
    sleep 0.005
    size=$(stat -c %s "$work/stopped.partial" 2>/dev/null || echo 0)
  done
  kill "-$1" "$job"
  wait "$job" 2>/dev/null
  local status=$?
  expect "exit status $2, found $status" test "$status" -eq "$2"
  missing "$work/stopped"
  expect "a journal" test -s "$work/stopped.partial"
}
stopped KILL 137
stopped TERM 143
says 'interrupted; the same command goes on from here'
printf 'torn' >>"$work/stopped.partial"
run 0 search build "$many" --model "$model" --output "$work/stopped"
prints ': 100 images, [1-9][0-9]? of them new, 0 could not be read$'
expect "the same index" cmp -s "$work/at_once" "$work/stopped"
expect "nothing left behind" test "$(find "$work" -name '*.partial' -o -name '*.tmp-*' | wc -l)" -eq 0
finish
