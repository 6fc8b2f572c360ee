#!/usr/bin/env bash
# Builds the tests and runs them:
#
#   bash tests/run.sh              one Release pass
#   bash tests/run.sh --all        also the flavours below
#   bash tests/run.sh FLAVOUR...   some of them: release clang asan tsan unoptimised fast-math mingw
#                                  aarch64
#
# A flavour is a preset of CMakePresets.json. All flavours are built first and then tested by one
# ctest, whose summary comes last. On Debian and Ubuntu what is missing is installed before.
set -euo pipefail

cd "$(dirname "$0")/.."

flavours=()
all=0
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    release | clang | asan | tsan | unoptimised | fast-math | mingw | aarch64) flavours+=("$argument") ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
if ((all)); then
  flavours=(release clang asan tsan unoptimised fast-math mingw aarch64)
elif ((${#flavours[@]} == 0)); then
  flavours=(release)
fi

packages=(cmake:cmake c++:g++ ninja:ninja-build pkg-config:pkg-config
  libeigen3-dev nlohmann-json3-dev libstb-dev libutf8proc-dev libcli11-dev doctest-dev)
if ((all)); then
  packages+=(clang-format-14:clang-format-14 libbenchmark-dev qemu-x86_64:qemu-user
    clang++:clang libc++-dev libc++abi-dev)
fi
for flavour in "${flavours[@]}"; do
  case $flavour in
    asan) packages+=(clang++:clang libclang-rt-dev libwebp-dev libavif-dev) ;;
    clang) packages+=(clang++:clang libclang-rt-dev
      libturbojpeg0-dev libpng-dev libwebp-dev libavif-dev libheif-dev) ;;
    mingw) packages+=(x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix wine:wine) ;;
    aarch64) packages+=(aarch64-linux-gnu-g++:g++-aarch64-linux-gnu qemu-aarch64:qemu-user) ;;
  esac
done
bash tools/install_packages.sh "${packages[@]}"

# As many jobs as processors, but not more than memory serves: a file with much of Eigen in it
# takes the compiler more than a gigabyte when a sanitizer is on.
jobs=$(nproc)
memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
if ((memory_jobs < jobs)); then
  jobs=$((memory_jobs > 1 ? memory_jobs : 1))
fi

# Runs a command whose output is of interest only when it fails.
quietly() {
  mkdir -p build
  if ! "$@" >build/run.log 2>&1; then
    cat build/run.log >&2
    return 1
  fi
}

# Wine keeps its settings in the build folder, and stays silent about what a console program does
# not need.
export WINEPREFIX=$PWD/build/flavours/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='

folders=()
for flavour in "${flavours[@]}"; do
  started=$SECONDS
  if [[ $flavour == release ]]; then
    # Not through the preset, which would ask for a newer CMake than the library itself does.
    folder=build
    options=(-S . -B build -DCMAKE_BUILD_TYPE=Release -DEIGENVIT_BUILD_COMPILED=ON
      -DEIGENVIT_BUILD_TESTS=ON -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_WITH_ALL_CODECS=OFF
      -DEIGENVIT_TEST_OPTIONS=-O0 -DEIGENVIT_PROGRAM_OPTIONS=-O1)
    if [[ ! -e build/CMakeCache.txt ]] && command -v ninja >/dev/null; then
      options+=(-G Ninja)
    fi
    if ((all)); then
      options+=(-DEIGENVIT_WARNINGS_AS_ERRORS=ON -DEIGENVIT_BUILD_BENCHMARKS=ON)
    else
      options+=(-DEIGENVIT_WARNINGS_AS_ERRORS=OFF)
    fi
  else
    folder=build/flavours/$flavour
    options=(--preset "$flavour")
  fi
  if [[ $flavour == mingw || $flavour == aarch64 ]]; then
    quietly cmake -D OUTPUT=build/flavours/dependencies -P tests/dependency_copies.cmake
  fi
  quietly cmake "${options[@]}"
  quietly cmake --build "$folder" --parallel "$jobs"
  if [[ $flavour == mingw ]]; then
    # The server of programs under Wine ends with the last of them, and one that starts at that
    # moment finds its connection cut: this one stays until the tests are over. What it starts
    # besides must not be started by a test, which would be waited for as long as that runs.
    wineserver=$(command -v wineserver || echo /usr/lib/wine/wineserver)
    mkdir -p "$WINEPREFIX"
    trap '"$wineserver" --kill >/dev/null 2>&1 || true' EXIT
    "$wineserver" --persistent >build/run.log 2>&1 || true
    # Two programs that both find no settings yet would get in each other's way making them.
    quietly "$(command -v wine64 || command -v wine)" wineboot --init
  fi
  echo "Built $folder in $((SECONDS - started)) s"
  folders+=("$PWD/$folder")
done

# ctest descends into the build folders that a test file names, so one run covers all of them.
mkdir -p build/flavours/selected
printf 'subdirs("%s")\n' "${folders[@]}" >build/flavours/selected/CTestTestfile.cmake

# Sanitizers of this generation cannot place their shadow memory where some kernels' address
# randomisation puts programs; without it they can.
launcher=()
if command -v setarch >/dev/null && setarch "$(uname -m)" -R true 2>/dev/null; then
  launcher=(setarch "$(uname -m)" -R)
fi
cd build/flavours/selected
"${launcher[@]}" ctest --parallel "$jobs" --output-on-failure --no-tests=error
