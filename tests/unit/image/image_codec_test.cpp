#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/image_codec.hpp>

#include "image_golden.hpp"

using eigenvit::ConfigError;
using eigenvit::DecodeOptions;
using eigenvit::EncodedImage;
using eigenvit::FormatError;
using eigenvit::Image;
using eigenvit::ImageCodec;
using eigenvit::UnsupportedError;
using image_golden::contains;
using image_golden::message;

namespace {

// A camera's format: "CAM", width, height, orientation. Pixels are numbered from 1.
class CameraCodec final : public ImageCodec {
 public:
  explicit CameraCodec(std::string_view magic = "CAM") : magic_(magic) {}
  std::string_view name() const override { return "camera"; }
  bool recognises(const EncodedImage& head) const override {
    return head.size >= magic_.size() &&
           std::string_view(reinterpret_cast<const char*>(head.data), magic_.size()) == magic_;
  }
  Image decode(const EncodedImage& file) const override {
    if (!file.has(0, 6)) file.fail({"the camera's image is truncated"});
    if (file.data[3] == 0) return {};
    Image image(file.data[3], file.data[4]);
    for (int i = 0; i < file.data[3] * file.data[4]; ++i) {
      image.data()[3 * i] = static_cast<std::uint8_t>(i + 1);
    }
    return image;
  }
  int orientation(const EncodedImage& file) const override { return file.data[5]; }

 private:
  std::string_view magic_;
};

Image decode(const std::string& bytes, const DecodeOptions& options) {
  return eigenvit::decode_image(bytes.data(), bytes.size(), options, "shot.cam");
}

}  // namespace

TEST_CASE("a program's own codec decodes what it recognises, the built-in ones the rest") {
  DecodeOptions options;
  options.codecs = {std::make_shared<CameraCodec>()};
  const Image turned = decode("CAM\3\2\6", options);
  CHECK(turned.width() == 2);
  CHECK(turned.height() == 3);
  CHECK(turned.data()[0] == 4);
  options.apply_exif_orientation = false;
  const Image plain = decode("CAM\3\2\6", options);
  CHECK(plain.width() == 3);
  CHECK(plain.data()[0] == 1);
  CHECK(decode("P5 1 1 255\nA", options).data()[0] == 'A');
  CHECK(message<FormatError>([&] { decode("CAM\3", options); }) ==
        "shot.cam: the camera's image is truncated");
}

TEST_CASE("a program's own codec comes before a built-in one of the same format") {
  DecodeOptions options;
  const std::string png = "\x89PNG\r\n\x1a\n";
  CHECK_THROWS_AS(decode(png, options), FormatError);
  options.codecs = {std::make_shared<CameraCodec>("\x89PNG")};
  CHECK(decode(png, options).width() == 'G');
}

TEST_CASE("what a codec returns is held against the limit, a missing codec is an error") {
  DecodeOptions options;
  options.codecs = {std::make_shared<CameraCodec>()};
  options.max_pixels = 5;
  CHECK(message<FormatError>([&] { decode(std::string("CAM\3\2\0", 6), options); }) ==
        "shot.cam: expected from 1 to 5 pixels (DecodeOptions::max_pixels) of the codec camera, "
        "found 3x2");
  CHECK(contains(message<FormatError>([&] { decode(std::string("CAM\0\0\0", 6), options); }),
                 "of the codec camera, found 0x0"));
  options.codecs.push_back(nullptr);
  CHECK(message<ConfigError>([&] { decode("P5 1 1 255\nA", options); }) ==
        "shot.cam: DecodeOptions::codecs holds a null pointer");
}

TEST_CASE("the built-in codecs have names, and each recognises the files of its format") {
  std::string names;
  for (const auto& codec : eigenvit::image_codecs()) names += std::string(codec->name()) + ' ';
  for (const std::string name : {"JPEG ", "PNG ", "BMP ", "GIF ", "PNM ", "TGA "}) {
    CHECK(contains(names, name));
  }
}

TEST_CASE("a format without a codec is named") {
  const auto found = [](const std::string& bytes) {
    return message<UnsupportedError>([&] { decode(bytes, {}); });
  };
  CHECK(contains(found("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
                 "shot.cam: expected an image that can be decoded, found a Git LFS pointer"));
  CHECK(contains(found(std::string("II*\0\10\0\0\0", 8)), "found a TIFF image"));
}
