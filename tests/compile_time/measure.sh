#!/usr/bin/env bash
# Prints the CPU time of compiling tests/consume/main.cpp at -O2, header-only and against
# EigenViT::compiled, as multiples of the time of yardstick.cpp, and fails when one is above its
# bound. Multiples, since the seconds of a machine that is shared double from one hour to the next.
#
#   tests/compile_time/measure.sh HEADER_ONLY_BOUND COMPILED_BOUND COMPILER INCLUDE_PATH
#
# for example, in the repository's root on Debian:
#
#   tests/compile_time/measure.sh 10 1.5 g++ include:/usr/include/eigen3:/usr/include/stb
set -euo pipefail

header_only_bound=$1
compiled_bound=$2
compiler=$3
# The compiler searches these as it does the folders of -I.
export CPATH=$4
here=$(dirname "$0")
times_file=$(mktemp)
trap 'rm -f "$times_file"' EXIT

# Prints the seconds of CPU time that compiling with the arguments takes.
seconds() {
  local TIMEFORMAT='%U %S'
  { time "$compiler" -std=c++17 -O2 -c "$@" -o /dev/null 2>&3; } 3>&2 2>"$times_file" || return 1
  awk '{ print $1 + $2 }' "$times_file"
}

failed=0
measure() {
  local name=$1 bound=$2 before after taken
  shift 2
  before=$(seconds "$here/yardstick.cpp")
  taken=$(seconds "$@" "$here/../consume/main.cpp")
  after=$(seconds "$here/yardstick.cpp")
  awk -v name="$name" -v bound="$bound" -v taken="$taken" -v unit="$before" -v after="$after" '
    BEGIN {
      unit = (unit + after) / 2
      printf "%s: %.1f s of CPU time, %.2f times the yardstick, at most %s\n", name, taken,
             taken / unit, bound
      exit taken / unit > bound
    }' || failed=1
}

measure "header-only" "$header_only_bound"
measure "EigenViT::compiled" "$compiled_bound" -DEIGENVIT_COMPILED
exit "$failed"
