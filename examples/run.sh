#!/usr/bin/env bash
# Classifies a photograph with the model that ships with the project:
#
#   bash examples/run.sh [IMAGE]
#
# On Debian and Ubuntu it first installs what is missing, the libraries of all image formats included.
# The program is build/examples/classify.
set -euo pipefail

image=$(realpath -- "${1:-$(dirname "$0")/images/chelsea.png}")
cd "$(dirname "$0")/.."

bash tools/install_packages.sh \
  cmake:cmake c++:g++ ninja:ninja-build \
  libeigen3-dev nlohmann-json3-dev libstb-dev libutf8proc-dev libcli11-dev \
  libturbojpeg0-dev libpng-dev libwebp-dev libavif-dev libheif-dev

# Runs a command whose output is of interest only when it fails.
quietly() {
  mkdir -p build
  if ! "$@" >build/run.log 2>&1; then
    cat build/run.log >&2
    return 1
  fi
}

echo "Building build/examples/classify"
if [[ -e build/CMakeCache.txt ]]; then
  # A build folder of the user's own, or of tests/run.sh: its other settings stay.
  quietly cmake -S . -B build -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_WITH_ALL_CODECS=ON
else
  generator=()
  if command -v ninja >/dev/null; then
    generator=(-G Ninja)
  fi
  quietly cmake -S . -B build "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
    -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_BUILD_TESTS=OFF -DEIGENVIT_WITH_ALL_CODECS=ON
fi
quietly cmake --build build --target classify

echo "build/examples/classify --model examples/models/vit_cifar10_patch4_32 $image"
exec build/examples/classify --model examples/models/vit_cifar10_patch4_32 "$image"
