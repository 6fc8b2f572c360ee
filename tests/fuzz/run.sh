#!/usr/bin/env bash
# Searches for inputs with which the readers of files break what SECURITY.md promises:
#
#   bash tests/fuzz/run.sh [--minutes N] [TARGET...]
#
# Builds the fuzz programs (clang, preset asan) and runs the named ones, or all, until each has had N
# minutes of processor time (default 10), as many at a time as there are processors (JOBS=1: one).
# What they learn stays in build/fuzz/TARGET, where the next run begins; what they find is put into
# build/fuzz/found. Ends with a table; exits 1 where there is a finding.
set -euo pipefail

cd "$(dirname "$0")/../.."

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

minutes=10
targets=()
while (($#)); do
  case $1 in
    --minutes)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
      minutes=$2
      shift
      ;;
    -*) usage ;;
    *) targets+=("$1") ;;
  esac
  shift
done

bash tools/install_packages.sh cmake:cmake clang++:clang ninja:ninja-build libclang-rt-dev \
  libeigen3-dev nlohmann-json3-dev libstb-dev libutf8proc-dev doctest-dev libwebp-dev libavif-dev
build=build/flavours/asan
cmake --preset asan >/dev/null
cmake --build "$build" --target fuzzers
if ((${#targets[@]} == 0)); then
  for program in "$build"/tests/fuzz/*_fuzz; do
    target=$(basename "$program")
    targets+=("${target%_fuzz}")
  done
fi
mkdir -p build/fuzz/found
timeout=20  # seconds that an input may take

# Sanitizers of this generation cannot place their shadow memory where some kernels' address
# randomisation puts programs; without it they can.
launcher=()
if setarch "$(uname -m)" -R true 2>/dev/null; then launcher=(setarch "$(uname -m)" -R); fi

# Whether the input at which a program says that it ran out of time takes that much of a processor.
# libFuzzer counts wall time, of which a program that shares its processor may have had a small part.
takes_long() {
  local target=$1 input=$2 TIMEFORMAT='%U %S' time
  time=$({ time "${launcher[@]}" "$build/tests/fuzz/${target}_fuzz" -timeout=1000 "$input" \
    >/dev/null 2>&1; } 2>&1) || return 0
  awk -v limit="$timeout" '{ exit $1 + $2 < limit }' <<<"$time"
}

# Runs one program, again and again where others take its processor, until it has had its time or
# has found something, and writes its line of the table.
search() {
  local target=$1 log=build/fuzz/$1.log seeds
  local used=0 executions=0 status=0 TIMEFORMAT='%U %S' wanted=$((minutes * 60)) time pieces input
  local finding=none longest=8192 size
  rm -f "build/fuzz/$target.row"
  mkdir -p "build/fuzz/$target"
  mapfile -t seeds <"$build/tests/fuzz/$target.seeds"
  # A seed that is cut is no model any more. Those of tests/golden are pictures of any size, which
  # would make each mutation slow.
  for input in "tests/fuzz/corpus/$target"/*; do
    [[ -f $input ]] || continue
    size=$(stat -c %s "$input")
    if ((size > longest)); then longest=$size; fi
  done
  : >"$log"
  while ((used < wanted && status == 0)); do
    time=$({ time "${launcher[@]}" "$build/tests/fuzz/${target}_fuzz" -max_len="$longest" -timeout="$timeout" \
      -rss_limit_mb=1024 -print_final_stats=1 -max_total_time=$((wanted - used)) \
      -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/$target" "${seeds[@]}" \
      >"$log.piece" 2>&1; } 2>&1) ||
      status=$?
    if grep -q 'libFuzzer: timeout' "$log.piece"; then
      input=$(sed -n 's/.*Test unit written to //p' "$log.piece" | tail -1)
      if ! takes_long "$target" "$input"; then
        rm -f "$input"
        status=0
        sed -i '/libFuzzer: timeout/d' "$log.piece"
      fi
    fi
    cat "$log.piece" >>"$log"
    used=$((used + $(awk '{ print int($1 + $2 + 0.5) }' <<<"$time")))
    pieces=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log.piece")
    executions=$((executions + ${pieces:-0}))
  done
  rm -f "$log.piece"
  if ((status)); then
    finding=$(grep -m 1 -E '^fuzz:|ERROR|runtime error' "$log" || echo "exit status $status")
  fi
  printf '| %s | %d | %d | %s | %s |\n' "$target" "$used" "$executions" \
    "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -c6-)" \
    "$finding" >"build/fuzz/$target.row"
}

slots=${JOBS:-$(nproc)}
for target in "${targets[@]}"; do
  while (($(jobs -rp | wc -l) >= slots)); do wait -n || true; done
  search "$target" &
done
wait

echo '| target | processor seconds | executions | edges | finding |'
echo '| --- | ---: | ---: | ---: | --- |'
found=0
for target in "${targets[@]}"; do
  cat "build/fuzz/$target.row"
  grep -q '| none |$' "build/fuzz/$target.row" || found=1
done
exit "$found"
