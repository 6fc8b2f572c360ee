#!/usr/bin/env bash
# Links with LLVM's linker in the place of the one that Debian's GCC for Windows has built in: for the
# option -wrapper of GCC, which runs `SCRIPT SUBCOMMAND ARGUMENT...`. GNU's looks through a list of all
# sections of an object for each of its symbols, half a minute for the unit tests.
set -euo pipefail

if [[ $1 != *collect2 ]]; then
  exec "$@"
fi
shift
arguments=()
while (($# > 0)); do
  case $1 in
    -plugin) shift ;;  # that of GCC's own link-time optimisation, which LLVM's linker cannot load
    -plugin-opt=*) ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
exec ld.lld "${arguments[@]}"
