// libFuzzer: any bytes are an image of some format that decodes and is turned upright, the same
// whatever memory holds, or are refused with an eigenvit::Error.
#include <cstddef>
#include <cstdint>

#include <eigenvit/image/decode.hpp>

#include "decoded_twice.hpp"
#include "png_mutator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const eigenvit::DecodeOptions options = fuzz::options();
  fuzz::decode_twice([&] { return eigenvit::decode_image(data, size, options, "fuzz"); });
  return 0;
}
