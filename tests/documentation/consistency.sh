#!/usr/bin/env bash
# Checks what the documents say against the repository and each other:
# - what they link to is there, headings included;
# - the lists of documents and of CMake options have all of them;
# - the front page has the figures of docs/performance.md and the library's version, and is short.
#
#   tests/documentation/consistency.sh REPOSITORY
set -uo pipefail

cd "$1"
failures=0
fail() {
  failures=$((failures + 1))
  printf '%s\n' "$*"
}

# The names by which headings of a document can be linked to.
anchors() {
  sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed -e 's/[^a-z0-9 _-]//g' -e 's/ /-/g'
}

links=0
for document in *.md docs/*.md; do
  while read -r link; do
    [[ $link =~ ^(https?|mailto): ]] && continue
    links=$((links + 1))
    file=${link%%#*}
    target=$document
    [[ $file ]] && target=$(dirname "$document")/$file
    if [[ ! -e $target ]]; then
      fail "$document: nothing at $link"
    elif [[ $link == *#* ]] && ! anchors "$target" | grep -qxF -- "${link#*#}"; then
      fail "$document: no heading for $link"
    fi
  done < <(grep -oE '\]\([^) ]+\)|src="[^"]+"' "$document" | sed -E 's/^(\]\(|src=")//; s/[)"]$//')
done

for document in docs/*.md; do
  name=${document#docs/}
  [[ $name == README.md ]] || grep -qF "($name)" docs/README.md || fail "docs/README.md: no link to $name"
done

for option in $(sed -nE 's/^ *option\((EIGENVIT_[A-Z_]+) .*/\1/p' CMakeLists.txt); do
  grep -qF "\`$option\`" docs/building.md || fail "docs/building.md: lacks the option $option"
done

# Figures that both have are the same.
while read -r row; do
  grep -qxF -- "$row" docs/performance.md || fail "docs/performance.md: lacks README.md's $row"
done < <(grep '^| ViT-' README.md)

# find_package refuses an installation of another version.
version=$(sed -nE 's/^#define EIGENVIT_VERSION_(MAJOR|MINOR) //p' include/eigenvit/version.hpp | paste -sd.)
grep -qF "find_package(EigenViT $version " README.md ||
  fail "README.md: expected find_package(EigenViT $version ...)"

lines=$(wc -l <README.md)
((lines <= 250)) || fail "README.md: expected at most 250 lines, found $lines"

printf '%d links, %d failures\n' "$links" "$failures"
((failures == 0 && links > 0))
