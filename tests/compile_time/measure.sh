#!/usr/bin/env bash
# Prints the CPU time of compiling tests/consume/main.cpp at -O2, header-only and against
# EigenViT::compiled, and fails when one takes more seconds than its bound.
#
#   tests/compile_time/measure.sh HEADER_ONLY_BOUND COMPILED_BOUND COMPILER INCLUDE_PATH
#
# for example, in the repository's root on Debian:
#
#   tests/compile_time/measure.sh 12 3 g++ include:/usr/include/eigen3:/usr/include/stb
set -euo pipefail

header_only_bound=$1
compiled_bound=$2
compiler=$3
# The compiler searches these as it does the folders of -I.
export CPATH=$4
source_file=$(dirname "$0")/../consume/main.cpp
times_file=$(mktemp)
trap 'rm -f "$times_file"' EXIT

# Compiles with the arguments, and leaves "<user> <system>" seconds in $times_file.
timed() {
  local TIMEFORMAT='%U %S'
  { time "$@" 2>&3; } 3>&2 2>"$times_file"
}

failed=0
measure() {
  local name=$1 bound=$2
  shift 2
  timed "$compiler" "$@" -std=c++17 -O2 -c "$source_file" -o /dev/null
  awk -v name="$name" -v bound="$bound" '{
    printf "%s: %.1f s of CPU time, at most %s\n", name, $1 + $2, bound
    exit $1 + $2 > bound
  }' "$times_file" || failed=1
}

measure "header-only" "$header_only_bound"
measure "EigenViT::compiled" "$compiled_bound" -DEIGENVIT_COMPILED
exit "$failed"
