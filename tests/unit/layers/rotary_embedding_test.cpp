#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/rotary_embedding.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::RopeConfig;
using eigenvit::RopeKind;
using eigenvit::RotaryEmbedding;

namespace {

/// Checks the angles of one patch, pair by pair.
template <class Scalar>
void check_patch(const RotaryEmbedding<Scalar>& rope, Index depth, Index heads, Index block,
                 Index head, Index height, Index width, Index patch,
                 const std::vector<double>& angles) {
  AlignedBuffer<Scalar> tables(RotaryEmbedding<Scalar>::table_size(rope.config(), depth, heads,
                                                                   rope.head_dim(), height, width));
  rope.fill(height, width, tables.data());
  const auto table = rope.table(tables.data(), block, height, width);
  const Index dim = rope.head_dim();
  REQUIRE(static_cast<Index>(angles.size()) == dim / 2);
  CHECK(table.halves == rope.config().rotate_half);
  const Scalar* const cos = table.cos + head * table.head_stride + patch * table.row_stride;
  const Scalar* const sin = table.sin + head * table.head_stride + patch * table.row_stride;
  for (Index i = 0; i < dim / 2; ++i) {
    const double angle = angles[static_cast<std::size_t>(i)];
    const Index first = table.halves ? i : 2 * i;
    const Index second = table.halves ? i + dim / 2 : 2 * i + 1;
    const double expected[] = {std::cos(angle), std::cos(angle), -std::sin(angle), std::sin(angle)};
    const Scalar found[] = {cos[first], cos[second], sin[first], sin[second]};
    CHECK(support::worst_error(found, expected, 4) < 1e-6);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("axial angles are rows and columns times falling frequencies", Scalar, float,
                   double) {
  RopeConfig config;
  config.kind = RopeKind::axial;
  // d = 8: b = [1, 0.01]; patch (3, 5).
  const RotaryEmbedding<Scalar> plain(config, 2, 3, 8);
  check_patch(plain, 2, 3, 1, 2, 6, 7, 3 * 7 + 5, {3, 0.03, 5, 0.05});
  CHECK(plain.parameters() == 0);
  config.xy = true;
  config.grid_offset = 1;
  check_patch(RotaryEmbedding<Scalar>(config, 2, 3, 8), 2, 3, 0, 0, 6, 7, 3 * 7 + 5,
              {6, 0.06, 4, 0.04});
  config.ref_height = 3;
  config.ref_width = 14;
  config.temperature = 100;
  check_patch(RotaryEmbedding<Scalar>(config, 2, 3, 8), 2, 3, 0, 0, 6, 7, 3 * 7 + 5,
              {12, 1.2, 2, 0.2});
}

TEST_CASE_TEMPLATE("centered angles are those of DINOv3", Scalar, float, double) {
  RopeConfig config;
  config.kind = RopeKind::centered;
  config.temperature = 100;
  config.rotate_half = true;
  const double pi = std::acos(-1.0);
  check_patch(RotaryEmbedding<Scalar>(config, 1, 1, 8), 1, 1, 0, 0, 2, 2, 1,
              {-pi, -0.1 * pi, pi, 0.1 * pi});
}

TEST_CASE_TEMPLATE("mixed angles have learned frequencies of each block and head", Scalar, float,
                   double) {
  RopeConfig config;
  config.kind = RopeKind::mixed;
  config.xy = true;
  // [2, L = 2, H = 2, d/2 = 2]: of x 0.0, 0.1, ... 0.7; of y 0.8, ... 1.5.
  AlignedBuffer<float> freqs(16);
  for (std::size_t i = 0; i < freqs.size(); ++i) freqs[i] = 0.1f * static_cast<float>(i);
  const RotaryEmbedding<Scalar> rope(config, 2, 2, 4, freqs);
  CHECK(rope.parameters() == 16);
  // Row 1, column 2.
  check_patch(rope, 2, 2, 0, 1, 2, 3, 5, {2 * 0.2 + 1.0, 2 * 0.3 + 1.1});
  check_patch(rope, 2, 2, 1, 0, 2, 3, 5, {2 * 0.4 + 1.2, 2 * 0.5 + 1.3});
}

TEST_CASE("RotaryEmbedding says what does not fit") {
  RopeConfig config;
  config.kind = RopeKind::axial;
  CHECK(support::message_of<eigenvit::ConfigError>([&] {
          RotaryEmbedding<float> wrong(config, 1, 1, 6);
        }) == "rotary embedding: expected a head width that 4 divides, found 6");
  config.class_token = true;
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          RotaryEmbedding<float> wrong(config, 1, 1, 8, AlignedBuffer<float>(3));
        }) == "rotary embedding: expected 4 frequencies, found 3");
  config.class_token = false;
  config.kind = RopeKind::mixed;
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          RotaryEmbedding<float> wrong(config, 2, 3, 8, AlignedBuffer<float>(47));
        }) == "rotary embedding: expected 48 frequencies, found 47");
}
