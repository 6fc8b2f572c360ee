// What decoding a file costs: width, height, seconds of processor time, bytes of memory beyond
// those of the file, and the message with which it was refused, in columns separated by tabs.
#include <cstdio>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/image/decode.hpp>

#include "cost.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string bytes = contents(argv[1]);
  const double bytes_before = peak_bytes();
  const double seconds_before = processor_seconds();
  eigenvit::Image image;
  std::string refusal;
  try {
    image = eigenvit::decode_image(bytes.data(), bytes.size(), {}, "file");
  } catch (const eigenvit::Error& error) {
    refusal = error.what();
  }
  const double seconds = processor_seconds() - seconds_before;
  std::printf("%td\t%td\t%.3f\t%.0f\t%s\n", image.width(), image.height(), seconds,
              peak_bytes() - bytes_before, refusal.c_str());
}
