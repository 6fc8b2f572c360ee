// What a tokenizer.json and a text cost, from the files' bytes to ids: tokens, seconds of processor
// time, bytes of memory beyond those of the files, and the message with which one of them was
// refused, in columns separated by tabs.
#include <cstddef>
#include <cstdio>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/text/tokenizer.hpp>

#include "cost.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string json = contents(argv[1]);
  const std::string text = contents(argv[2]);
  const double bytes_before = peak_bytes();
  const double seconds_before = processor_seconds();
  std::size_t tokens = 0;
  std::string refusal;
  try {
    tokens = eigenvit::Tokenizer::from_json(json).encode_batch({text}).ids.size();
  } catch (const eigenvit::Error& error) {
    refusal = error.what();
  }
  const double seconds = processor_seconds() - seconds_before;
  std::printf("%zu\t%.3f\t%.0f\t%s\n", tokens, seconds, peak_bytes() - bytes_before,
              refusal.c_str());
}
