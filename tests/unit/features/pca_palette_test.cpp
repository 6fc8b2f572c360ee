#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/pca_colours.hpp>
#include <eigenvit/features/pca_palette.hpp>

#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;

namespace {

std::vector<VisualTokens> both_images() {
  const auto store = feature_golden::open("pca_colours.safetensors");
  std::vector<VisualTokens> images;
  for (const char* const name : {"image.0", "image.1"}) {
    const golden::Tensor image = golden::read(store, name);
    images.emplace_back(image.values, 0, false, static_cast<Index>(image.shape[0]),
                        static_cast<Index>(image.shape[1]), static_cast<Index>(image.shape[2]));
  }
  return images;
}

}  // namespace

TEST_CASE("pca palette: gives the images that it was fitted to what pca_colours gives them") {
  const std::vector<VisualTokens> images = both_images();
  for (const bool cut : {true, false}) {
    PcaColoursOptions options;
    options.cut_background = cut;
    const auto palette = PcaPalette::fit({images[0], images[1]}, options);
    CHECK(palette.width() == 8);
    const auto expected = pca_colours(images, options);
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const PcaColours found = palette.colours(images[i]);
      CHECK(found.foreground == expected[i].foreground);
      for (const std::size_t c : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        CHECK(feature_golden::relative_error(found.rgb[c], expected[i].rgb[c]) < 1e-6);
      }
    }
  }
}

TEST_CASE("pca palette: a patch has one colour, whatever else is in its image") {
  const std::vector<VisualTokens> images = both_images();
  const auto palette = PcaPalette::fit({images[0]});
  const PcaColours whole = palette.colours(images[1]);
  // One row of the grid as an image of its own; a refit would stretch its colours anew.
  const ConstMatrixView<float> all = images[1].patches();
  const VisualTokens row(AlignedBuffer<float>(all.row(7).data(), all.row(7).data() + 7 * 8), 0,
                         false, 1, 7, 8);
  const PcaColours alone = palette.colours(row);
  CHECK(alone.foreground == whole.foreground.row(1));
  for (const std::size_t c : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    CHECK((alone.rgb[c] - whole.rgb[c].row(1)).cwiseAbs().maxCoeff() < 1e-6F);
    CHECK(whole.rgb[c].minCoeff() >= 0);
    CHECK(whole.rgb[c].maxCoeff() <= 1);
  }
  AlignedBuffer<float> far(8 * 4);
  for (std::size_t i = 0; i < far.size(); ++i) far[i] = i % 2 ? 1e4F : -1e4F;
  const PcaColours cut_off = palette.colours(VisualTokens(far, 0, false, 2, 2, 8));
  for (const Matrix<float>& plane : cut_off.rgb) {
    CHECK(plane.minCoeff() >= 0);
    CHECK(plane.maxCoeff() <= 1);
  }
}

TEST_CASE("pca palette: what does not fit") {
  const std::vector<VisualTokens> images = both_images();
  const auto palette = PcaPalette::fit({images[0]});
  const VisualTokens narrow(AlignedBuffer<float>(3 * 4), 0, false, 1, 3, 4);
  CHECK(support::message_of<ShapeError>([&] { palette.colours(narrow); }) ==
        "pca palette: expected tokens of 8 values, found 4");
  CHECK(support::message_of<ShapeError>([] { PcaPalette::fit({}); }) ==
        "pca colours: expected at least 4 patches of 3 values, found 0 of 0");
}
