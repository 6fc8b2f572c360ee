// Documents are read and released while memory runs out: at every allocation in turn, and from each
// one on for good. What is thrown is std::bad_alloc, nothing is leaked, and a release allocates
// nothing.
#include <cstdio>
#include <new>
#include <string>

#include <climits>

#include <eigenvit/io/json_reader.hpp>

#include "../malloc_hook.hpp"

namespace {

std::string nested_text() {
  std::string text =
      R"({"a":[{"b":{"c":[1,2,{"d":"a text longer than a string holds inside"}]}},[)";
  text += std::string(60, '[') + std::string(60, ']');
  return text + R"(,NaN]],"a":{"e":[[],{},"f"]},"g":[{"h":{}}]})";
}

/// The document, read while the calls in `[from, to)` fail; null where memory was short.
eigenvit::detail::JsonDocument read(const std::string& text, const std::string& source, long from,
                                    long to) {
  const malloc_hook::Watch watch(from, to);
  try {
    return eigenvit::detail::parse_json(text, source);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

int main() {
  const std::string text = nested_text();
  const std::string source = "config.json";
  // What the library and the language's support keep for good.
  read(text, source, 0, 1);
  read(text, source, -1, -1);
  const long live = malloc_hook::live;
  long failures = 0;
  for (const bool for_good : {false, true}) {
    for (long call = 0;; ++call) {
      eigenvit::detail::JsonDocument document =
          read(text, source, call, for_good ? LONG_MAX : call + 1);
      const bool whole = document != nullptr;
      {
        const malloc_hook::Watch watch(0, LONG_MAX);
        document.reset();
      }
      if (malloc_hook::live != live) {
        std::printf("call %ld failed: expected %ld blocks, found %ld\n", call, live,
                    malloc_hook::live.load());
        return 1;
      }
      if (whole) break;
      ++failures;
    }
  }
  std::printf("%ld failed allocations, each thrown\n", failures);
  return failures > 100 ? 0 : 1;
}
