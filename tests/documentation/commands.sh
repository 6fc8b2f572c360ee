#!/usr/bin/env bash
# Runs the shell blocks of the documents that are followed by a block of text, their output, and
# compares what they print with that. Of all shell blocks it checks that the example programs which
# they run have the options that they are given.
#
#   tests/documentation/commands.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$(cd "$1" && pwd)
root=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Block N of all documents becomes N.sh; the text that is its output N.expected.
awk -v work="$work" -v root="$root" '
  FNR == 1 { kind = "" ; output_of = "" }
  /^```$/ {
    if (kind == "sh") { close(work "/" blocks ".sh"); output_of = blocks }
    kind = ""
    next
  }
  kind == "sh" { print > (work "/" blocks ".sh") }
  kind == "output" { print > (work "/" output_of ".expected") }
  kind != "" { next }
  /^```/ {
    kind = "other"
    if ($0 == "```sh") {
      kind = "sh"
      place = FILENAME ":" FNR
      sub(root "/", "", place)
      print place > (work "/" ++blocks ".place")
    }
    if ($0 == "```text" && output_of != "") kind = "output"
    if (kind != "output") output_of = ""
  }
  /^#/ { output_of = "" }
' "$root"/*.md "$root"/docs/*.md

mkdir -p "$work/run/build"
ln -s "$programs" "$work/run/build/examples"
ln -s "$root/examples" "$work/run/examples"
cd "$work/run"
PATH=$programs:$PATH
failures=0
runs=0
options=0
for place in "$work"/*.place; do
  block=${place%.place}
  if [[ -e $block.expected ]]; then
    runs=$((runs + 1))
    if ! bash -e "$block.sh" >"$work/out" 2>"$work/err" || ! diff "$block.expected" "$work/out"; then
      failures=$((failures + 1))
      printf '%s: this is not what is printed\n' "$(<"$place")"
      cat "$work/err"
    fi
  fi
  # Lines that go on are joined, comments left out.
  while read -r program subcommand arguments; do
    program=${program##*/}
    [[ $program && -x $programs/$program && ! -d $programs/$program ]] || continue
    help=("$program" --help)
    if [[ $subcommand =~ ^[a-z]+$ && $program =~ ^(search|few_shot|segment)$ ]]; then
      help=("$program" "$subcommand" --help)
    fi
    for option in $(grep -oE -- '(^| )--[a-z-]+' <<<" $subcommand $arguments"); do
      options=$((options + 1))
      if ! "${help[@]}" 2>&1 | grep -qE -- "$option([^a-z-]|\$)"; then
        failures=$((failures + 1))
        printf '%s: %s has no option %s\n' "$(<"$place")" "${help[*]}" "$option"
      fi
    done
  done < <(sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' -e 's/ #.*//' "$block.sh")
done
printf '%d blocks run, %d options looked up, %d failures\n' "$runs" "$options" "$failures"
((failures == 0 && runs > 0 && options > 0))
