#!/usr/bin/env bash
# Fails when an inner loop of the products keeps a sum on the stack, which costs up to half of the
# speed, and no other test would notice. Pointers may lie there: a load beside dozens of products
# costs nothing.
#
#   tests/disassembly/check.sh OBJDUMP LIBRARY
#
# Looked at are all loops without other jumps in them that multiply and add, in every height of
# `packed_tile` and `value_tile` for AVX2 and AVX-512.
set -euo pipefail

"$1" -d -C --no-show-raw-insn "$2" | awk '
  function decimal(hex,   value, i) {
    value = 0
    for (i = 1; i <= length(hex); ++i) {
      value = 16 * value + index("0123456789abcdef", substr(hex, i, 1)) - 1
    }
    return value
  }

  # An inner loop: a piece of code without other jumps that ends with a jump to its beginning.
  function finish_function(   i, k, straight, products) {
    if (name == "") return
    found = 0
    for (i = 1; i <= loops; ++i) {
      straight = 1
      products = 0
      for (k = 1; k <= lines; ++k) {
        if (at[k] < begin[i] || at[k] >= end[i]) continue
        if (operation[k] ~ /^(j|ret)/) straight = 0
        if (operation[k] ~ /^(vfmadd|vdpbf16ps|[{]vex[}]|vpdpbusd|vpdpwssd|vpmaddwd)/) ++products
      }
      if (!straight) continue
      if (!products) continue
      ++found
      ++checked
      for (k = 1; k <= lines; ++k) {
        if (at[k] < begin[i] || at[k] > end[i]) continue
        if (text[k] ~ /[xyz]mm/ && (text[k] ~ /\(%rsp/ || (framed && text[k] ~ /\(%rbp/))) {
          printf "%s: on the stack: %s\n", name, text[k]
          failed = 1
        }
      }
    }
    ++functions
    if (!found) {
      printf "%s: no loop that multiplies and adds\n", name
      failed = 1
    }
    name = ""
  }

  /^[0-9a-f]+ <.*>:$/ {
    finish_function()
    if ($0 ~ /::(avx2|avx512)::(packed_tile|value_tile)</) {
      name = $0
      sub(/^[0-9a-f]+ </, "", name)
      sub(/>:$/, "", name)
      if (name in seen) name = ""
      else seen[name] = 1
      lines = loops = framed = 0
    }
    next
  }

  name != "" && /^ *[0-9a-f]+:/ {
    ++lines
    address = $1
    sub(/:$/, "", address)
    at[lines] = decimal(address)
    text[lines] = $0
    operation[lines] = $2
    if ($0 ~ /mov +%rsp,%rbp/) framed = 1
    if ($2 ~ /^j/ && $3 ~ /^[0-9a-f]+$/ && decimal($3) <= at[lines]) {
      ++loops
      begin[loops] = decimal($3)
      end[loops] = at[lines]
    }
  }

  END {
    finish_function()
    printf "%d loops in %d functions\n", checked, functions
    # Tiles of several heights, one and two registers wide, for each of the two sets.
    if (functions < 20) {
      print "expected at least 20 functions"
      failed = 1
    }
    exit failed
  }
'
