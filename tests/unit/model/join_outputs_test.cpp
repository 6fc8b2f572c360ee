#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/join_outputs.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Taps;
using eigenvit::VitOutput;
using eigenvit::detail::can_be_joined;
using eigenvit::detail::join_outputs;

namespace {

/// The result of a pass over images of a grid; every value is another one.
template <class Scalar>
VitOutput<Scalar> output(Index images, Index height, Index width, std::uint64_t seed) {
  VitOutput<Scalar> result;
  result.images = images;
  result.prefix_tokens = 1;
  result.grid_height = height;
  result.grid_width = width;
  result.tokens_per_image = 3 + height * width;
  result.merged_tokens = result.tokens_per_image;
  result.width = 4;
  result.pooled_width = 5;
  result.heads = 2;
  result.classes = 6;
  result.detections = 2;
  result.embeds_width = 7;
  const auto values = [&](Index each) {
    return support::random_values<Scalar>(images * each, ++seed);
  };
  result.tokens = values(result.tokens_per_image * 4);
  result.pooled = values(5);
  result.logits = values(2 * 6);
  result.pred_boxes = values(2 * 4);
  result.pooler_output = values(8);
  result.image_embeds = values(7);
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("join_outputs puts the results of images where they belong", Scalar, float,
                   double) {
  const std::vector<VitOutput<Scalar>> parts{output<Scalar>(2, 2, 3, 10),
                                             output<Scalar>(1, 1, 5, 20)};
  VitOutput<Scalar> joined = output<Scalar>(1, 1, 1, 30);
  joined.hidden.resize(1);
  joined.dense.resize(1, {2, 2, 1});
  join_outputs(parts, {{0, 1}, {1, 0}, {0, 0}}, joined);
  CHECK(joined.images == 3);
  CHECK(joined.tokens_per_image == 0);
  CHECK(joined.merged_tokens == 0);
  CHECK(joined.hidden.empty());
  CHECK(joined.dense.maps.empty());
  CHECK(joined.grids == std::vector<std::array<Index, 2>>{{2, 3}, {1, 5}, {2, 3}});
  const auto is_from = [&](Index image, const VitOutput<Scalar>& part, Index there) {
    CHECK(joined.tokens_of(image) == part.tokens_of(there));
    CHECK(joined.pooled_of(image) == part.pooled_of(there));
    CHECK(joined.box_logits_of(image) == part.box_logits_of(there));
    CHECK(joined.boxes_of(image) == part.boxes_of(there));
    CHECK(joined.image_embeds_of(image) == part.image_embeds_of(there));
    CHECK(support::same_bits(joined.pooler_output.data() + image * 8,
                             part.pooler_output.data() + there * 8, 8));
  };
  is_from(0, parts[0], 1);
  is_from(1, parts[1], 0);
  is_from(2, parts[0], 0);
  CHECK(joined.tokens.size() == 4 * (9 + 8 + 9));
  CHECK(joined.pooler_output.size() == 3 * 8);
}

TEST_CASE("only tokens and vectors of images can be joined") {
  Taps taps;
  taps.tokens = taps.pooled = taps.logits = taps.pred_boxes = true;
  taps.pooler_output = taps.image_embeds = true;
  CHECK(can_be_joined(taps));
  Taps hidden = taps, attention = taps, key = taps, merged = taps;
  hidden.hidden = {0};
  attention.attention = {0};
  key.key = {0};
  merged.merge_source = true;
  CHECK_FALSE(can_be_joined(hidden));
  CHECK_FALSE(can_be_joined(attention));
  CHECK_FALSE(can_be_joined(key));
  CHECK_FALSE(can_be_joined(merged));
}
