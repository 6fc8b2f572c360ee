#!/usr/bin/env bash
# Checks that docs/api.md lists every name that a header declares in namespace eigenvit itself; others
# belong to eigenvit::detail. documentation/code checks that what it lists is declared.
#
#   tests/documentation/api.sh REPOSITORY
set -euo pipefail

cd "$1"
# The formatter puts what a namespace holds at the beginning of a line, and names a namespace where it
# ends.
found=$(find include/eigenvit -mindepth 2 -name '*.hpp' | sort | xargs awk '
  FNR == 1 { inner = 0 }
  /^namespace [a-z0-9_]+ \{/ && !/^namespace eigenvit / { ++inner }
  /^}  \/\/ namespace [a-z0-9_]+$/ && !/ eigenvit$/ { --inner }
  inner || !/^[a-zA-Z]/ || /^(inline )?namespace / || /^template </ { next }
  {
    if (match($0, /^(class|struct|enum class) [A-Za-z0-9_]+/)) {
      if ($0 ~ /^(class|struct) [A-Za-z0-9_]+;$/) next
    } else if (!match($0, /^using [A-Za-z0-9_]+/) && !match($0, /[ *&][a-z_0-9]+\(/) &&
               !match($0, /^(inline )?constexpr .* [a-z_0-9]+ =/)) {
      next
    }
    declared = substr($0, RSTART, RLENGTH)
    gsub(/\(| =$/, "", declared)
    sub(/.*[ *&]/, "", declared)
    print FILENAME, declared
  }' | sort -u)

failures=0
names=0
while read -r header name; do
  names=$((names + 1))
  if ! grep -q "^| .*\`$name\`.*|" docs/api.md; then
    failures=$((failures + 1))
    printf '%s: %s is not in docs/api.md\n' "$header" "$name"
  fi
done <<<"$found"
printf '%d names, %d failures\n' "$names" "$failures"
((failures == 0 && names > 0))
