#include <cmath>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../executors.hpp"
#include "../../instances.hpp"
#include "../../plain_matching.hpp"
#include "../../varied_vit.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Taps;
using eigenvit::TokenMerging;
using eigenvit::VitConfig;
using eigenvit::VitOutput;
using support::same_bits;
using Matrix = eigenvit::Matrix<double>;
using Groups = std::vector<std::vector<Index>>;

namespace {

constexpr Index height = 20;
constexpr Index width = 21;

/// What a pass with token merging gives of one image, by the layers' own operators.
struct Merged {
  Matrix tokens;
  std::vector<Matrix> hidden;
  std::vector<Index> source;
  Index left;
};

class PlainMerging {
 public:
  PlainMerging(const eigenvit::VisionTransformer<double>& network, const TokenMerging& merging)
      : network_(network), merging_(merging) {}

  Merged operator()(const double* pixels) {
    const VitConfig& c = network_.config();
    const auto& l = network_.layers();
    const Index rows = height / c.patch_height;
    const Index cols = width / c.patch_width;
    Matrix patches = l.patch_embed(
        eigenvit::ConstMatrixView<double>(pixels, c.in_chans * height, width), height, width);
    if (l.patch_norm) patches = (*l.patch_norm)(patches);
    x_.resize(c.prefix_tokens() + rows * cols, c.embed_dim);
    x_ << eigenvit::ConstMatrixView<double>(l.prefix_tokens.data(), c.prefix_tokens(), c.embed_dim),
        patches;
    if (l.pos_embed) x_ = (*l.pos_embed)(x_, rows, cols);
    if (c.sine_positions) {
      Matrix positions(rows * cols, c.embed_dim);
      eigenvit::detail::fill_sine_positions(rows, cols, c.embed_dim, positions.data());
      x_.bottomRows(rows * cols) += positions;
    }
    members_.clear();
    for (Index t = 0; t < x_.rows(); ++t) members_.push_back({t});

    Merged result;
    for (Index i = 0; i < c.depth; ++i) {
      run_block(l.blocks[static_cast<std::size_t>(i)]);
      result.hidden.push_back(unmerged(x_));
    }
    result.tokens = unmerged((*l.norm)(x_));
    result.source.resize(static_cast<std::size_t>(result.tokens.rows()));
    for (const auto& group : members_) {
      const Index first = *std::min_element(group.begin(), group.end());
      for (const Index t : group) result.source[static_cast<std::size_t>(t)] = first;
    }
    result.left = x_.rows();
    return result;
  }

 private:
  void run_block(const eigenvit::EncoderBlock<double>& block) {
    const VitConfig& c = network_.config();
    const auto& attn = block.attn();
    const Index dim = attn.head_dim();
    const Matrix normed = block.norm1()(x_);
    const Matrix qkv = attn.qkv()(normed);
    Matrix keys = Matrix::Zero(x_.rows(), dim);
    for (Index head = 0; head < attn.heads(); ++head) {
      const Matrix k = qkv.middleCols(c.embed_dim + head * dim, dim);
      keys += attn.extras().k_norm ? (*attn.extras().k_norm)(k) : k;
    }
    eigenvit::AttentionPositions<double> positions;
    positions.prefix = c.prefix_tokens();
    Matrix bias(x_.rows(), 32);
    for (Index t = 0; t < x_.rows(); ++t) bias.row(t).setConstant(std::log(size(t)));
    if (merging_.proportional_attention) positions.key_bias = bias.data();
    attn.add_to(normed, x_, block.ls1(), true, nullptr, positions);

    const Index count = std::min(merging_.per_block, (x_.rows() - c.prefix_tokens()) / 2);
    const Groups groups = plain::token_groups(keys, c.prefix_tokens(), count);
    Matrix shorter = Matrix::Zero(static_cast<Index>(groups.size()), c.embed_dim);
    Groups members(groups.size());
    for (std::size_t j = 0; j < groups.size(); ++j) {
      double total = 0;
      for (const Index t : groups[j]) {
        shorter.row(static_cast<Index>(j)) += size(t) * x_.row(t);
        total += size(t);
        const auto& more = members_[static_cast<std::size_t>(t)];
        members[j].insert(members[j].end(), more.begin(), more.end());
      }
      shorter.row(static_cast<Index>(j)) /= total;
    }
    members_ = members;
    x_ = shorter;
    block.mlp().add_to(block.norm2()(x_), x_, block.ls2(), true);
  }

  double size(Index t) const {
    return static_cast<double>(members_[static_cast<std::size_t>(t)].size());
  }

  Matrix unmerged(const Matrix& x) const {
    const VitConfig& c = network_.config();
    Matrix result(c.prefix_tokens() + c.grid_height() * c.grid_width(), c.embed_dim);
    for (std::size_t j = 0; j < members_.size(); ++j) {
      for (const Index t : members_[j]) result.row(t) = x.row(static_cast<Index>(j));
    }
    return result;
  }

  const eigenvit::VisionTransformer<double>& network_;
  TokenMerging merging_;
  Matrix x_;
  Groups members_;  ///< tokens that each row stands for
};

/// Models that tokens can be merged in.
std::vector<VitConfig> configs() {
  std::vector<VitConfig> all;
  for (const VitConfig& config : varied::configs()) {
    try {
      TokenMerging merging;
      merging.per_block = 1;
      check_token_merging(merging, config);
      all.push_back(config);
    } catch (const eigenvit::UnsupportedError&) {
    }
  }
  VitConfig config = all.back();
  config.class_token = config.pos_embed = false;
  config.global_pool = eigenvit::Pool::avg;
  config.mlp_gate = config.layer_scale = config.patch_norm = true;
  all.push_back(config);
  config = all.front();
  config.pos_embed = false;
  config.reg_tokens = 4;
  all.push_back(config);
  return all;
}

AlignedBuffer<float> random_pixels(const VitConfig& config, Index images) {
  return support::random_values<float>(images * config.in_chans * height * width, 5);
}

Taps every_tap(Index per_block) {
  Taps taps;
  taps.tokens = taps.pooled = taps.logits = taps.merge_source = true;
  taps.hidden = {2, 0};
  taps.token_merging.per_block = per_block;
  return taps;
}

bool same_output(const VitOutput<float>& a, const VitOutput<float>& b) {
  return same_bits(a.tokens, b.tokens) && same_bits(a.pooled, b.pooled) &&
         same_bits(a.logits, b.logits) && same_bits(a.hidden[0], b.hidden[0]) &&
         same_bits(a.hidden[1], b.hidden[1]) && a.merge_source == b.merge_source;
}

}  // namespace

TEST_CASE("Token merging is its formula") {
  const auto all = configs();
  REQUIRE(all.size() == 7);
  for (std::size_t which = 0; which < all.size(); ++which) {
    const VitConfig& config = all[which];
    const auto network = varied::network<float>(config);
    const auto reference = varied::network<double>(config);
    const auto pixels = random_pixels(config, 2);
    const AlignedBuffer<double> values(pixels.begin(), pixels.end());
    for (const Index per_block : {1, 6, 21, 1000}) {
      for (const bool proportional : {true, false}) {
        CAPTURE(which);
        CAPTURE(per_block);
        CAPTURE(proportional);
        Taps taps = every_tap(per_block);
        taps.token_merging.proportional_attention = proportional;
        const auto found = network.forward({pixels.data(), 2, height, width}, taps);
        const auto exact = reference.forward({values.data(), 2, height, width}, taps);
        for (Index image = 0; image < 2; ++image) {
          const Merged expected = PlainMerging(reference, taps.token_merging)(
              values.data() + image * config.in_chans * height * width);
          const Index size = expected.tokens.size();
          CHECK(found.merged_tokens == expected.left);
          const auto source = found.merge_source_of(image);
          REQUIRE(std::vector<Index>(source.data(), source.data() + source.size()) ==
                  expected.source);
          const auto check = [&](const auto& output, double bound) {
            const auto error = [&](const auto& values_of_all, const Matrix& of_image) {
              return support::worst_error(values_of_all.data() + image * size, of_image.data(),
                                          size);
            };
            CHECK(error(output.tokens, expected.tokens) < bound);
            CHECK(error(output.hidden[0], expected.hidden[2]) < bound);
            CHECK(error(output.hidden[1], expected.hidden[0]) < bound);
          };
          check(found, 2e-5);
          check(exact, 1e-13);
        }
      }
    }
  }
}

TEST_CASE("Token merging gives each token as many copies as its size") {
  VitConfig config = configs().back();
  config.global_pool = eigenvit::Pool::avg;
  const auto network = varied::network<float>(config);
  const auto pixels = random_pixels(config, 1);
  const auto output = network.forward({pixels.data(), 1, height, width}, every_tap(9));
  const auto tokens = output.tokens_of(0);
  std::map<Index, Index> sizes;
  for (Index t = 0; t < output.tokens_per_image; ++t) {
    const Index source = output.merge_source_of(0)[t];
    REQUIRE(source <= t);
    CHECK(output.merge_source_of(0)[source] == source);
    CHECK((tokens.row(t).array() == tokens.row(source).array()).all());
    ++sizes[source];
  }
  CHECK(output.merged_tokens == 75 - 3 * 9);
  CHECK(static_cast<Index>(sizes.size()) == output.merged_tokens);
  // Prefix tokens stay alone.
  for (Index t = 0; t < 5; ++t) CHECK(sizes[t] == 1);
  // What pools all patches counts merged ones by their sizes.
  eigenvit::Vector<double> mean = eigenvit::Vector<double>::Zero(config.embed_dim);
  for (const auto& [source, size] : sizes) {
    if (source >= 5) {
      mean += static_cast<double>(size) / 70 * tokens.row(source).transpose().cast<double>();
    }
  }
  CHECK(support::worst_error(output.pooled.data(), mean.data(), config.embed_dim) < 1e-6);
}

TEST_CASE("Token merging gives the same bits alone, at any place in a batch, on any threads") {
  for (const VitConfig& config : configs()) {
    const auto network = varied::network<float>(config);
    const auto pixels = random_pixels(config, 3);
    const Taps taps = every_tap(5);
    const auto batch = network.forward({pixels.data(), 3, height, width}, taps);
    for (const int threads : {1, 2, 3, 7}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      CHECK(
          same_output(network.forward({pixels.data(), 3, height, width}, taps, &executor), batch));
    }
    support::ReverseExecutor reverse;
    CHECK(same_output(network.forward({pixels.data(), 3, height, width}, taps, &reverse), batch));
    for (Index image = 0; image < 3; ++image) {
      const auto one = network.forward(
          {pixels.data() + image * config.in_chans * height * width, 1, height, width}, taps);
      const auto part = [&](const auto& whole) {
        const auto size = static_cast<Index>(whole.size()) / 3;
        return std::decay_t<decltype(whole)>(whole.data() + image * size,
                                             whole.data() + (image + 1) * size);
      };
      CHECK(same_bits(one.tokens, part(batch.tokens)));
      CHECK(same_bits(one.logits, part(batch.logits)));
      CHECK(same_bits(one.hidden[0], part(batch.hidden[0])));
      CHECK(one.merge_source == part(batch.merge_source));
    }
  }
}

TEST_CASE("Token merging gives each tap the same bits, whatever else is asked for") {
  for (const VitConfig& config : configs()) {
    const auto network = varied::network<float>(config);
    const auto pixels = random_pixels(config, 2);
    const eigenvit::PixelBatch<float> batch{pixels.data(), 2, height, width};
    const auto all = network.forward(batch, every_tap(7));
    const auto asked = [&](const auto& change) {
      Taps taps;
      taps.token_merging.per_block = 7;
      change(taps);
      return network.forward(batch, taps);
    };
    CHECK(same_bits(asked([](Taps& t) { t.tokens = true; }).tokens, all.tokens));
    CHECK(same_bits(asked([](Taps& t) { t.pooled = true; }).pooled, all.pooled));
    // Of models that pool prefix tokens, the last block is for them alone.
    CHECK(same_bits(asked([](Taps& t) { t.logits = true; }).logits, all.logits));
    const auto sourced = asked([](Taps& t) { t.logits = t.merge_source = true; });
    CHECK(same_bits(sourced.logits, all.logits));
    CHECK(sourced.merge_source == all.merge_source);
    CHECK(asked([](Taps& t) { t.merge_source = true; }).merge_source == all.merge_source);
    CHECK(same_bits(asked([](Taps& t) { t.hidden = {0}; }).hidden[0], all.hidden[1]));
    CHECK(asked([](Taps&) {}).merged_tokens == all.merged_tokens);
  }
}

TEST_CASE("A forward pass that merges no tokens is an ordinary one") {
  const VitConfig config = varied::configs().back();
  const auto network = varied::network<float>(config);
  const auto pixels = random_pixels(config, 2);
  Taps plain = every_tap(0);
  plain.merge_source = false;
  const auto expected = network.forward({pixels.data(), 2, height, width}, plain);
  CHECK(expected.merge_source.empty());
  CHECK(expected.merged_tokens == 71);
  const auto found = network.forward({pixels.data(), 2, height, width}, every_tap(0));
  CHECK(same_bits(found.tokens, expected.tokens));
  CHECK(same_bits(found.logits, expected.logits));
  for (Index t = 0; t < 71; ++t) CHECK(found.merge_source_of(1)[t] == t);
  // One patch has no other to be merged with.
  const auto few = network.forward({pixels.data(), 1, 2, 3}, every_tap(4));
  CHECK(few.merged_tokens == 2);
  CHECK(same_bits(few.tokens, network.forward({pixels.data(), 1, 2, 3}, plain).tokens));
}

TEST_CASE("Token merging uses what it is lent again") {
  const VitConfig config = configs().front();
  const auto network = varied::network<float>(config);
  const auto pixels = random_pixels(config, 2);
  const eigenvit::PixelBatch<float> batch{pixels.data(), 2, height, width};
  eigenvit::Workspace workspace;
  VitOutput<float> output;
  for (const Index per_block : {0, 9, 3, 0, 9}) {
    const Taps taps = every_tap(per_block);
    network.forward(batch, taps, output, nullptr, &workspace);
    CHECK(same_output(output, network.forward(batch, taps)));
  }
  const std::size_t bytes = workspace.size();
  network.forward(batch, every_tap(9), output, nullptr, &workspace);
  CHECK(workspace.size() == bytes);
  eigenvit::Workspace own;
  network.forward(batch, every_tap(9), output, nullptr, &own);
  CHECK(own.size() == network.workspace_bytes(height, width, 2, 1, every_tap(9)));
}

TEST_CASE("Token merging refuses what it cannot give") {
  const auto message = [](const VitConfig& config, const Taps& taps) {
    const auto network = varied::network<float>(config);
    const auto pixels = random_pixels(config, 1);
    return support::message_of<eigenvit::UnsupportedError>([&] {
      network.forward({pixels.data(), 1, height, width}, taps);
    });
  };
  Taps taps;
  taps.token_merging.per_block = 2;
  taps.attention = {1};
  CHECK(message(configs().front(), taps) ==
        "token merging: expected no attention to be asked for, whose size would differ from block "
        "to block, found block 1");
  taps.attention.clear();
  CHECK(message(varied::configs()[1], taps) ==
        "token merging: expected a model without rotary embedding, found one with");
}
