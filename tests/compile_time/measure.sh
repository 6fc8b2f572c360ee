#!/usr/bin/env bash
# Compiles at -O2 the pieces of the implementation, and units that use the declarations. Prints the CPU
# time of each as a multiple of that of yardstick.cpp, since the seconds of a machine that is shared
# double from one hour to the next, and fails where one is above its bound.
#
#   tests/compile_time/measure.sh COMPILER INCLUDE_PATH [one-unit]
#
# With `one-unit` the core is also compiled in one unit, which takes as long as its four pieces.
#
# for example, in the repository's root on Debian:
#
#   tests/compile_time/measure.sh g++ include:/usr/include/eigen3:/usr/include/stb
set -euo pipefail

compiler=$1
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

# report NAME BOUND RATIO DETAILS
failed=0
report() {
  printf '%-32s %5.2f times the yardstick, at most %s%s\n' "$1" "$3" "$2" "$4"
  awk -v ratio="$3" -v bound="$2" 'BEGIN { exit ratio > bound }' || failed=1
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
    if awk -v ratio="$ratio" -v bound="$2" 'BEGIN { exit ratio > bound }'; then break; fi
  done
  report "$1" "$2" "$ratio" ", $taken s"
}

measure "declarations: load and classify" 1.3 "$root/tests/consume/main.cpp"
measure "declarations: features" 1.3 "$here/features.cpp"
if [[ ${3-} == one-unit ]]; then
  measure "the core in one unit" 15.5 "$here/core.cpp"
fi
for piece in core image io pipeline dense; do
  measure "src/$piece.cpp" 5.7 "$root/src/$piece.cpp"
done
features=0
for piece in features fitting precisions; do
  measure "src/$piece.cpp" 5.7 "$root/src/$piece.cpp"
  features=$(awk -v a="$features" -v b="$ratio" 'BEGIN { print a + b }')
done
report "the features' pieces" 12 "$features" ""
exit "$failed"
