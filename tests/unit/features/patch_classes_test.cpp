#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/mask_classes.hpp>
#include <eigenvit/features/patch_classes.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

// An image of w x h pixels, resized as a whole to an input of as many pixels times `factor`.
PixelMapping enlarged(Index width, Index height, Index factor) {
  PixelMapping mapping;
  mapping.image_width = width;
  mapping.image_height = height;
  mapping.resized_width = mapping.width = width * factor;
  mapping.resized_height = mapping.height = height * factor;
  return mapping;
}

}  // namespace

TEST_CASE("patch classes: the most frequent class of each patch") {
  const PatchMap map(enlarged(6, 2, 1), 2, 2);
  Matrix<Index> pixels(2, 6);
  pixels << 3, 3, 1, 0, 0, 2,  //
      3, 0, 1, 0, no_class, no_class;
  Matrix<Index> expected(1, 3);
  // Of equals the first; a quarter is too little.
  expected << 3, 0, no_class;
  CHECK(patch_classes(map, pixels) == expected);
  expected << 3, no_class, no_class;
  CHECK(patch_classes(map, pixels, 0.75) == expected);
  expected << no_class, no_class, no_class;
  CHECK(patch_classes(map, pixels, 1) == expected);
  expected << 3, 0, 0;
  CHECK(patch_classes(map, pixels, 0) == expected);
  expected.setConstant(no_class);
  pixels.setConstant(no_class);
  CHECK(patch_classes(map, pixels, 0) == expected);
}

TEST_CASE("patch classes: of what the crop leaves, and of what padding adds") {
  PixelMapping mapping = enlarged(8, 4, 1);
  mapping.left = 2;
  mapping.width = 4;
  Matrix<Index> pixels = Matrix<Index>::Zero(4, 8);
  pixels.rightCols(5).setConstant(1);
  Matrix<Index> expected(2, 2);
  expected << 0, 1, 0, 1;
  CHECK(patch_classes(PatchMap(mapping, 2, 2), pixels) == expected);
  mapping.left = -4;
  mapping.width = 16;
  Matrix<Index> padded(1, 4);
  padded << no_class, 0, 1, no_class;
  CHECK(patch_classes(PatchMap(mapping, 4, 4), pixels) == padded);
}

TEST_CASE("patch classes: patches smaller than a pixel") {
  Matrix<Index> pixels(1, 3);
  pixels << 5, no_class, 2;
  Matrix<Index> expected(4, 12);
  expected.leftCols(4).setConstant(5);
  expected.middleCols(4, 4).setConstant(no_class);
  expected.rightCols(4).setConstant(2);
  CHECK(patch_classes(PatchMap(enlarged(3, 1, 8), 2, 2), pixels) == expected);
}

TEST_CASE("pixel classes: the highest score, blended between the patches") {
  const PatchMap map(enlarged(8, 4, 1), 4, 4);
  Matrix<float> scores(2, 3);
  scores << 1, 0, -9, 0, 1, -9;
  Matrix<Index> expected(4, 8);
  expected.leftCols(4).setZero();
  expected.rightCols(4).setConstant(1);
  CHECK(pixel_classes(map, scores) == expected);
  // A surer patch reaches beyond its border: at the pixels 1, 3, 5 and 7 eighths of the way.
  scores.row(0) << 3, 0, -9;
  expected.col(4).setZero();
  CHECK(pixel_classes(map, scores) == expected);
  // Of equals the first.
  scores.setZero();
  CHECK(pixel_classes(map, scores).isZero(0));
}

TEST_CASE("patch classes: errors") {
  const PatchMap map(enlarged(6, 2, 1), 2, 2);
  const Matrix<Index> pixels = Matrix<Index>::Zero(2, 6);
  CHECK(message_of<ShapeError>([&] { patch_classes(map, pixels.leftCols(5)); }) ==
        "patch classes: expected classes of 2 x 6 pixels, found 2 x 5");
  for (const double share : {-0.5, 1.5, static_cast<double>(support::not_a_number)}) {
    CHECK(message_of<ConfigError>([&] { patch_classes(map, pixels, share); }) ==
          "patch classes: expected a share from 0 to 1, found " + std::to_string(share));
  }
  for (const Index other : {Index{-2}, Index{256}}) {
    Matrix<Index> wrong = pixels;
    wrong(1, 1) = other;
    CHECK(message_of<ConfigError>([&] { patch_classes(map, wrong); }) ==
          "patch classes: expected classes from 0 to 255 or -1, found " + std::to_string(other));
  }
  CHECK(message_of<ShapeError>([&] { pixel_classes(map, Matrix<float>::Zero(4, 2)); }) ==
        "pixel classes: expected scores of 1 x 3 patches, found [4, 2]");
}
