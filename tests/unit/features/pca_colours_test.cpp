#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/pca_colours.hpp>

#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;

namespace {

VisualTokens tokens_of(const golden::Tensor& image) {
  return VisualTokens(image.values, 0, false, static_cast<Index>(image.shape[0]),
                      static_cast<Index>(image.shape[1]), static_cast<Index>(image.shape[2]));
}

std::vector<VisualTokens> both_images() {
  const auto store = feature_golden::open("pca_colours.safetensors");
  return {tokens_of(golden::read(store, "image.0")), tokens_of(golden::read(store, "image.1"))};
}

Matrix<float> below_each_other(const std::array<Matrix<float>, 3>& planes) {
  Matrix<float> all(3, planes[0].size());
  for (Index c = 0; c < 3; ++c) {
    const auto& plane = planes[static_cast<std::size_t>(c)];
    all.row(c) = ConstVectorView<float>(plane.data(), plane.size()).transpose();
  }
  return all;
}

}  // namespace

TEST_CASE("pca colours: two images jointly, as with scikit-learn") {
  const auto store = feature_golden::open("pca_colours.safetensors");
  const std::vector<VisualTokens> images = both_images();
  const auto pictures = pca_colours(images);
  PcaColoursOptions whole;
  whole.cut_background = false;
  const auto everything = pca_colours(images, whole);
  REQUIRE(pictures.size() == 2);
  REQUIRE(everything.size() == 2);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(i);
    const std::string number = std::to_string(i);
    CHECK(pictures[i].foreground.rows() == images[i].grid_height());
    CHECK(pictures[i].foreground.cols() == images[i].grid_width());
    CHECK(relative_error(pictures[i].foreground, matrix(store, "foreground." + number)) == 0);
    CHECK(pictures[i].rgb[2].rows() == images[i].grid_height());
    CHECK(relative_error(below_each_other(pictures[i].rgb), matrix(store, "rgb." + number)) < 1e-5);
    CHECK(everything[i].foreground.minCoeff() == 1);
    CHECK(relative_error(below_each_other(everything[i].rgb),
                         matrix(store, "everything." + number)) < 1e-5);
  }
}

TEST_CASE("pca colours: the foreground is inside whatever the sign of the features") {
  std::vector<VisualTokens> images = both_images();
  AlignedBuffer<float> negated(static_cast<std::size_t>(images[0].all().size()));
  for (std::size_t i = 0; i < negated.size(); ++i) negated[i] = -images[0].all().data()[i];
  const std::vector<VisualTokens> one = {images[0]};
  const std::vector<VisualTokens> other = {VisualTokens(std::move(negated), 0, false, 5, 6, 8)};
  CHECK(pca_colours(one)[0].foreground == pca_colours(other)[0].foreground);
  CHECK(pca_colours(one)[0].foreground.sum() == 9);
  // A high threshold leaves too few patches: all of them are taken.
  PcaColoursOptions options;
  options.threshold = 100;
  CHECK(pca_colours(one, options)[0].foreground.minCoeff() == 1);
}

TEST_CASE("pca colours: patches that are all alike are grey") {
  const std::vector<VisualTokens> flat = {
      VisualTokens(AlignedBuffer<float>(3 * 3 * 4, 2.0F), 0, false, 3, 3, 4)};
  const auto picture = pca_colours(flat);
  CHECK(picture[0].foreground.minCoeff() == 1);
  CHECK(picture[0].rgb[1].minCoeff() == 0.5F);
  CHECK(picture[0].rgb[1].maxCoeff() == 0.5F);
}

TEST_CASE("pca colours: what does not fit") {
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  CHECK(message([] { pca_colours({}); }) ==
        "pca colours: expected at least 4 patches of 3 values, found 0 of 0");
  const VisualTokens small(AlignedBuffer<float>(3 * 8), 0, false, 1, 3, 8);
  CHECK(message([&] { pca_colours({small}); }) ==
        "pca colours: expected at least 4 patches of 3 values, found 3 of 8");
  const VisualTokens narrow(AlignedBuffer<float>(3 * 2), 0, false, 1, 3, 2);
  CHECK(message([&] {
          pca_colours({small, narrow});
        }) == "pca colours: expected tokens of 8 values in every image, found 2");
}
