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
# Runs apt-get; its output is of interest only when it fails. While another installation is under
# way, that is while one of apt's locks is taken, tries again for up to ten minutes.
apt_get() {
  local log tries
  log=$(mktemp)
  for ((tries = 1; ; ++tries)); do
    if "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1; then
      rm -f "$log"
      return
    fi
    if ((tries == 120)) || ! grep -qE 'Could not get lock|was locked by another process' "$log"; then
      cat "$log" >&2
      rm -f "$log"
      return 1
    fi
    if ((tries == 1)); then
      echo "Waiting for another installation: $(grep -m 1 ' lock' "$log")"
    fi
    sleep 5
  done
}

echo "Installing ${missing[*]}"
apt_get update -qq
apt_get install -y -qq --no-install-recommends "${missing[@]}"
