#!/usr/bin/env bash
# Builds the benchmarks in Release, with the project's own flags, and runs them one after the other:
#
#   bash bench/run.sh [--quick] [NAME...]
#
# NAME picks benchmarks: `linear` stands for bench/linear_bench.cpp; without one all run, the
# machine's own limits first. --quick gives each a fraction of the time, for a first look.
# What is printed beside the times:
#
#   GFLOP/s      floating-point operations, a multiply-add counted as two
#   peak_share   percent of the FMA peak of one thread, measured in the same process; on N threads
#                the limit is N x 100
#   limit_share  percent of what a copy of the same bytes reaches, for kernels that memory limits
#   MB/s         10^6 bytes; of pixels, of the file or of memory, as the benchmark's source says
#
# Times of work on one thread are that thread's own; still, measure on a machine at rest. Threads
# beyond the cores only measure the scheduler. On Debian and Ubuntu what is missing is installed.
set -euo pipefail

options=()
names=()
for argument in "$@"; do
  case $argument in
    --quick) options+=(--benchmark_min_time=0.05) ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    -*)
      echo "bench/run.sh: unknown option $argument" >&2
      exit 2
      ;;
    *) names+=("$argument") ;;
  esac
done
cd "$(dirname "$0")/.."

if ((${#names[@]} == 0)); then
  names=(peak)
  for source in bench/*_bench.cpp; do
    name=$(basename "$source" _bench.cpp)
    [[ $name == peak ]] || names+=("$name")
  done
fi
targets=()
for name in "${names[@]}"; do
  if [[ ! -e bench/${name}_bench.cpp ]]; then
    echo "bench/run.sh: there is no bench/${name}_bench.cpp" >&2
    exit 2
  fi
  targets+=("${name}_bench")
done

bash tools/install_packages.sh \
  cmake:cmake c++:g++ ninja:ninja-build \
  libeigen3-dev nlohmann-json3-dev libstb-dev libbenchmark-dev

# A folder of its own, so that the flags are those of a user's Release build and no others.
build=build/bench-release
mkdir -p "$build"
generator=()
if [[ ! -e $build/CMakeCache.txt ]] && command -v ninja >/dev/null; then
  generator=(-G Ninja)
fi
log=$build/run.log
if ! { cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
  -DEIGENVIT_BUILD_BENCHMARKS=ON -DEIGENVIT_BUILD_TESTS=OFF -DEIGENVIT_BUILD_EXAMPLES=OFF &&
  cmake --build "$build" --target "${targets[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

for target in "${targets[@]}"; do
  echo
  echo "== $target"
  "$build/bench/$target" "${options[@]}"
done
