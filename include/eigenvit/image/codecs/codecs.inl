/// The list of built-in codecs. A new one is a file beside this one and a line in the list below.
#ifndef EIGENVIT_IMAGE_CODECS_CODECS_INL
#define EIGENVIT_IMAGE_CODECS_CODECS_INL

#include <memory>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/bmp.inl>
#include <eigenvit/image/codecs/gif.inl>
#include <eigenvit/image/codecs/jpeg.inl>
#include <eigenvit/image/codecs/png.inl>
#include <eigenvit/image/codecs/pnm.inl>
#include <eigenvit/image/codecs/tga.inl>
#include <eigenvit/image/image_codec.hpp>
#ifdef EIGENVIT_WITH_TURBOJPEG
#include <eigenvit/image/codecs/libjpeg_turbo.inl>
#endif
#ifdef EIGENVIT_WITH_PNG
#include <eigenvit/image/codecs/libpng.inl>
#endif
#ifdef EIGENVIT_WITH_WEBP
#include <eigenvit/image/codecs/libwebp.inl>
#endif
#ifdef EIGENVIT_WITH_AVIF
#include <eigenvit/image/codecs/libavif.inl>
#endif
#ifdef EIGENVIT_WITH_HEIF
#include <eigenvit/image/codecs/libheif.inl>
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Optional libraries come before the built-in decoder of their format. TGA comes last: it has no
/// signature.
EIGENVIT_INLINE const std::vector<std::shared_ptr<const ImageCodec>>& image_codecs() {
  static const std::vector<std::shared_ptr<const ImageCodec>> codecs = {
#ifdef EIGENVIT_WITH_TURBOJPEG
      std::make_shared<detail::LibjpegTurboCodec>(),
#endif
      std::make_shared<detail::JpegCodec>(),
#ifdef EIGENVIT_WITH_PNG
      std::make_shared<detail::LibpngCodec>(),
#endif
      std::make_shared<detail::PngCodec>(),
#ifdef EIGENVIT_WITH_WEBP
      std::make_shared<detail::LibwebpCodec>(),
#endif
#ifdef EIGENVIT_WITH_AVIF
      std::make_shared<detail::LibavifCodec>(),
#endif
#ifdef EIGENVIT_WITH_HEIF
      std::make_shared<detail::LibheifCodec>(),
#endif
      std::make_shared<detail::BmpCodec>(),          std::make_shared<detail::GifCodec>(),
      std::make_shared<detail::PnmCodec>(),          std::make_shared<detail::TgaCodec>(),
  };
  return codecs;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
