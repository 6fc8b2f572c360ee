#!/usr/bin/env bash
# Measures EigenViT beside ONNX Runtime, OpenVINO and PyTorch on the CPU, in float32, bfloat16 and
# int8, and prints the tables, which are kept in build/peers/results.md:
#
#   bash bench/peers/run.sh [--quick] [--native] [--models NETWORK,...] [--rounds N]
#                           [--threads 1,2] [--batches 1,8] [--only CONFIGURATION]
#                           [--precisions float32,bfloat16,int8]
#
#   --models   of ti, s, b, l and s14, which are all measured without it; depth_s, depth_b, eomt_l and
#              vitpose_b, which have dense heads (Depth Anything V2, EoMT, ViTPose); and text, the
#              network of texts of CLIP ViT-B/32
#   --quick    ViT-Ti and B at batch 1 and few rounds, for a first look
#   --native   EigenViT compiled with -O3 for the CPU that builds; without it with -O2 and no -m flag
#   --only     of the peers' configurations those whose names contain this
#   --precisions  int8 and bfloat16 are measured beside EigenViT's float32
#
# The first run installs the peers from PyPI in build/peers/venv (6 GB, most of it
# CUDA libraries that are not used; PEERS_VENV=DIR uses another virtual environment, which is then
# left as it is) and makes the models in build/peers/models (7 GB without ViT-L, about 17 GB with it,
# which also wants some 16 GB of memory; --models chooses). Calibrating those in int8 takes NNCF
# some minutes for each output of ViT-B, and more for larger networks. Measure on a machine at
# rest. On Debian and Ubuntu what is missing is installed.
set -euo pipefail

command="bash bench/peers/run.sh $*"
models=ti,s,b,l,s14
precisions=float32,bfloat16,int8
flags="-O2 -DNDEBUG"
native=OFF
arguments=()
while (($# > 0)); do
  case $1 in
    --quick) models=ti,b arguments+=(--quick) ;;
    --native) native=ON flags="-O3 -march=native -DNDEBUG" ;;
    --models | --rounds | --threads | --batches | --only | --precisions)
      if (($# < 2)); then
        echo "bench/peers/run.sh: $1 needs a value" >&2
        exit 2
      fi
      if [[ $1 == --models ]]; then
        chosen_models=$2
      elif [[ $1 == --precisions ]]; then
        precisions=$2
      fi
      arguments+=("$1" "$2")
      shift
      ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *)
      echo "bench/peers/run.sh: unknown argument $1" >&2
      exit 2
      ;;
  esac
  shift
done
models=${chosen_models:-$models}
cd "$(dirname "$0")/../.."

bash tools/install_packages.sh \
  cmake:cmake c++:g++ ninja:ninja-build strip:binutils python3:python3 python3-venv python3-dev \
  libeigen3-dev nlohmann-json3-dev libstb-dev libcli11-dev libbenchmark-dev libutf8proc-dev

peers=build/peers
mkdir -p "$peers"
# Runs a command whose output is of interest only when it fails.
quietly() {
  if ! "$@" >"$peers/run.log" 2>&1; then
    cat "$peers/run.log" >&2
    return 1
  fi
}

venv=${PEERS_VENV:-$peers/venv}
if [[ -z ${PEERS_VENV:-} && ! -e $venv/complete ]]; then
  echo "Installing the peers in $venv" >&2
  python3 -m venv "$venv"
  quietly "$venv/bin/pip" install -r bench/peers/requirements.txt
  touch "$venv/complete"
fi

echo "Building EigenViT's side" >&2
# Each kind of flags in a folder of its own.
build=$peers/programs-native-$native
generator=()
if [[ ! -e $build/CMakeCache.txt ]] && command -v ninja >/dev/null; then
  generator=(-G Ninja)
fi
quietly cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE="$flags" \
  -DEIGENVIT_BUILD_BENCHMARKS=ON -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_BUILD_TESTS=OFF
quietly cmake --build "$build" --target eigenvit_worker eigenvit_dense_worker eigenvit_text_worker instruction_peak \
  classify classify_static

IFS=, read -ra keys <<<"$models"
quantised=()
if [[ ,$precisions, == *,int8,* ]]; then
  quantised=(--int8)
fi
"$venv/bin/python" bench/peers/make_models.py ${quantised[@]+"${quantised[@]}"} "$peers/models" "${keys[@]}" >&2
exec "$venv/bin/python" bench/peers/compare.py --programs "$build/bench/peers" --cache "$peers" \
  --flags "$flags" --command "$command" "${arguments[@]}"
