/// JPEG.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_INL

#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/decoder.inl>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

class JpegCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "JPEG"; }
  std::string_view extensions() const override { return "jpg jpeg jpe jfif mpo"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("\xff\xd8\xff");
  }
  Image decode(const EncodedImage& file) const override { return decode_jpeg(file); }
  int orientation(const EncodedImage& file) const override { return jpeg_orientation(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
