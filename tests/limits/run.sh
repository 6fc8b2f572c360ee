#!/usr/bin/env bash
# Measures what the worst files of each format cost, with the decoders that are built in and with
# those of the codec libraries that are installed, and what the worst tokenizers cost, and prints the
# tables of SECURITY.md:
#
#   bash tests/limits/run.sh
#
# Takes some minutes and 2 GB of memory. Exits 1 where a limit is exceeded.
set -euo pipefail

cd "$(dirname "$0")/../.."
bash tools/install_packages.sh cmake:cmake c++:g++ ninja:ninja-build python3:python3 libstb-dev \
  libeigen3-dev nlohmann-json3-dev libutf8proc-dev
for build in built_in libraries; do
  options=()
  if [[ $build == libraries ]]; then options=(-DEIGENVIT_WITH_ALL_CODECS=ON); fi
  cmake -G Ninja -S tests/limits -B "build/limits/$build" -DCMAKE_BUILD_TYPE=Release \
    "${options[@]}" >/dev/null
  cmake --build "build/limits/$build" >/dev/null
done
python3 tests/limits/measure.py build/limits/built_in/tokenize_cost "built in=build/limits/built_in/decode_cost" \
  "libraries=build/limits/libraries/decode_cost"
