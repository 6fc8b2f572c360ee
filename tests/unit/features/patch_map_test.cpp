#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/patch_map.hpp>

#include "../golden.hpp"
#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

/// An image that is resized as a whole to the input.
PixelMapping squashed(Index image_width, Index image_height, Index width, Index height) {
  PixelMapping mapping;
  mapping.image_width = image_width;
  mapping.image_height = image_height;
  mapping.resized_width = mapping.width = width;
  mapping.resized_height = mapping.height = height;
  return mapping;
}

/// 40 x 30 pixels, enlarged twice and cropped to 48 x 48 in the middle.
PixelMapping cropped() {
  PixelMapping mapping = squashed(40, 30, 80, 60);
  mapping.left = 16;
  mapping.top = 6;
  mapping.width = mapping.height = 48;
  return mapping;
}

bool same(const PatchPosition& a, const PatchPosition& b) {
  return a.row == b.row && a.col == b.col;
}

}  // namespace

TEST_CASE("patch map: rectangles and patches of a cropped image") {
  const PatchMap map(cropped(), 16, 8);
  CHECK(map.grid_height() == 3);
  CHECK(map.grid_width() == 6);
  const PatchRectangle first = map.rectangle(0, 0);
  CHECK(first.left == doctest::Approx(8));
  CHECK(first.top == doctest::Approx(3));
  CHECK(first.right == doctest::Approx(12));
  CHECK(first.bottom == doctest::Approx(11));
  CHECK(map.rectangle(2, 5).right == doctest::Approx(32));
  CHECK(map.rectangle(2, 5).bottom == doctest::Approx(27));

  const Window seen = map.seen();
  CHECK(seen.left == 8);
  CHECK(seen.top == 3);
  CHECK(seen.width == 24);
  CHECK(seen.height == 24);

  CHECK(same(map.patch_at(8, 3).value(), {0, 0}));
  CHECK(same(map.patch_at(11, 10).value(), {0, 0}));
  CHECK(same(map.patch_at(12, 11).value(), {1, 1}));
  CHECK(same(map.patch_at(31, 26).value(), {2, 5}));
  CHECK_FALSE(map.patch_at(7, 3).has_value());
  CHECK_FALSE(map.patch_at(32, 26).has_value());
  CHECK_FALSE(map.patch_at(31, 27).has_value());
  CHECK_FALSE(map.patch_at(31, 2).has_value());
  CHECK(same(map.nearest_patch(0, 0), {0, 0}));
  CHECK(same(map.nearest_patch(39, 12), {1, 5}));
  CHECK(same(map.nearest_patch(20, 29), {2, 3}));
}

TEST_CASE("patch map: every pixel lies in the rectangle of its patch") {
  PixelMapping mapping = squashed(37, 53, 41, 59);
  mapping.left = 3;
  mapping.top = 5;
  mapping.width = 33;
  mapping.height = 47;
  const PatchMap map(mapping, 7, 8);  // the last column and the last five rows are in no patch
  Index inside = 0;
  for (Index y = 0; y < 53; ++y) {
    for (Index x = 0; x < 37; ++x) {
      const auto patch = map.patch_at(x, y);
      if (!patch) continue;
      ++inside;
      const PatchRectangle r = map.rectangle(patch->row, patch->col);
      const double cx = static_cast<double>(x) + 0.5, cy = static_cast<double>(y) + 0.5;
      CHECK((cx >= r.left - 1e-9 && cx < r.right + 1e-9));
      CHECK((cy >= r.top - 1e-9 && cy < r.bottom + 1e-9));
    }
  }
  const Window seen = map.seen();
  CHECK(inside == seen.width * seen.height);
  CHECK(seen.width < 33);
}

TEST_CASE("patch map: a padded input shows patches beyond the image") {
  PixelMapping mapping = squashed(10, 6, 10, 6);
  mapping.top = -2;
  mapping.height = 10;
  const PatchMap map(mapping, 2, 2);
  CHECK(map.rectangle(0, 0).top == doctest::Approx(-2));
  CHECK(same(map.patch_at(0, 0).value(), {1, 0}));
  CHECK(map.seen().height == 6);
  CHECK(map.seen().top == 0);
}

TEST_CASE("patch map: upsampling is that of torch.nn.functional.interpolate") {
  const auto store = TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                            "features" / "upsample.safetensors");
  for (const std::string name : {"up", "down", "row"}) {
    CAPTURE(name);
    const golden::Tensor map = golden::read(store, name);
    const golden::Tensor expected = golden::read(store, name + ".expected");
    const auto h = static_cast<Index>(map.shape[0]), w = static_cast<Index>(map.shape[1]);
    const PatchMap patches(squashed(static_cast<Index>(expected.shape[1]),
                                    static_cast<Index>(expected.shape[0]), 16 * w, 16 * h),
                           16, 16);
    const Matrix<float> found = patches.upsample(ConstMatrixView<float>(map.values.data(), h, w));
    CHECK(golden::relative_error(found, expected.values) < 1e-6);
  }
}

TEST_CASE("patch map: upsampling through a crop") {
  const auto store = TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                            "features" / "upsample.safetensors");
  const golden::Tensor values = golden::read(store, "up");
  const golden::Tensor expected = golden::read(store, "up.expected");
  const ConstMatrixView<float> map(values.values.data(), 5, 7);
  const ConstMatrixView<float> inner(expected.values.data(), 37, 23);

  // The image of the golden, as a part of a larger one.
  PixelMapping mapping = squashed(23 + 9, 37 + 4, 32 * 70, 41 * 50);
  mapping.left = 6 * 70;
  mapping.top = 1 * 50;
  mapping.width = 23 * 70;
  mapping.height = 37 * 50;
  const Matrix<float> found = PatchMap(mapping, 37 * 10, 23 * 10).upsample(map);
  REQUIRE(found.rows() == 41);
  REQUIRE(found.cols() == 32);
  CHECK((found.block(1, 6, 37, 23) - inner).cwiseAbs().maxCoeff() <
        1e-6F * inner.cwiseAbs().maxCoeff());
  // What was cut off continues the border.
  CHECK(found(0, 0) == doctest::Approx(map(0, 0)));
  CHECK(found(40, 31) == doctest::Approx(map(4, 6)));

  // A strided map, one channel of tokens for example, gives the same.
  AlignedBuffer<float> spread(5 * 7 * 3, 0.0F);
  for (Index i = 0; i < 35; ++i) spread[static_cast<std::size_t>(3 * i + 1)] = map.data()[i];
  const VisualTokens tokens(spread, 0, false, 5, 7, 3);
  CHECK(PatchMap(mapping, 370, 230).upsample(tokens.channel(1)) == found);
}

TEST_CASE("patch map: labels are not mixed") {
  const PatchMap map(cropped(), 24, 24);
  Matrix<Index> labels(2, 2);
  labels << 7, 3, 5, 9;
  const Matrix<Index> picture = map.upsample_labels(labels);
  REQUIRE(picture.rows() == 30);
  REQUIRE(picture.cols() == 40);
  for (Index y = 0; y < 30; ++y) {
    for (Index x = 0; x < 40; ++x) CHECK(picture(y, x) == labels(y >= 15, x >= 20));
  }
}

TEST_CASE("patch map: a model's own patches") {
  const Model model = load_model(golden::shipped_model());
  const Image image(451, 300);
  const PatchMap map(model, image);
  CHECK(map.grid_height() == 8);
  CHECK(map.grid_width() == 8);
  const VisualTokens tokens = model.tokens(image);
  CHECK(tokens.grid_height() == map.grid_height());
  CHECK(tokens.grid_width() == map.grid_width());
  CHECK(map.seen().height == 300);
  CHECK(map.seen().width < 310);
  CHECK(map.upsample(tokens.channel(0)).rows() == 300);
  CHECK(map.upsample(tokens.channel(0)).cols() == 451);
}

TEST_CASE("patch map: what does not fit") {
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  CHECK(message([] { PatchMap map(cropped(), 49, 8); }) ==
        "patch map: expected patches that fit into an input of 48 x 48, found 49 x 8");
  CHECK(message([] { PatchMap map(cropped(), 8, 0); }) ==
        "patch map: expected patches that fit into an input of 48 x 48, found 8 x 0");
  const PatchMap map(cropped(), 16, 16);
  CHECK(message([&] { map.rectangle(3, 0); }) ==
        "patch map: expected a patch in a grid of 3 x 3, found row 3, column 0");
  CHECK(message([&] { map.upsample(Matrix<float>::Zero(3, 4)); }) ==
        "patch map: expected a map of 3 x 3 patches, found 3 x 4");
  CHECK(message([&] { map.upsample_labels(Matrix<Index>::Zero(2, 3)); }) ==
        "patch map: expected a map of 3 x 3 patches, found 2 x 3");
}
