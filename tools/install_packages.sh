#!/usr/bin/env bash
# Installs Debian or Ubuntu packages, those only that are missing, with sudo where not root.
#
#   tools/install_packages.sh PACKAGE... [COMMAND:PACKAGE]...
#
# COMMAND:PACKAGE is missing when there is no such command, wherever it may come from; PACKAGE alone
# when dpkg does not know it as installed. On other systems nothing is done: CMake then fetches the
# libraries that it does not find.
set -euo pipefail

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  exit 0
fi

missing=()
for wanted in "$@"; do
  package=${wanted#*:}
  if [[ $wanted == *:* ]]; then
    command -v "${wanted%%:*}" >/dev/null || missing+=("$package")
  elif [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
    missing+=("$package")
  fi
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if (($(id -u) != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Missing, and neither root nor sudo to install them: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
quietly() {
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

echo "Installing ${missing[*]}"
quietly apt-get update -qq
quietly apt-get install -y -qq --no-install-recommends "${missing[@]}"
