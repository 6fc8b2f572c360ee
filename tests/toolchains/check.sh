#!/usr/bin/env bash
# What compilers make of a program that includes the library.
#
#   check.sh run OUTPUT ARGUMENT... -- COMMAND...   COMMAND builds the program OUTPUT, which succeeds
#                                                   with the arguments
#   check.sh one-error MESSAGE COMMAND...           fails with this one error
#   check.sh unlinkable NAME COMMAND...             does not link: it lacks functions in NAME
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
esac
printf 'expected: %s\nfound:\n%s\n' "$expected" "$(head -40 <<<"${output-}")" >&2
exit 1
