#!/usr/bin/env bash
# Compares EigenViT with timm and transformers on every architecture and model class that it reads:
#
#   bash tests/parity/run.sh [--reference timm|transformers] [--only REGEX] [--depth N] [--threads N]
#                            [--results FILE] [--merge] [--program FILE] [--list] [--precisions LIST]
#
#   --reference  one of the two; both without
#   --only       those whose names match
#   --precisions bfloat16,int8 or one of them: computes in these too, at the model's own size
#   --depth      cuts every model to so many blocks: quick runs. Models of over 400 million
#                parameters are cut to 2 in any case
#   --results    the table; default build/parity/RESULTS.md. Beside it the same as CSV
#   --merge      replaces what has been run in the table that is there and keeps the rest
#   --program    a built extract_tokens; without it one is built in build/parity
#   --list       prints the names and ends
#
# Each model is made by the Python package with seeded random weights, saved as the Hub has it, run by
# both at its own size and at another one that is not square, and deleted. The first run installs
# torch, timm and transformers from PyPI in build/parity/venv; PARITY_VENV=DIR uses another virtual
# environment, which is left as it is. Exit status 1 when a model fails.
set -euo pipefail

arguments=()
program=
results=
while (($# > 0)); do
  case $1 in
    --reference | --only | --depth | --threads | --precisions | --results | --program)
      if (($# < 2)); then
        echo "tests/parity/run.sh: $1 needs a value" >&2
        exit 2
      fi
      case $1 in
        --program) program=$(realpath "$2") ;;
        --results) results=$(realpath "$2") ;;
        *) arguments+=("$1" "$2") ;;
      esac
      shift
      ;;
    --merge | --list) arguments+=("$1") ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *)
      echo "tests/parity/run.sh: unknown argument $1" >&2
      exit 2
      ;;
  esac
  shift
done
cd "$(dirname "$0")/../.."

parity=build/parity
mkdir -p "$parity"
# Runs a command whose output is of interest only when it fails.
quietly() {
  if ! "$@" >"$parity/run.log" 2>&1; then
    cat "$parity/run.log" >&2
    return 1
  fi
}

if [[ -z $program ]]; then
  bash tools/install_packages.sh cmake:cmake c++:g++ ninja:ninja-build \
    libeigen3-dev nlohmann-json3-dev libstb-dev libcli11-dev
  echo "Building extract_tokens" >&2
  quietly cmake -S . -B "$parity/cmake" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_BUILD_TESTS=OFF
  quietly cmake --build "$parity/cmake" --target extract_tokens
  program=$parity/cmake/examples/extract_tokens
fi

venv=${PARITY_VENV:-}
if [[ -z $venv ]]; then
  venv=$parity/venv
  bash tools/install_packages.sh python3:python3 python3-venv
  if [[ ! -e $venv/complete ]]; then
    echo "Installing torch, timm and transformers in $venv" >&2
    quietly python3 -m venv "$venv"
    quietly "$venv/bin/pip" install torch torchvision timm transformers safetensors numpy pillow
    touch "$venv/complete"
  fi
fi

exec "$venv/bin/python" tests/parity/parity.py --program "$program" \
  --results "${results:-$parity/RESULTS.md}" ${arguments[@]+"${arguments[@]}"}
