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
run 0 search query - --model "$model" --index "$index" --top-k 1 <<<"$images/chelsea.png"
prints '^  1\.0000  /.*/photos/cat\.png$'
mv "$folder" "$work/moved"
page=$work/page.html
run 0 search query "$images/coffee.png" --model "$model" --index "$index" --top-k 9 --images "$work/moved" --html "$page"
prints 'moved/deep/er/rocket.JPG'
cp "$page" "$work/out"
expect "3 pictures and the query" test "$(grep -c '<img alt="" src="data:image/jpeg;base64,/9j/' "$page")" -ge 4
prints 'a&amp;b&lt;i&gt;&#39;c&quot;\.png'
prints 'href="file:///[^"]*a%26b%3Ci%3E%27c%22\.png"'
for part in '<meta name="viewport" content="width=device-width, initial-scale=1">' '<h1>Search results</h1>' \
  '@media (prefers-color-scheme: dark)' '/<wbr>moved</b>' '<b>vit_<wbr>tiny_<wbr>patch16_<wbr>224</b>' \
  '</b> deep/<wbr>er/<wbr>rocket.JPG<'; do
  expect "the page to have: $part" grep -qF -- "$part" "$page"
done
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

# What systems leave is passed over, linked folders are looked through once, and all of it is said.
library=$work/library
mkdir -p "$library"/{2020,@eaDir/a.jpg,@anna,.cache} "$work/elsewhere"
cp "$images/rocket.jpg" "$library/2020/a.jpg"
cp "$images/rocket.jpg" "$library/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg"
cp "$images/rocket.jpg" "$library/.cache/a.jpg"
cp "$images/coffee.png" "$library/@anna/b.HEIC"
cp "$images/chelsea.png" "$work/elsewhere/c.png"
printf '\0\0\0\030ftypavif\0\0\0\0mif1avif' >"$library/d.avif"
printf 'RIFF\020\0\0\0WEBPVP8 ' >"$library/really.jpg"
printf 'II*\0' >"$library/scan.tif"
ln -s "$work/elsewhere" "$library/linked"
ln -s .. "$library/2020/up"
run 0 search build "$library" --model "$model" --output "$work/library_index"
says 'search: passed over: '
says '1 TIFF'
says '1 hidden file or folder, 1 folder or file of a system (@eaDir), 1 linked folder that is looked through already (2020/up)'
expect "d.avif counted, or reported where AVIF is decoded" grep -qE '1 AVIF|d\.avif: ' "$work/err"
expect "really.jpg called a WebP" grep -qiE 'really\.jpg: .*webp' "$work/err"
run 0 search query "$images/rocket.jpg" --model "$model" --index "$work/library_index" --top-k 99
lines 4
prints 'library/@anna/b\.HEIC$'
prints 'library/linked/c\.png$'

# A page embeds what is below the folder, whatever an index says; names of any kind are one line.
printf -v odd '\033[31mred\nline.png'
cp "$images/coffee.png" "$library/2020/$odd"
run 0 search build "$library" --model "$model" --output "$work/library_index"
run 0 search query "$images/rocket.jpg" --model "$model" --index "$work/library_index" --top-k 99 --html "$page"
lines 5
prints '\\x1B\[31mred\\x0Aline\.png$'
says 'search: 1 of the pictures found are outside of the folder of the index and are not embedded'
command="the page"
expect "4 pictures" test "$(grep -c '<img alt="" src="data:image/jpeg' "$page")" -eq 4
expect "one outside" test "$(grep -c 'outside of the folder' "$page")" -eq 1
expect "no control characters" test "$(tr -d '\n' <"$page" | tr -dc '\001-\037' | wc -c)" -eq 0

# An index is written through a link and keeps its permissions; a device is none.
ln -s library_index "$work/link"
chmod 640 "$work/library_index"
rm "$library/2020/$odd"
run 0 search build "$library" --model "$model" --output "$work/link"
expect "a link" test -L "$work/link"
expect "permissions 640" test "$(stat -c %a "$work/library_index")" = 640
run 1 search build "$library" --model "$model" --output /dev/null
expect "/dev/null, and no journal beside it" test -c /dev/null -a ! -e /dev/null.partial

# Errors, after which everything is as it was.
cp "$index" "$work/before"
other=$root/tests/golden/models/timm_vit_no_head
run 1 search build "$folder" --model "$model" --no-exif --output "$index"
says 'expected vectors of this model and these options'
run 1 search query "$folder/cat.png" --model "$model" --no-exif --index "$index"
says 'expected vectors of this model and these options'
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

# The progress on a narrow terminal, where each line but the last begins anew at its left.
if command -v script >/dev/null; then
  for columns in 40 12; do
    command="search build on $columns columns"
    script -qec "stty columns $columns; '$programs/search' build '$folder' --model '$model' --output '$work/narrow$columns'" \
      /dev/null </dev/null | tr '\r' '\n' >"$work/out"
    grep -E '[0-9]+/[0-9]+, ' "$work/out" | grep -v narrow >"$work/progress"
    expect "progress" test -s "$work/progress"
    [[ $columns == 40 ]] && cp "$work/progress" "$work/bar"
    expect "less than $columns columns" test -z "$(grep -E "^.{$columns}" "$work/progress")"
  done
  expect "a bar" grep -qE '^\[#+\] [0-9]+/[0-9]+, 0:00:0[0-9] left *$' "$work/bar"
fi

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
run 0 search build "$many/" --model "$model" --output "$work/stopped"
prints ': 100 images, [1-9][0-9]? of them new, 0 could not be read$'
expect "the same index" cmp -s "$work/at_once" "$work/stopped"
expect "no other files" test "$(find "$work" -name '*.partial' -o -name '*.tmp-*' | wc -l)" -eq 0
finish
