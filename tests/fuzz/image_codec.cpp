// libFuzzer: any bytes are an image of the format EIGENVIT_FUZZ_CODEC that decodes, the same
// whatever memory holds, or are refused with an eigenvit::Error; also those that its codec does not
// recognise. The orientation is a number from 0 to 8.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image_codec.hpp>

#include "decoded_twice.hpp"
#include "png_mutator.hpp"

namespace {

const eigenvit::ImageCodec& codec() {
  const auto& codecs = eigenvit::image_codecs();
  const auto found = std::find_if(codecs.begin(), codecs.end(), [](const auto& candidate) {
    return candidate->name() == EIGENVIT_FUZZ_CODEC;
  });
  fuzz::expect(found != codecs.end(), "there is no codec " EIGENVIT_FUZZ_CODEC);
  return **found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const eigenvit::ImageCodec& tried = codec();
  static const eigenvit::DecodeOptions options = fuzz::options();
  static const std::string name = "fuzz";
  const eigenvit::EncodedImage file{data, size, name, options};
  const eigenvit::EncodedImage head{data, std::min(size, eigenvit::ImageCodec::head_bytes), name,
                                    options};
  if (!tried.recognises(head)) return 0;
  fuzz::decode_twice([&] { return tried.decode(file); });
  int orientation = 0;
  fuzz::refusal([&] { orientation = tried.orientation(file); });
  fuzz::expect(orientation >= 0 && orientation <= 8, "an orientation that is none");
  return 0;
}
