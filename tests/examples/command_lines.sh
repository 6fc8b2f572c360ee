#!/usr/bin/env bash
# Runs the example programs as scripts do: output, exit status and error messages.
#
#   tests/examples/command_lines.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
goldens=$root/tests/golden/models
cat=$root/examples/images/chelsea.png
cup=$root/examples/images/coffee.png
source "$(dirname "$0")/checks.sh"

run 0 first "$model" "$cat"
lines 4
prints '^cat 9[0-9] %$'
prints '^8 x 8 patches of 128 values$'
run 1 first "$model" "$work/nothing.png"
says nothing.png
run 2 first "$model"
says 'usage: first MODEL_FOLDER IMAGE'

run 0 classify --help
prints 'top-k'
run 0 classify --model "$model" "$cat"
lines 6
prints '^  0\.[0-9]{4}  [a-z]+$'
run 0 classify --model "$model" --top-k 2 --json --threads 1 --batch-size 1 "$cat" "$cup"
lines 2
prints '^\{"image":"[^"]*chelsea.png","predictions":\[\{"index":[0-9]+,"label":"[a-z]+","score":0\.[0-9]+\},\{[^]]*\}\],"timings_ms":\{"load":[0-9.e-]+,"preprocess":[0-9.e-]+,"forward":[0-9.e-]+\}\}$'
prints '^\{"image":"[^"]*coffee.png".*"load":0(\.0)?,'

# The batch does not change a result.
"$programs/classify" --model "$model" --batch-size 1 "$cat" "$cup" >"$work/one"
"$programs/classify" --model "$model" --batch-size 2 --threads 3 "$cat" "$cup" >"$work/two"
command="classify with batches of 1 and 2"
expect "the same output" cmp -s "$work/one" "$work/two"

# Lists as Windows writes them.
printf '\xef\xbb\xbf%s\r\n%s\r\n' "$cat" "$cup" | "$programs/classify" --model "$model" - >"$work/two"
command="classify with a list that has a byte order mark and carriage returns"
expect "the same output" cmp -s "$work/one" "$work/two"

# Merged tokens: other scores, and models that they do not suit.
"$programs/classify" --model "$model" "$cat" >"$work/whole"
run 0 classify --model "$model" --merge-tokens 4 "$cat"
lines 6
expect "other scores than without merging" test -n "$(diff "$work/whole" "$work/out")"
run 0 classify --model "$model" --merge-tokens 0 "$cat"
expect "the scores without merging" cmp -s "$work/whole" "$work/out"
run 1 classify --model "$goldens/timm_rope" --merge-tokens 2 "$cat"
says 'token merging: expected a model without rotary embedding, found one with'
run 2 classify --model "$model" --merge-tokens -1 "$cat"

printf 'not an image' >"$work/bad.png"
: >"$work/empty.jpg"
run 1 classify --model "$model" "$work/bad.png" "$cat"
says bad.png
prints chelsea.png
run 1 classify --model "$model" "$work/empty.jpg"
says empty.jpg
run 1 classify --model "$model" "$work/nothing.png"
says nothing.png
run 1 classify --model "$work/no_such_model" "$cat"
says no_such_model
texts=$root/tests/golden/zero_shot/hf_clip.safetensors
run 0 classify --model "$goldens/hf_clip" --text-embeddings "$texts" --top-k 9 "$cat"
lines 7
prints '^  0\.[0-9]{4}  text [0-5]$'
run 1 classify --model "$model" --text-embeddings "$texts" "$cat"
says 'expected texts of width 128'
run 1 classify --model "$goldens/hf_clip" --text-embeddings "$model/model.safetensors" "$cat"
says "expected tensor 'text_embeds'"
run 2 classify --model "$model" --text-embeddings "$texts" --head "$texts" "$cat"
run 1 classify --model "$goldens/timm_vit_no_head" "$cat"
says 'expected a model with a head'
run 2 classify "$cat"
run 2 classify --model "$model"
run 2 classify --model "$model" --threads 0 "$cat"
run 2 classify --model "$model" --no-such-option "$cat"

out=$work/out.safetensors
# Header of the file that was written, as text.
header() { head -c 2000 "$out" | tail -c +9 | tr -d '\0' >"$work/out"; }
run 0 extract_tokens --model "$model" --output "$out" "$cat" "$cup"
header
prints '"tokens":\{[^}]*"shape":\[2,65,128\]'
prints '"pooled":\{[^}]*"shape":\[2,128\]'
prints '"logits":\{[^}]*"shape":\[2,10\]'
prints '"__metadata__":\{[^}]*chelsea.png[^}]*coffee.png'
run 0 extract_tokens --model "$model" --output "$out" \
  --save pixel_values,cls,patches,hidden.0,hidden.5,attention.3 "$cat"
header
prints '"pixel_values":\{[^}]*"shape":\[1,3,32,32\]'
prints '"cls":\{[^}]*"shape":\[1,128\]'
prints '"patches":\{[^}]*"shape":\[1,8,8,128\]'
prints '"hidden.5":\{[^}]*"shape":\[1,65,128\]'
prints '"attention.3":\{[^}]*"shape":\[1,4,65,65\]'
run 0 extract_tokens --model "$model" --output "$out" --save patches --image-size 24x48 "$cat"
header
prints '"patches":\{[^}]*"shape":\[1,6,12,128\]'
run 0 extract_tokens --model "$model" --output "$out" --save tokens,merge_source \
  --merge-tokens 4 "$cat" "$cup"
header
prints '"tokens":\{[^}]*"shape":\[2,65,128\]'
prints '"merge_source":\{"dtype":"I64","shape":\[2,65\]'

# Pixel values that were written give the same tokens when they are read back.
"$programs/extract_tokens" --model "$model" --output "$work/px" --save pixel_values "$cat" "$cup"
"$programs/extract_tokens" --model "$model" --output "$work/a" --save tokens "$cat" "$cup"
"$programs/extract_tokens" --model "$model" --output "$work/b" --save tokens --batch-size 1 \
  --pixel-values "$work/px"
size=$((2 * 65 * 128 * 4))
command="extract_tokens --pixel-values"
expect "the same tokens" cmp -s <(tail -c "$size" "$work/a") <(tail -c "$size" "$work/b")

rm -f "$out"
run 1 extract_tokens --model "$model" --output "$out" --save hidden.6 "$cat"
says 'expected hidden.0 to hidden.5, found hidden.6'
missing "$out"
run 1 extract_tokens --model "$model" --output "$out" --save tokens,nonsense "$cat"
says nonsense
run 1 extract_tokens --model "$goldens/timm_vit_no_head" --output "$out" --save logits "$cat"
says "expected a model with a head for 'logits'"
run 1 extract_tokens --model "$model" --output "$out" --save attention.3 --merge-tokens 4 "$cat"
says 'token merging: expected no attention to be asked for'
missing "$out"
run 1 extract_tokens --model "$model" --output "$out" --save value.6 "$cat"
says 'expected value.0 to value.5, found value.6'
run 0 extract_tokens --model "$model" --output "$work/qkv.safetensors" --save query.0,key.1,value.5 "$cat"
rm "$work/qkv.safetensors"
run 1 extract_tokens --model "$model" --output "$out" --batch-size 1 "$cat" "$work/bad.png"
says bad.png
missing "$out"
run 1 extract_tokens --model "$model" --output "$out" --pixel-values "$model/model.safetensors"
says pixel_values
run 1 extract_tokens --model "$model" --output "$work/no/such/folder/out" "$cat"
run 2 extract_tokens --model "$model" --output "$out" --image-size 24 "$cat"
run 2 extract_tokens --model "$model" --output "$out"
run 2 extract_tokens --model "$model" "$cat"
expect "nothing left behind" test "$(find "$work" -name '*.safetensors*' | wc -l)" -eq 0

run 0 inspect --model "$model"
prints '^family +timm$'
prints '^architecture +vit_tiny_patch16_224$'
prints '^parameters +1\.21 M$'
prints '^tokens +65: 1 prefix, CLS; grid 8 x 8$'
prints '^scores +softmax'
prints '^int8 +[0-9.]+ MB of packed matrices, by [a-z0-9]+'
run 1 inspect --model "$goldens/dino"
says 'expected a config.json beside the weights, or shapes of one published release, found those of none (dino, dinov2,'
run 0 inspect --model "$goldens/dino" --release dino
prints '^architecture +DINO$'
prints '^note .*no configuration, read as the release dino, as asked$'
run 1 inspect --model "$model" --release dino
says "found release 'dino'"
run 1 inspect --model "$goldens"
says config.json
run 2 inspect

for precision in bfloat16 int8; do
  run 0 classify --model "$model" --precision $precision --float-layers 'blocks.*.mlp.fc2' "$cat"
  prints ' cat$'
done
run 2 classify --model "$model" --precision int4 "$cat"
says 'expected float32, bfloat16 or int8, found int4'
run 1 classify --model "$model" --float-layers head "$cat"
says "blocks.*.mlp.fc2, ...), found 'head'"
run 0 compare_precision --model "$model" --layers 2 "$cat" "$cup"
prints '^bfloat16$'
prints '^int8$'
prints '^  logits +0\.999[0-9]+ +0\.99'
prints '^  the same class for 2 of 2 images$'
expect "two layers of each precision" test "$(grep -cE '^ +[0-9.]+e-[0-9]+ ' "$work/out")" -eq 4
run 0 compare_precision --model "$model" --precision int8 --layers 0 --json "$cat"
lines 1
prints '"precision":"int8","images":1,"pooled":\{"mean_cosine":'
prints '"layers":\[\]'
run 2 compare_precision --model "$model"

# Control characters in names of files, of classes and of models, which a terminal would obey.
escape=$'\e]0;title\a'
c1=$'\xc2\x9b2J'
mkdir "$work/orders"
sed 's/"airplane"/"a\\u001b]0;title\\u0007\\u009b2J\\u007f\\u202eplane"/' "$model/config.json" \
  >"$work/orders/config.json"
ln -s "$model/model.safetensors" "$work/orders/model.safetensors"
cp "$cat" "$work/cat$escape$c1.png"
printf 'not an image' >"$work/bad$escape$c1.png"
no_orders() {
  expect "no control character" test -z \
    "$(cat "$work/out" "$work/err" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -aP '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]')"
}
run 0 classify --model "$work/orders" --top-k 10 "$work/cat$escape$c1.png"
no_orders
prints 'a\\x1B\]0;title\\x07\\xC2\\x9B2J\\x7F\\xE2\\x80\\xAEplane'
run 0 classify --model "$work/orders" --top-k 10 --json "$work/cat$escape$c1.png"
no_orders
prints '"label":"a\\u001b\]0;title\\u0007\\u009b2J\\u007f\\u202eplane"'
run 1 classify --model "$work/orders" "$work/bad$escape$c1.png"
no_orders
run 1 classify --model "$work/none$escape" "$cat"
no_orders
run_on 2 classify --model "$model" "--none$escape" "$cat"
no_orders
run 0 inspect --model "$work/orders"
no_orders
run 1 attention_map --model "$model" --output "$work/$escape.png" "$work/bad$escape$c1.png"
no_orders
run 1 extract_tokens --model "$model" --output "$work/none$escape/x" "$cat"
no_orders

# Logits that are no numbers: those of a head with a NaN among its biases.
mkdir "$work/nan"
cp "$model/config.json" "$work/nan"
weights=$work/nan/model.safetensors
cp "$model/model.safetensors" "$weights"
bias=$(LC_ALL=C grep -aoP '"head.bias":\{[^}]*"data_offsets":\[\K[0-9]+' "$weights")
header_bytes=$(od -An -tu8 -N8 "$weights")
printf '\377\377' |
  dd of="$weights" bs=1 seek=$((8 + header_bytes + bias + 2 * 3)) conv=notrunc status=none
run 1 classify --model "$work/nan" "$cat"
says 'classify: the logits are not finite: found NaN or an infinity for class 3 of 10'
lines 0

# Where stdout takes nothing, a program does not end as if it had done its work.
full() {
  local program=$1
  shift
  command="$program $* >/dev/full"
  : >"$work/out"
  "$programs/$program" "$@" >/dev/full 2>"$work/err"
  local status=$?
  expect "exit status 1, found $status" test "$status" -eq 1
  expect "one line on stderr" test "$(wc -l <"$work/err")" -eq 1
  says "$program: stdout cannot be written: the disk is full or it was closed"
}
if [[ -c /dev/full ]]; then
  full classify --help
  full classify --model "$model" "$cat"
  full classify --model "$model" --json "$cat"
  full inspect --model "$model"
fi
# Nor where a file grows beyond what the disk, or a limit, has room for.
too_large() {
  local program=$1
  shift
  command="$program $* with files of 1 KB at most"
  (trap '' XFSZ && ulimit -f 1 && "$programs/$program" "$@" >"$work/out" 2>"$work/err")
  local status=$?
  expect "exit status 1, found $status" test "$status" -eq 1
  says 'writing failed: the disk is full or went away'
  expect "nothing left behind" test -z "$(find "$work" -name 'large*')"
}
too_large extract_tokens --model "$model" --output "$work/large.safetensors" "$cat"
too_large attention_map --model "$model" --output "$work/large.png" "$cat"
too_large dense_map --model "$model" --output "$work/large.png" "$cat"

finish
