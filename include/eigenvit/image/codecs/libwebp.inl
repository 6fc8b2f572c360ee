/// WebP, by libwebp: lossy and lossless, and the first frame of an animation.
#ifndef EIGENVIT_IMAGE_CODECS_LIBWEBP_INL
#define EIGENVIT_IMAGE_CODECS_LIBWEBP_INL

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <webp/decode.h>
#include <webp/demux.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/codecs/signatures.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The chunks of a WebP file; what is found belongs to the file's bytes.
class WebpChunks {
 public:
  explicit WebpChunks(const EncodedImage& file) : bytes_{file.data, file.size} {
    demuxer_.reset(WebPDemux(&bytes_));
    if (demuxer_ == nullptr) file.fail({"the WebP is truncated or corrupt"});
  }

  std::uint32_t width() const { return WebPDemuxGetI(demuxer_.get(), WEBP_FF_CANVAS_WIDTH); }
  std::uint32_t height() const { return WebPDemuxGetI(demuxer_.get(), WEBP_FF_CANVAS_HEIGHT); }

  /// False where there is no frame.
  bool first_frame(WebPIterator& frame) const {
    const bool found = WebPDemuxGetFrame(demuxer_.get(), 1, &frame) != 0;
    WebPDemuxReleaseIterator(&frame);
    return found;
  }

  /// Empty where there is no chunk of the name.
  WebPData chunk(const char* name) const {
    WebPChunkIterator found{};
    const bool exists = WebPDemuxGetChunk(demuxer_.get(), name, 1, &found) != 0;
    WebPDemuxReleaseChunkIterator(&found);
    return exists ? found.chunk : WebPData{bytes_.bytes, 0};
  }

 private:
  struct Delete {
    void operator()(WebPDemuxer* demuxer) const noexcept { WebPDemuxDelete(demuxer); }
  };
  WebPData bytes_;
  std::unique_ptr<WebPDemuxer, Delete> demuxer_;
};

/// Pillow's pixels: the canvas is black where the first frame does not reach, and alpha is dropped.
EIGENVIT_INLINE Image decode_webp(const EncodedImage& file) {
  const WebpChunks chunks(file);
  file.check_size(chunks.width(), chunks.height());
  const auto width = static_cast<Index>(chunks.width());
  const auto height = static_cast<Index>(chunks.height());
  WebPIterator frame{};
  WebPDecoderConfig config;
  if (!chunks.first_frame(frame) || WebPInitDecoderConfig(&config) == 0 ||
      WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input) != VP8_STATUS_OK) {
    file.fail({"the WebP is corrupt: its first frame has no header"});
  }
  if (frame.x_offset < 0 || frame.y_offset < 0 || config.input.width > width - frame.x_offset ||
      config.input.height > height - frame.y_offset) {
    file.fail({"expected a first frame within the WebP's ", width, "x", height, ", found ",
               config.input.width, "x", config.input.height, " at ", frame.x_offset, ", ",
               frame.y_offset});
  }
  Image image(width, height);
  const Index begin = (frame.y_offset * width + frame.x_offset) * 3;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.data() + begin;
  config.output.u.RGBA.stride = static_cast<int>(width * 3);
  config.output.u.RGBA.size = static_cast<std::size_t>(width * height * 3 - begin);
  const VP8StatusCode status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) file.fail({"the WebP is corrupt: its first frame is not decoded"});
  return image;
}

class LibwebpCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "WebP"; }
  std::string_view extensions() const override { return "webp"; }
  bool recognises(const EncodedImage& head) const override { return is_webp(head); }
  Image decode(const EncodedImage& file) const override { return decode_webp(file); }
  int orientation(const EncodedImage& file) const override {
    const WebpChunks chunks(file);
    const auto text = [&](const char* name) {
      const WebPData found = chunks.chunk(name);
      return std::string(reinterpret_cast<const char*>(found.bytes), found.size);
    };
    OrientationSources sources;
    sources.exif = text("EXIF");
    sources.xmp = text("XMP ");
    return orientation_of(sources);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
