#!/usr/bin/env bash
# Two `search build` of one index at the same time, half of them going on from an interrupted one:
# each ends well or says that the other is at work, every picture gets its own vector, and nothing
# but the index is left.
#
#   tests/faults/concurrent_search_build.sh PROGRAMS_FOLDER REPOSITORY [PAIRS] [SEED]
set -uo pipefail

source "$(dirname "$0")/pictures.sh"
pairs=${3:-3}
RANDOM=${4:-1}
begin=$(milliseconds)
"${build[@]}" "$work/one" >"$work/out" 2>"$work/err"
duration=$(($(milliseconds) - begin))

# ended STATUS MESSAGES: built, or refused with one line.
ended() {
  [[ $1 == 0 ]] || { [[ $1 == 1 ]] && grep -q 'no other program to write this index, found one at work$' "$2"; }
}
refused=0
for ((pair = 0; pair < pairs; pair++)); do
  rm -f "$index"
  if ((pair % 2)); then
    "${build[@]}" "$index" >/dev/null 2>&1 &
    job=$!
    sleep_milliseconds $((RANDOM * duration / 32768))
    kill -INT "$job" 2>/dev/null
    wait "$job" 2>/dev/null
  fi
  command="two search builds, pair $pair"
  "${build[@]}" "$index" >"$work/out" 2>"$work/err" &
  job=$!
  sleep_milliseconds $((RANDOM % 3 * RANDOM * duration / 65536))
  "${build[@]}" "$index" >"$work/out2" 2>"$work/err2"
  second=$?
  wait "$job"
  first=$?
  expect "two ends, or one and a refusal, found $first and $second: $(cat "$work/err2")" \
    eval 'ended $first "$work/err" && ended $second "$work/err2" && ((first + second < 2))'
  refused=$((refused + first + second))
  expect "the index that one alone makes" cmp -s "$index" "$work/one"
  expect "nothing but the index, found $(ls -A "$out" | tr '\n' ' ')" test "$(ls -A "$out")" = index.safetensors
done
echo "$pairs pairs, $refused refused"
finish
