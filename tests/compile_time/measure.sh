#!/usr/bin/env bash
# Compiles at -O2 the pieces of the implementation, and units that use the declarations. Prints the CPU
# time of each as a multiple of that of yardstick.cpp, since the seconds of a machine that is shared
# double from one hour to the next, and fails where one is above its bound.
#
#   tests/compile_time/measure.sh COMPILER INCLUDE_PATH [one-unit]
#   tests/compile_time/measure.sh COMPILER INCLUDE_PATH built FOLDER
#
# With `one-unit` the core is also compiled in one unit, which takes as long as its four pieces. With
# `built` a piece is not compiled where timed.sh has found it within its bound.
#
# for example, in the repository's root on Debian:
#
#   tests/compile_time/measure.sh g++ include:/usr/include/eigen3:/usr/include/stb
set -euo pipefail

compiler=$1
mode=${3-}
folder=${4-}
# The compiler searches these as it does the folders of -I.
export CPATH=$2
here=$(cd "$(dirname "$0")" && pwd)
root=${here%/tests/compile_time}
times_file=$(mktemp)
trap 'rm -f "$times_file"' EXIT

# Prints the seconds of CPU time that compiling a file takes, in no more than 1 GB of addresses unless
# it is the whole core.
seconds() {
  local TIMEFORMAT='%U %S'
  (
    [[ $1 == "$here/core.cpp" ]] || ulimit -v 976562  # KiB
    time "$compiler" -std=c++17 -O2 -DEIGENVIT_COMPILED -c "$1" -o /dev/null 2>&3
  ) 3>&2 2>"$times_file" || return 1
  awk '{ print $1 + $2 }' "$times_file"
}

# within RATIO BOUND
within() {
  awk -v ratio="$1" -v bound="$2" 'BEGIN { exit ratio > bound }'
}

# report NAME BOUND RATIO DETAILS
failed=0
report() {
  printf '%-32s %5.2f times the yardstick, at most %s%s\n' "$1" "$3" "$2" "$4"
  within "$3" "$2" || failed=1
}

# measure NAME BOUND FILE: sets `ratio`, by the yardsticks before and after the file. One that is above
# its bound is measured once more, since other programs can slow down one file and not its yardsticks.
after=$(seconds "$here/yardstick.cpp")
measure() {
  local before taken
  for _ in 1 2; do
    before=$after
    taken=$(seconds "$3")
    after=$(seconds "$here/yardstick.cpp")
    ratio=$(awk -v taken="$taken" -v a="$before" -v b="$after" 'BEGIN { print taken / ((a + b) / 2) }')
    if within "$ratio" "$2"; then break; fi
  done
  report "$1" "$2" "$ratio" ", $taken s"
}

measure "declarations: load and classify" 1.3 "$root/tests/consume/main.cpp"
measure "declarations: features" 1.3 "$here/features.cpp"
if [[ $mode == one-unit ]]; then
  measure "the core in one unit" 15.5 "$here/core.cpp"
fi
# Those of the features, the last three, are at most 12 together. Builds may optimise more than -O2.
while read -r piece bound; do
  record=$folder/$piece.time
  if [[ $mode == built && -e $record ]] && within "$(<"$record")" "$bound"; then
    report "src/$piece.cpp" "$bound" "$(<"$record")" ", as it was built"
  else
    measure "src/$piece.cpp" "$bound" "$root/src/$piece.cpp"
  fi
done <<'BOUNDS'
core 5.7
image 4
io 5.7
pipeline 3.7
dense 5.7
features 5.7
fitting 4.2
precisions 2
BOUNDS
exit "$failed"
