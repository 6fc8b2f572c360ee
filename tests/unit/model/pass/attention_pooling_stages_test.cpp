#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/vision_transformer.hpp>

#include "../../executors.hpp"
#include "../../instances.hpp"
#include "../../plain_vit.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;

namespace {

// `dim` is the width of the pooled vector, which then has no MLP, or 0.
template <class Scalar>
eigenvit::VisionTransformer<Scalar> pooled_by_attention(bool include_prefix, Index dim = 0) {
  eigenvit::VitConfig config = plain::odd_config();
  auto layers = plain::Vit(config).layers<Scalar>();
  const Index width = config.embed_dim;
  const auto linear = [](Index outputs, Index inputs, std::uint64_t seed) {
    return plain::Linear(outputs, inputs, seed).layer<Scalar>();
  };
  config.global_pool = eigenvit::Pool::map;
  config.pool_include_prefix = include_prefix;
  config.attn_pool_heads = 2;
  if (dim > 0) {
    config.attn_pool_dim = dim;
    config.attn_pool_hidden = 0;
    config.fc_norm = true;
    layers.fc_norm = plain::Norm(dim, 913).layer<Scalar>();
    layers.head = linear(config.num_classes, dim, 915);
    layers.attn_pool.emplace(plain::buffer<Scalar>(plain::random(dim, 900)),
                             plain::Norm(dim, 907).layer<Scalar>(), linear(dim, dim, 901),
                             linear(2 * dim, width, 903), linear(dim, dim, 905), Index{2});
    return {config, std::move(layers)};
  }
  config.attn_pool_hidden = 20;
  layers.attn_pool.emplace(plain::buffer<Scalar>(plain::random(width, 900)),
                           linear(width, width, 901), linear(2 * width, width, 903),
                           linear(width, width, 905), plain::Norm(width, 907).layer<Scalar>(),
                           eigenvit::Mlp<Scalar>(linear(20, width, 909), linear(width, 20, 911),
                                                 eigenvit::Activation::gelu),
                           Index{2});
  return {config, std::move(layers)};
}

/// Three images, and what is asked for of them: all that there is, or the pooled vectors alone.
template <class Scalar>
struct Request {
  AlignedBuffer<Scalar> pixels;
  eigenvit::Taps all;
  eigenvit::Taps few;

  Request() {
    const auto values = support::random_values<float>(3 * 2 * 15 * 21, 7);
    pixels.assign(values.begin(), values.end());
    all.tokens = all.pooled = all.logits = true;
    few.pooled = true;
  }

  eigenvit::PixelBatch<Scalar> images() const { return {pixels.data(), 3, 15, 21}; }
  eigenvit::PixelBatch<Scalar> second_image() const {
    return {pixels.data() + 2 * 15 * 21, 1, 15, 21};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("A pass pools by attention what the layer pools, whatever else is tapped",
                   Scalar, float, double) {
  for (const bool include_prefix : {false, true}) {
    CAPTURE(include_prefix);
    const auto network = pooled_by_attention<Scalar>(include_prefix);
    const Index first = include_prefix ? 0 : 1;
    const Request<Scalar> request;
    const auto whole = network.forward(request.images(), request.all);
    for (Index image = 0; image < 3; ++image) {
      const auto tokens = whole.tokens_of(image);
      const auto expected = (*network.layers().attn_pool)(tokens.bottomRows(tokens.rows() - first));
      CHECK(support::worst_error(whole.pooled_of(image).data(), expected.data(), 18) <
            (sizeof(Scalar) == 4 ? 1e-6 : 1e-14));
    }
    support::ThreadsExecutor threads(3);
    support::ReverseExecutor reverse;
    for (eigenvit::Executor* const executor :
         {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&threads),
          static_cast<eigenvit::Executor*>(&reverse)}) {
      CHECK(support::same_bits(network.forward(request.images(), request.few, executor).pooled,
                               whole.pooled));
      const auto one = network.forward(request.second_image(), request.few, executor);
      CHECK(support::same_bits(one.pooled.data(), whole.pooled_of(1).data(), 18));
    }
  }
}

TEST_CASE_TEMPLATE("A pass pools by attention into vectors of a width of their own", Scalar, float,
                   double) {
  const Request<Scalar> request;
  for (const Index dim : {Index{10}, Index{44}}) {
    CAPTURE(dim);
    const auto network = pooled_by_attention<Scalar>(true, dim);
    eigenvit::Workspace workspace;
    const auto whole = network.forward(request.images(), request.all, nullptr, &workspace);
    CHECK(whole.pooled_width == dim);
    REQUIRE(whole.pooled.size() == std::size_t(3 * dim));
    for (Index image = 0; image < 3; ++image) {
      const eigenvit::Matrix<Scalar> pooled =
          (*network.layers().attn_pool)(whole.tokens_of(image)).transpose();
      const eigenvit::Matrix<Scalar> expected = (*network.layers().fc_norm)(pooled);
      CHECK(support::worst_error(whole.pooled_of(image).data(), expected.data(), dim) <
            (sizeof(Scalar) == 4 ? 1e-5 : 1e-13));
    }
    support::ThreadsExecutor threads(3);
    CHECK(support::same_bits(network.forward(request.images(), request.few, &threads).pooled,
                             whole.pooled));
  }
}
