#!/usr/bin/env bash
# What compilers make of a program that includes the library.
#
#   check.sh run OUTPUT ARGUMENT... -- COMMAND...   COMMAND builds the program OUTPUT, which succeeds
#                                                   with the arguments
#   check.sh one-error MESSAGE COMMAND...           fails with this one error
#   check.sh unlinkable NAME COMMAND...             does not link: it lacks functions in NAME
#   check.sh defined-once NAME COMMAND...           of the symbols that COMMAND lists as nm does, no
#                                                   other unit of the program may define this one
set -uo pipefail

mode=$1
expected=$2
shift 2
case $mode in
  run)
    arguments=()
    while [[ $1 != -- ]]; do
      arguments+=("$1")
      shift
    done
    shift
    "$@" -o "$expected" && exec "$expected" "${arguments[@]}"
    ;;
  one-error)
    if output=$("$@" -fsyntax-only 2>&1); then
      echo "compiled without an error" >&2
      exit 1
    fi
    errors=$(grep -E '(^|[ :])error: ' <<<"$output")
    if (($(wc -l <<<"$errors") == 1)) && [[ $errors == *"$expected"* ]]; then
      exit 0
    fi
    ;;
  unlinkable)
    object=$(mktemp)
    if output=$("$@" -o "$object" 2>&1); then
      output='linked without an error'
    fi
    rm -f "$object"
    if grep -q "undefined reference to .*$expected" <<<"$output"; then
      exit 0
    fi
    ;;
  defined-once)
    # Capital letters, but for what is weak; unique ones have a small letter.
    output=$("$@" | awk '$2 ~ /^[A-Z]$/ && $2 !~ /^[WV]$/ { print $3 }')
    if [[ $output == "$expected" ]]; then
      exit 0
    fi
    ;;
esac
printf 'expected: %s\nfound:\n%s\n' "$expected" "$(head -40 <<<"${output-}")" >&2
exit 1
