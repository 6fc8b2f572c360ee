#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/box_warp.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/preprocessor.hpp>

#include "../golden.hpp"
#include "image_golden.hpp"

using eigenvit::Image;
using eigenvit::ImageBox;
using eigenvit::ImageView;
using eigenvit::Index;
using eigenvit::PixelFormat;
using eigenvit::ShapeError;
using eigenvit::detail::BoxFrame;
using eigenvit::detail::BoxWarp;
using image_golden::message;

namespace {

eigenvit::TensorStore goldens() {
  return eigenvit::TensorStore::open_file(golden::source_folder() / "tests" / "golden" / "poses" /
                                          "warp.safetensors");
}

Image image_of(const golden::Tensor& tensor) {
  Image image(Index(tensor.shape[1]), Index(tensor.shape[0]));
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    image.data()[i] = std::uint8_t(tensor.values[i]);
  }
  return image;
}

ImageBox box_of(const golden::Tensor& boxes, std::size_t i) {
  const float* const box = boxes.values.data() + 4 * i;
  return {box[0], box[1], box[2], box[3]};
}

/// `[height, width, 3]`.
std::vector<float> warped(const ImageView& image, const ImageBox& box, Index height, Index width) {
  std::vector<float> samples;
  BoxWarp(image, BoxFrame(box, height, width), height, width)([&](Index, Index, const auto& rgb) {
    samples.insert(samples.end(), rgb.begin(), rgb.end());
  });
  return samples;
}

}  // namespace

TEST_CASE("BoxWarp gives the bytes of VitPoseImageProcessor") {
  const auto store = goldens();
  const Image image = image_of(golden::read(store, "image"));
  const golden::Tensor boxes = golden::read(store, "boxes");
  const golden::Tensor samples = golden::read(store, "samples");
  const auto height = Index(samples.shape[1]), width = Index(samples.shape[2]);
  const std::size_t size = std::size_t(3 * height * width);
  for (std::size_t i = 0; i < boxes.shape[0]; ++i) {
    CAPTURE(i);
    const float* const expected = samples.values.data() + i * size;
    const std::vector<float> found = warped(image, box_of(boxes, i), height, width);
    CHECK(found == std::vector<float>(expected, expected + size));
  }
}

TEST_CASE("BoxWarp reads every pixel format and stride") {
  const Image rgb = image_of(golden::read(goldens(), "image"));
  std::vector<std::uint8_t> bgra;
  for (Index y = 0; y < rgb.height(); ++y) {
    for (Index x = 0; x < rgb.width(); ++x) {
      const std::uint8_t* const pixel = rgb.row(y) + 3 * x;
      bgra.insert(bgra.end(), {pixel[2], pixel[1], pixel[0], 9});
    }
    bgra.insert(bgra.end(), 5, 0);
  }
  const ImageView view{bgra.data(), rgb.width(), rgb.height(), 4 * rgb.width() + 5,
                       PixelFormat::bgra};
  const ImageBox box{3.5, -2, 20, 30.25};
  CHECK(warped(view, box, 8, 6) == warped(rgb, box, 8, 6));
}

TEST_CASE("BoxFrame is a quarter larger and as wide as the input is") {
  const BoxFrame wide({10, 20, 40, 10}, 256, 192);
  CHECK(wide.centre_x == 30);
  CHECK(wide.centre_y == 25);
  CHECK(wide.width == doctest::Approx(50));
  CHECK(wide.height == doctest::Approx(50 * 256.0 / 192));
  const BoxFrame high({10, 20, 0, 10}, 256, 192);
  CHECK(high.width == doctest::Approx(12.5 * 192 / 256));
  CHECK(high.height == doctest::Approx(12.5));
}

TEST_CASE("BoxFrame refuses boxes that have no size") {
  const auto message_of = [](const ImageBox& box) {
    return message<ShapeError>([&] { BoxFrame(box, 4, 3); });
  };
  const std::string expected =
      "box: expected finite numbers up to 1e9 and a width and height, of which none is negative "
      "and one is at least 0.001, found ";
  CHECK(message_of({1, 2, 0, 0}) == expected + "0 x 0 at 1, 2");
  CHECK(message_of({1, 2, 0.0005, 0}) == expected + "0.0005 x 0 at 1, 2");
  CHECK(message_of({1, 2, -3, 9}) == expected + "-3 x 9 at 1, 2");
  CHECK(message_of({1, 2, 3, -9}) == expected + "3 x -9 at 1, 2");
  CHECK(message_of({1e10, 2, 3, 9}) == expected + "3 x 9 at 1e+10, 2");
  for (std::size_t i = 0; i < 4; ++i) {
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      double box[4] = {1, 2, 3, 4};
      box[i] = bad;
      CHECK(message_of({box[0], box[1], box[2], box[3]}).rfind(expected, 0) == 0);
    }
  }
}

TEST_CASE("a box far away is black, and one of the largest size is not computed out of bounds") {
  const Image image = image_of(golden::read(goldens(), "image"));
  CHECK(warped(image, {1e9, -1e9, 1e9, 1e9}, 8, 6) == std::vector<float>(3 * 8 * 6));
  CHECK(warped(image, {1e9, 0, 0.001, 0}, 8, 6) == std::vector<float>(3 * 8 * 6));
  CHECK(warped(image, {-1e9, -1e9, 1e9, 1e9}, 8, 6).size() == 3 * 8 * 6);
}
