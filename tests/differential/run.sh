#!/usr/bin/env bash
# Compares EigenViT with its Python references on random inputs:
#
#   bash tests/differential/run.sh [--count N] [--seed N] [KIND...]
#
#   images        files of JPEG, PNG, BMP, TGA, PNM and GIF, half of them damaged: the bytes that Pillow
#                 decodes
#   processors    preprocessor_config.json of nine classes: the pixel values of transformers
#   transformers  networks of 34 classes with random configurations: tokens, pooled vectors, logits and
#                 embeddings in double precision
#   timm          the same of all architectures, with random arguments
#
# Does N inputs of each kind, by default 1000, prints what differs, what only one side takes, and a line
# of counts. The first run installs torch, timm and transformers from PyPI in build/parity/venv, as
# tests/parity/run.sh does; PARITY_VENV=DIR uses another virtual environment. Exit status 1 where
# something differs.
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1:-} in
  -h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
work=build/differential
mkdir -p "$work"
# Runs a command whose output is of interest only when it fails.
quietly() {
  if ! "$@" >"$work/run.log" 2>&1; then
    cat "$work/run.log" >&2
    return 1
  fi
}

bash tools/install_packages.sh c++:g++ libeigen3-dev nlohmann-json3-dev libstb-dev
quietly g++ -std=c++17 -O1 -I include -isystem /usr/include/eigen3 -isystem /usr/include/stb \
  tests/differential/answer.cpp -o "$work/answer"

venv=${PARITY_VENV:-}
if [[ -z $venv ]]; then
  venv=build/parity/venv
  bash tools/install_packages.sh python3:python3 python3-venv
  if [[ ! -e $venv/complete ]]; then
    echo "Installing torch, timm and transformers in $venv" >&2
    quietly python3 -m venv "$venv"
    quietly "$venv/bin/pip" install torch torchvision timm transformers safetensors numpy pillow
    touch "$venv/complete"
  fi
fi
exec "$venv/bin/python" tests/differential/compare.py --program "$work/answer" --scratch "$work" "$@"
