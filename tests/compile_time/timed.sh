#!/usr/bin/env bash
# Compiles a piece of the library for a build, then the yardstick with the same options, and writes the
# CPU time of the first as a multiple of that of the second. measure.sh reads it instead of compiling
# the piece again. Pieces that end within seconds of each other share a yardstick.
#
#   tests/compile_time/timed.sh FOLDER COMPILER ARGUMENT...
#
# It writes FOLDER/<piece>.time. A piece that does not compile in 1 GB of addresses is compiled without
# a limit, and nothing is written.
set -euo pipefail

folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

# The yardstick's command is that of the piece but for the source, the output and the list of headers.
yardstick=()
skip=0
for argument in "$@"; do
  if ((skip)); then
    skip=0
    continue
  fi
  case $argument in
    */src/*.cpp)
      piece=$(basename "$argument" .cpp)
      yardstick+=("$here/yardstick.cpp")
      ;;
    -o | -MT | -MF) skip=1 ;;
    -MD) ;;
    *) yardstick+=("$argument") ;;
  esac
done
yardstick+=(-o /dev/null)
record=$folder/$piece.time
yardstick_record=$folder/yardstick.seconds
mkdir -p "$folder"
rm -f "$record"
times=$(mktemp)
messages=$(mktemp)
trap 'rm -f "$times" "$messages"' EXIT

# Runs a command in 1 GB of addresses, writes what it prints to `messages`, and sets `seconds` to its
# CPU time.
timed() {
  local TIMEFORMAT='%U %S'
  (
    ulimit -v 976562  # KiB
    time "$@" >"$messages" 2>&1
  ) 2>"$times" || return 1
  seconds=$(awk '{ print $1 + $2 }' "$times")
}

if ! timed "$@"; then
  exec "$@"
fi
cat "$messages" >&2
taken=$seconds
if [[ -n $(find "$yardstick_record" -newermt '-20 seconds' 2>/dev/null) ]]; then
  seconds=$(<"$yardstick_record")
elif timed "${yardstick[@]}"; then
  # Not written in place: another piece may be reading it.
  echo "$seconds" >"$yardstick_record.$$"
  mv "$yardstick_record.$$" "$yardstick_record"
else
  exit 0
fi
awk -v taken="$taken" -v yardstick="$seconds" 'BEGIN { print taken / yardstick }' >"$record"
