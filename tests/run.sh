#!/usr/bin/env bash
# Builds the tests and runs them:
#
#   bash tests/run.sh              one Release pass
#   bash tests/run.sh --all        also clang, asan, tsan, fast-math, mingw and aarch64
#   bash tests/run.sh FLAVOUR...   some of them, or unoptimised
#
# A flavour is a preset of CMakePresets.json. All flavours are built first, two at a time, and then
# tested by one ctest, whose summary comes last. On Debian and Ubuntu what is missing is installed
# before.
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
  # Not unoptimised: consume/add_subdirectory builds the library with -O0 and runs it from picture to
  # label, flags/ has whole passes at -O0, and asan and mingw the tests of kernels.
  flavours=(release clang asan tsan fast-math mingw aarch64)
elif ((${#flavours[@]} == 0)); then
  flavours=(release)
fi

packages=(cmake:cmake c++:g++ ninja:ninja-build pkg-config:pkg-config
  libeigen3-dev nlohmann-json3-dev libstb-dev libutf8proc-dev libcli11-dev doctest-dev)
if ((all)); then
  packages+=(clang-format-14:clang-format-14 libbenchmark-dev qemu-x86_64:qemu-user
    clang++:clang libc++-dev libc++abi-dev)
fi
# What only the later flavours need, which is most of what is downloaded, is installed while the first
# are built.
later_packages=()
for flavour in "${flavours[@]}"; do
  case $flavour in
    asan) packages+=(clang++:clang libclang-rt-dev libwebp-dev libavif-dev) ;;
    clang) packages+=(clang++:clang libclang-rt-dev
      libturbojpeg0-dev libpng-dev libwebp-dev libavif-dev libheif-dev) ;;
    mingw) later_packages+=(x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix ld.lld:lld
      wine:wine) ;;
    aarch64) later_packages+=(aarch64-linux-gnu-g++:g++-aarch64-linux-gnu qemu-aarch64:qemu-user) ;;
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

# Wine keeps its settings in the build folder, and stays silent about what a console program does
# not need.
export WINEPREFIX=$PWD/build/flavours/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
# The server of programs under Wine ends with the last of them, and one that starts at that moment
# finds its connection cut: this one stays until the tests are over.
wine_server() {
  "$(command -v wineserver || echo /usr/lib/wine/wineserver)" "$@"
}

logs=build/flavours/logs
rm -rf "$logs"
mkdir -p "$logs"

# Not a job of this shell: it is not one of the builds, and it is not cut short when one of them fails.
{
  bash tools/install_packages.sh "${later_packages[@]}" >"$logs/packages.log" 2>&1 &&
    touch "$logs/packages.installed" || touch "$logs/packages.failed"
} &
disown

# Waits for the packages, and fails where they could not be installed.
await_later_packages() {
  until [[ -e $logs/packages.installed ]]; do
    if [[ -e $logs/packages.failed ]]; then
      cat "$logs/packages.log" >&2
      return 1
    fi
    sleep 1
  done
}

# Whether the flavours have the given one.
with() {
  [[ " ${flavours[*]} " == *" $1 "* ]]
}

# Whether a flavour tests what the library's own objects do, which the tests' objects of release call as
# well as its own would.
takes_tests() {
  [[ $1 == clang || $1 == asan || $1 == fast-math || $1 == unoptimised ]]
}

folder_of() {
  [[ $1 == release ]] && echo build || echo "build/flavours/$1"
}

build_flavour() {
  local flavour=$1 started=$SECONDS folder options
  folder=$(folder_of "$flavour")
  if [[ $flavour == release ]]; then
    # Not through the preset, which would ask for a newer CMake than the library itself does.
    options=(-S . -B build -DCMAKE_BUILD_TYPE=Release -DEIGENVIT_BUILD_COMPILED=ON
      -DEIGENVIT_BUILD_TESTS=ON -DEIGENVIT_BUILD_EXAMPLES=ON -DEIGENVIT_WITH_ALL_CODECS=OFF
      -DEIGENVIT_TEST_OPTIONS=-O0 -DEIGENVIT_PROGRAM_OPTIONS=-O0 -DEIGENVIT_TEST_BATCH=8)
    if [[ ! -e build/CMakeCache.txt ]] && command -v ninja >/dev/null; then
      options+=(-G Ninja)
    fi
    if ((all)); then
      options+=(-DEIGENVIT_WARNINGS_AS_ERRORS=ON -DEIGENVIT_BUILD_BENCHMARKS=ON)
    else
      options+=(-DEIGENVIT_WARNINGS_AS_ERRORS=OFF)
    fi
  else
    options=(--preset "$flavour")
  fi
  if [[ $flavour == mingw || $flavour == aarch64 ]]; then
    await_later_packages || return
  fi
  if takes_tests "$flavour"; then
    if with release; then
      until [[ -e $logs/release.built ]]; do sleep 1; done
      options+=("-DEIGENVIT_TEST_OBJECTS=$PWD/build")
    else
      options+=(-DEIGENVIT_TEST_OBJECTS=)
    fi
  fi
  cmake "${options[@]}" || return
  cmake --build "$folder" --parallel "$jobs" || return
  if [[ $flavour == mingw ]]; then
    # What the server starts besides must not be started by a test, which would be waited for as long
    # as that runs. Two programs that both find no settings yet would get in each other's way making
    # them.
    mkdir -p "$WINEPREFIX"
    wine_server --persistent || true
    "$(command -v wine64 || command -v wine)" wineboot --init || return
  fi
  echo "Built $folder in $((SECONDS - started)) s" >"$logs/$flavour.built"
}

# Two flavours at a time, where memory serves both: while one is configured, linked, or waits for its
# last file, the other has the processors. It has them only then: more compilers than processors would
# take each other's caches.
lanes=$((memory_jobs >= 2 * jobs ? 2 : 1))
queue=()
last=()
for flavour in "${flavours[@]}"; do
  if takes_tests "$flavour"; then last+=("$flavour"); else queue+=("$flavour"); fi
done
queue+=("${last[@]}")
stop() {
  local leader
  # What is built is a process group, which has its compilers too.
  for leader in $(jobs -p); do kill -- "-$leader" 2>/dev/null || true; done
  if with mingw; then wine_server --kill >/dev/null 2>&1 || true; fi
}
trap stop EXIT
if with mingw || with aarch64; then
  cmake -D OUTPUT=build/flavours/dependencies -P tests/dependency_copies.cmake \
    >"$logs/dependencies.log" 2>&1 || { cat "$logs/dependencies.log" >&2; exit 1; }
fi

# Prints what a flavour's build printed, once it has failed.
start() {
  if ! build_flavour "$1" >"$logs/$1.log" 2>&1; then
    cat "$logs/$1.log" >&2
    return 1
  fi
  cat "$logs/$1.built"
}
set -m
running=0
first=
for flavour in "${queue[@]}"; do
  if ((running == lanes)); then
    wait -n
    running=$((running - 1))
  fi
  if [[ -n $first ]] && kill -0 "$first" 2>/dev/null; then
    { renice -n 19 "$BASHPID" >/dev/null 2>&1 || true; start "$flavour"; } &
  else
    start "$flavour" &
    first=$!
  fi
  running=$((running + 1))
done
for ((; running > 0; --running)); do wait -n; done
set +m

# ctest descends into the build folders that a test file names, so one run covers all of them.
mkdir -p build/flavours/selected
for flavour in "${flavours[@]}"; do
  echo "subdirs(\"$PWD/$(folder_of "$flavour")\")"
done >build/flavours/selected/CTestTestfile.cmake

# Sanitizers of this generation cannot place their shadow memory where some kernels' address
# randomisation puts programs; without it they can.
launcher=()
if command -v setarch >/dev/null && setarch "$(uname -m)" -R true 2>/dev/null; then
  launcher=(setarch "$(uname -m)" -R)
fi
cd build/flavours/selected
"${launcher[@]}" ctest --parallel "$jobs" --output-on-failure --no-tests=error
