#!/usr/bin/env bash
# The programs for frames and servers: what they print, and what they say of bad input.
#
#   tests/examples/server.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
cat=$root/examples/images/chelsea.png
cup=$root/examples/images/coffee.png
source "$(dirname "$0")/checks.sh"

# Batches of at most 4, of the 6 requests that are there at any time.
run 0 server --model "$model" --clients 6 --requests 10 --batch-size 4 --threads 2 --deadline 50 "$cat" "$cup"
lines 4
prints '^requests    60 from 6 clients, in [0-9]+ batches$'
prints '^latency     p50 [0-9.]+ ms, p90 [0-9.]+ ms, p99 [0-9.]+ ms$'
prints '^throughput  [0-9.]+ images/s$'
prints '^memory      weights 4\.8 MB, workspaces [0-9.]+ MB, resident [0-9.]+ MB$'
batches=$(sed -nE 's/.* in ([0-9]+) batches/\1/p' "$work/out")
expect "15 batches or more, and fewer than requests" test "$batches" -ge 15 -a "$batches" -lt 60
# Without a companion there is nothing to wait for but the deadline.
run 0 server --model "$model" --clients 1 --requests 3 --deadline 0 --workers 2 --threads 2 "$cat"
prints '^requests    3 from 1 clients, in 3 batches$'

run 1 server --model "$model" "$work/nothing.png"
says nothing.png
run 1 server --model "$root/tests/golden/models/timm_vit_no_head" "$cat"
says 'expected a model with a head, found one without'
# Sizes that follow the image: a batch takes them all, in a pass for each size.
run 0 server --model "$root/tests/golden/models/hf_dinov2" --clients 4 --requests 3 "$cat" "$cup"
prints '^requests    12 from 4 clients'
# A batch with an image that cannot be prepared is computed image by image.
cp -r "$root/tests/golden/models/hf_dinov2" "$work/large"
sed -i 's/"shortest_edge": 15/"shortest_edge": 16384/' "$work/large/preprocessor_config.json"
{ printf 'P4 1 132000\n'; head -c 132000 /dev/zero; } >"$work/tall.pbm"
run 1 server --model "$work/large" --clients 2 --requests 2 --deadline 2000 --batch-size 2 "$cat" "$work/tall.pbm"
prints '^requests    2 from 2 clients, in 2 batches$'
says 'server: 2 requests were refused: '
says 'an image of 1x132000 cannot be resized'
run 1 server --model "$work/large" --clients 1 --requests 1 "$work/tall.pbm"
says 'an image of 1x132000 cannot be resized'
run 2 server --model "$model" --clients 0 "$cat"
run 0 server --model "$model" --clients 1 --requests 1 --deadline 2.5 "$cat"
run 2 server --model "$model" --deadline 10000.5 "$cat"
says 'expected a number from 0 to 10000, found 10000.5'

# Where a thread cannot be started, those that were end in order. Each stack takes 1 of 16 GB.
limited() { (ulimit -s 1048576 && ulimit -v 16777216 && "$@"); }
if limited "$programs/server" --version >/dev/null 2>&1; then
  for flags in '--clients 64 --workers 1' '--clients 1 --workers 64'; do
    command="server without threads, $flags"
    # shellcheck disable=SC2086
    limited "$programs/server" --model "$model" --threads 1 --requests 1 $flags "$cat" >"$work/out" 2>"$work/err"
    expect "status 1" test $? -eq 1
    says 'server: '
  done
fi

if [[ -x $programs/opencv_loop ]]; then
  cp "$cat" "$work/frame_1.png"
  cp "$cup" "$work/frame_2.png"
  run 0 opencv_loop "$model" "$work/frame_%d.png"
  lines 2
  prints '^cat 0\.[0-9]+, [0-9.]+ ms$'
  # OpenCV adds lines of its own.
  command="opencv_loop without a frame"
  "$programs/opencv_loop" "$model" "$work/nothing_%d.png" >"$work/out" 2>"$work/err"
  expect "status 1" test $? -eq 1
  says 'has no frame that OpenCV can read'
  run 2 opencv_loop
  says 'usage: opencv_loop MODEL_FOLDER'
fi

finish
