#!/usr/bin/env bash
# tools/install_packages.sh with an apt-get, a dpkg-query and a sleep of this test's own: it waits
# while another installation holds a lock, gives up in the end, and reports other failures at once.
#
#   tests/structure/install_packages.sh
set -euo pipefail

script=$(cd "$(dirname "$0")/../.." && pwd)/tools/install_packages.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir bin
cat >bin/apt-get <<'END'
#!/usr/bin/env bash
echo "$1" >>calls
if (($(wc -l <calls) <= $(<failures))); then
  cat message >&2
  exit 100
fi
END
printf '#!/bin/sh\nexit 1\n' >bin/dpkg-query
printf '#!/bin/sh\necho "sleep $1" >>waits\n' >bin/sleep
printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
chmod +x bin/*

# run FAILURES MESSAGE: runs the script against an apt-get whose first FAILURES calls fail.
run() {
  rm -f calls waits
  touch calls waits
  echo "$1" >failures
  echo "$2" >message
  PATH=$folder/bin:$PATH bash "$script" eigenvit-no-such-package >out 2>&1
}
expect() {
  if [[ $2 != "$3" ]]; then
    printf '%s: expected %s, found %s\n' "$1" "$3" "$2" >&2
    cat out >&2
    exit 1
  fi
}

locked='E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)'
run 0 ''
expect 'calls' "$(paste -sd ' ' calls)" 'update install'
run 3 "$locked"
expect 'calls when locked' "$(paste -sd ' ' calls)" 'update update update update install'
expect 'waits when locked' "$(wc -l <waits)" 3
expect 'notices when locked' "$(grep -c 'Waiting for another installation: E: Could not get' out)" 1
if run 1000 "$locked"; then
  expect 'status when locked for ever' 0 1
fi
expect 'calls when locked for ever' "$(wc -l <calls)" 120
if run 1 'E: Unable to locate package eigenvit-no-such-package'; then
  expect 'status without the package' 0 100
fi
expect 'calls without the package' "$(wc -l <calls)" 1
expect 'message' "$(grep -c 'Unable to locate package' out)" 1
