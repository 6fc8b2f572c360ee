/// Decodes an image with memory filled in two ways: nothing that the file does not say may reach
/// the pixels.
#ifndef EIGENVIT_TESTS_FUZZ_DECODED_TWICE_HPP
#define EIGENVIT_TESTS_FUZZ_DECODED_TWICE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>

#include <eigenvit/image/decode_options.hpp>
#include <eigenvit/image/image.hpp>

#include "memory.hpp"
#include "support.hpp"

namespace fuzz {

/// The most pixels that images may have here, and what decoding one may take. The limits hold for
/// code with sanitizers, on a processor with other things to do.
constexpr std::uint64_t max_pixels = 1 << 16;
constexpr std::size_t max_bytes = std::size_t{16} << 20;
constexpr double max_seconds = 2;

inline eigenvit::DecodeOptions options() {
  eigenvit::DecodeOptions options;
  options.max_pixels = max_pixels;
  return options;
}

/// `decode` gives an image of the input, or throws an `eigenvit::Error`. Fails unless two runs end
/// alike, within the limits.
template <class Decode>
void decode_twice(const Decode& decode) {
  struct Run {
    eigenvit::Image image;
    std::string message;
  };
  const auto run = [&](std::uint8_t fill) {
    Run result;
    const std::clock_t begin = std::clock();
    const std::size_t peak =
        Memory::peak_of(fill, [&] { result.message = refusal([&] { result.image = decode(); }); });
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    expect(peak <= max_bytes, "decoding took " + std::to_string(peak) + " bytes");
    expect(seconds <= max_seconds, "decoding took " + std::to_string(seconds) + " s");
    return result;
  };
  const Run first = run(0x00);
  const Run second = run(0xa5);
  expect(first.message == second.message,
         "refused as '" + first.message + "', then as '" + second.message + "'");
  const eigenvit::Image& image = first.image;
  const auto pixels = static_cast<std::uint64_t>(image.width() * image.height());
  expect(pixels <= max_pixels, "more pixels than allowed");
  expect(first.message.empty() ? pixels > 0 : pixels == 0, "an image without pixels");
  expect(image.width() == second.image.width() && image.height() == second.image.height(),
         "two sizes of one image");
  expect(pixels == 0 || std::memcmp(image.data(), second.image.data(), pixels * 3) == 0,
         "pixels that the file does not define");
}

}  // namespace fuzz

#endif
