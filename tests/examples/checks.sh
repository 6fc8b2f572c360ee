# What the tests of the example programs share; to be sourced:
#
#   programs=FOLDER
#   source checks.sh
#   run 0 classify --model DIR IMAGE    # exit status 0 expected
#   prints 'regular expression'
#   finish
#
# $work is a folder of the test's own, removed at the end.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

# run_on STATUS PROGRAM ARGUMENTS...: runs it, keeps its output, and checks how it ended.
run_on() {
  local expected=$1 program=$2
  shift 2
  command="$program $*"
  "$programs/$program" "$@" >"$work/out" 2>"$work/err"
  local status=$?
  expect "exit status $expected, found $status" test "$status" -eq "$expected"
}

# The same of a program that stops at what is wrong: it says so in one line.
run() {
  run_on "$@"
  if (($1 == 1)); then
    expect "one line on stderr" test "$(wc -l <"$work/err")" -eq 1
  fi
}

expect() {
  local what=$1
  shift
  checks=$((checks + 1))
  if ! "$@"; then
    failures=$((failures + 1))
    printf '%s\n  expected %s\n' "$command" "$what"
    sed 's/^/  | /' "$work/out" "$work/err"
  fi
}
prints() { expect "stdout to have: $1" grep -qE -- "$1" "$work/out"; }
says() { expect "stderr to have: $1" grep -qF -- "$1" "$work/err"; }
lines() { expect "$1 lines" test "$(wc -l <"$work/out")" -eq "$1"; }
missing() { expect "no file $1" test ! -e "$1"; }

# is_png FILE WIDTH HEIGHT, by the header.
is_png() {
  local found
  found=$(od -An -tu1 -j16 -N8 "$1" | awk '{print $3 * 256 + $4 "x" $7 * 256 + $8}')
  expect "$1 of $2x$3, found $found" test "$found" = "$2x$3"
}
same() { expect "$1 and $2 to be the same" cmp -s "$1" "$2"; }
differ() { expect "$1 and $2 to differ" test "$(cmp -s "$1" "$2"; echo $?)" -eq 1; }

finish() {
  printf '%d checks, %d failed\n' "$checks" "$failures"
  ((failures == 0))
}
