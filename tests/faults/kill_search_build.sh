#!/usr/bin/env bash
# `search build` is killed at random moments and started again: the index is always the old one or
# the new one, the end is the same bytes as without a kill, and nothing else is left.
#
#   tests/faults/kill_search_build.sh PROGRAMS_FOLDER REPOSITORY [KILLS] [SEED]
set -uo pipefail

source "$(dirname "$0")/pictures.sh"
kills=${3:-6}
RANDOM=${4:-1}

# An index of half of the pictures, which is renewed, and one of all, made in one go.
mkdir "$work/away"
mv "$photos/deep" "$work/away"
"${build[@]}" "$work/old" >"$work/out" 2>"$work/err"
mv "$work/away/deep" "$photos"
command="search build, not interrupted"
begin=$(milliseconds)
"${build[@]}" "$work/new" >"$work/out" 2>"$work/err"
duration=$(($(milliseconds) - begin))
prints ': 60 images, 60 of them new, 0 could not be read$'

killed=0
while ((killed < kills)); do
  rm -f "$index"
  renewed=$((RANDOM % 2))
  ((renewed)) && cp "$work/old" "$index"
  command="search build, killed $killed times, renewed $renewed"
  for ((left = 1 + RANDOM % 4; left > 0 && killed < kills; left--)); do
    "${build[@]}" "$index" >"$work/out" 2>"$work/err" &
    job=$!
    # Later moments than the end of it are ends without a kill.
    sleep_milliseconds $((RANDOM * duration / 32768))
    kill -KILL "$job" 2>/dev/null && killed=$((killed + 1))
    wait "$job" 2>/dev/null
    if [[ -e $index ]]; then
      expect "the old or the new index" eval 'cmp -s "$index" "$work/new" || cmp -s "$index" "$work/old"'
    fi
  done
  "${build[@]}" "$index" >"$work/out" 2>"$work/err"
  expect "exit status 0" test $? -eq 0
  expect "the same index as without a kill" cmp -s "$index" "$work/new"
  expect "nothing but the index, found $(ls -A "$out" | tr '\n' ' ')" test "$(ls -A "$out")" = index.safetensors
done
echo "$killed kills"
finish
