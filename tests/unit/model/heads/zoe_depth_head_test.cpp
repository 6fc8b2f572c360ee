// The part of ZoeDepth's head after the decoder against its formula, in the order in which it is
// published; the goldens hold transformers' numbers.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../varied_zoe.hpp"

using eigenvit::Index;
using eigenvit::PixelBatch;
using eigenvit::Taps;
using eigenvit::ZoeDepthConfig;
using eigenvit::detail::ZoeDepthHead;

namespace {

template <class Scalar>
const ZoeDepthHead<Scalar>& head_of(const eigenvit::VisionTransformer<Scalar>& network) {
  return static_cast<const ZoeDepthHead<Scalar>&>(*network.layers().dense_head);
}

bool domain_of(const eigenvit::VitOutput<float>& output, Index image) {
  const auto logits = output.dense.class_logits_of(image);
  return logits(0, 1) > logits(0, 0);
}

Taps dense_taps();

/// The network with another bias, by which the first two images are of different domains.
eigenvit::VisionTransformer<float> choosing_both(const eigenvit::VisionTransformer<float>& network,
                                                 const PixelBatch<float>& batch) {
  const auto output = network.forward(batch, dense_taps());
  float most = 0;
  for (Index image = 0; image < 2; ++image) {
    const auto logits = output.dense.class_logits_of(image);
    most += (logits(0, 0) - logits(0, 1)) / 2;
  }
  auto layers = head_of(network).layers();
  auto& last = layers.router->classifier.second;
  const eigenvit::Matrix<float> bias = last(eigenvit::Matrix<float>::Zero(1, last.in_features()));
  last = eigenvit::Linear<float>(last.weight(),
                                 eigenvit::AlignedBuffer<float>{bias(0, 0), bias(0, 1) + most});
  auto changed = network.layers();
  changed.dense_head =
      std::make_shared<ZoeDepthHead<float>>(head_of(network).config(), std::move(layers));
  return {network.config(), std::move(changed)};
}

Taps dense_taps() {
  Taps taps;
  taps.dense = true;
  return taps;
}

}  // namespace

TEST_CASE("softplus and the binomials are what mathematics says") {
  using eigenvit::detail::softplus;
  CHECK(softplus(0.0) == doctest::Approx(std::log(2.0)));
  CHECK(softplus(-30.0) == doctest::Approx(std::exp(-30.0)));
  CHECK(softplus(19.5) == doctest::Approx(19.5 + std::exp(-19.5)));
  CHECK(softplus(25.0F) == 25.0F);
  // Main terms of Stirling's formula: n ln n - k ln k - (n - k) ln(n - k).
  std::vector<double> binomials(11);
  eigenvit::detail::log_binomials(11, binomials.data());
  CHECK(binomials[5] == doctest::Approx(10 * std::log(10.0) - 10 * std::log(5.0)).epsilon(1e-5));
  CHECK(binomials[0] == doctest::Approx(0).epsilon(1e-4));
  for (int k = 0; k < 11; ++k) {
    CHECK(binomials[std::size_t(k)] ==
          doctest::Approx(binomials[std::size_t(10 - k)]).epsilon(1e-4));
  }
}

TEST_CASE("bounded bins fill the domain's depths, and stay within it and in order") {
  const eigenvit::ZoeDomain domain{"", 4, 2, 10};
  std::vector<double> bins = {1, 3, 0, -5};
  eigenvit::detail::seed_bins(true, domain, bins.data());
  // Widths of 1, 3, 0 and 0, each and 1e-3, of a sum of 4.004.
  const double unit = 1 / 4.004;
  CHECK(bins[0] == doctest::Approx(0.5 * 1.001 * unit));
  CHECK(bins[1] == doctest::Approx((1.001 + 0.5 * 3.001) * unit));
  CHECK(bins[3] == doctest::Approx(1 - 0.5 * 0.001 * unit));
  std::vector<double> moved = {0.9, -0.5, 0.25, 2};
  eigenvit::detail::bound_bins(domain, moved.data());
  CHECK(moved == std::vector<double>{2, 4, 9.2, 10});
  const auto nan = std::nan("");
  std::vector<double> odd = {nan, 0.5, nan, 0};
  eigenvit::detail::bound_bins(domain, odd.data());
  const auto is_nan = [](double x) { return !eigenvit::detail::is_finite(x); };
  CHECK(std::count_if(odd.begin(), odd.end(), is_nan) == 2);
}

TEST_CASE("bins move towards attractors, the near ones most") {
  const std::vector<double> attractors = {1, -7, 2, -7};
  std::vector<double> centres = {1.1, 5};
  const auto pull = [](double distance) { return distance / (1 + 300 * distance * distance); };
  eigenvit::detail::attract(attractors.data(), 2, 2, false, 2, centres.data());
  CHECK(centres[0] == doctest::Approx(1.1 + 0.5 * (pull(-0.1) + pull(0.9))));
  CHECK(centres[1] == doctest::Approx(5 + 0.5 * (pull(-4) + pull(-3))));
  centres = {1.1, 5};
  eigenvit::detail::attract(attractors.data(), 2, 2, true, 1, centres.data());
  CHECK(centres[0] == doctest::Approx(1.1 + pull(-0.1) + pull(0.9)));
  CHECK(centres[1] == 5);
}

TEST_CASE("an expected depth is a mean of the centres by a binomial distribution") {
  ZoeDepthConfig head;
  head.min_temperature = head.max_temperature = 1;
  std::vector<double> binomials(3);
  eigenvit::detail::log_binomials(3, binomials.data());
  // A probability of a half: weights of e^0, e^(2 ln 2) and e^0.
  const std::vector<double> values = {1, 1, 0, 0}, centres = {1, 2, 6};
  std::vector<double> scores(3);
  const auto found = [&] {
    return eigenvit::detail::expected_depth(head, 3, binomials.data(), values.data(),
                                            centres.data(), scores.data());
  };
  CHECK(found() == doctest::Approx((1 + 4 * 2 + 6) / 6.0).epsilon(1e-5));
  head.min_temperature = head.max_temperature = 1e-3;
  CHECK(found() == doctest::Approx(2));
}

TEST_CASE("ZoeDepth's router is its blocks one after the other") {
  const auto network = varied::zoe_network<double>(varied::zoe_config(true));
  const auto& head = head_of(network).config();
  const auto& layers = *head_of(network).layers().router;
  using Router = eigenvit::detail::ZoeDepthRouter<double>;
  for (const eigenvit::detail::MapSize size :
       {eigenvit::detail::MapSize{2, 3}, eigenvit::detail::MapSize{9, 12}}) {
    const Index channels = head.neck.channels, values = size.pixels() * channels;
    constexpr Index images = 2;
    auto pixels = support::random_values<double>(images * values, 3);
    eigenvit::AlignedBuffer<double> workers(std::size_t(2 * Router::worker_values(head)));
    eigenvit::detail::ReusedMapMemory<double> counted(nullptr, 0);
    const Router::Scratch sizes(head, size, counted);
    eigenvit::AlignedBuffer<double> memory(std::size_t(images * counted.most()));
    eigenvit::detail::ReusedMapMemory<double> given(memory.data(), counted.most());
    const Router::Scratch scratch(head, size, given);
    eigenvit::AlignedBuffer<double> logits(std::size_t(2 * images));
    eigenvit::detail::TaskGraph graph;
    const Router router(layers, graph, {workers.data(), Router::worker_values(head)}, images);
    const auto start = graph.add({images}, {}, [](const eigenvit::detail::Task&) {});
    router.add_stages(start, {pixels.data(), size, channels, values}, scratch,
                      {logits.data(), {1, 1}, 2, 2});
    eigenvit::ThreadPoolExecutor executor(2);
    eigenvit::detail::TaskFailure failure;
    graph.run(executor, failure);

    for (Index image = 0; image < images; ++image) {
      eigenvit::Matrix<double> x = eigenvit::Matrix<double>::Zero(1 + size.pixels(), 128);
      x.bottomRows(size.pixels()) = layers.embed(eigenvit::ConstMatrixView<double>(
          pixels.data() + image * values, size.pixels(), channels));
      for (Index i = 0; i < x.rows(); ++i) {
        for (Index k = 0; k < 64; ++k) {
          const double angle = double(i) / std::pow(10000.0, 2 * double(k) / 128);
          x(i, k) += std::sin(angle);
          x(i, 64 + k) += std::cos(angle);
        }
      }
      for (const auto& block : layers.blocks) x = block(x);
      const eigenvit::Matrix<double> hidden = layers.classifier.first(x.topRows(1)).cwiseMax(0.0);
      const eigenvit::Matrix<double> expected = layers.classifier.second(hidden);
      CHECK(support::worst_error(logits.data() + 2 * image, expected.data(), 2) < 1e-12);
    }
  }
}

TEST_CASE("Depths by bins have the same bits alone and in a batch, on any threads") {
  for (const bool two_domains : {false, true}) {
    const Index height = 20, width = 21, images = 3;
    const auto pixels = support::random_values<float>(images * 2 * height * width, 4);
    const PixelBatch<float> batch{pixels.data(), images, height, width};
    auto network = varied::zoe_network<float>(varied::zoe_config(two_domains));
    if (two_domains) network = choosing_both(network, batch);
    const auto expected = network.forward(batch, dense_taps());
    if (two_domains) CHECK(domain_of(expected, 0) != domain_of(expected, 1));
    CHECK(expected.dense.channels == 1);
    CHECK(expected.dense.classes == (two_domains ? 2 : 0));
    // 32 times the smallest of the maps of a grid of 10 x 7.
    CHECK(expected.dense.height == 32 * 5);
    CHECK(expected.dense.width == 32 * 4);
    const Index size = expected.dense.height * expected.dense.width;
    eigenvit::Workspace workspace;
    for (const int threads : support::thread_counts({1, 2, 5})) {
      eigenvit::ThreadPoolExecutor executor(threads);
      for (Index image = 0; image < images; ++image) {
        const auto alone =
            network.forward({pixels.data() + image * 2 * height * width, 1, height, width},
                            dense_taps(), &executor, &workspace);
        CHECK(support::same_bits(alone.dense.maps.data(), expected.dense.maps.data() + image * size,
                                 size));
      }
      for (int run = 0; run < support::repeats(4); ++run) {
        const auto found = network.forward(batch, dense_taps(), &executor);
        CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
        CHECK(support::same_bits(found.dense.class_logits, expected.dense.class_logits));
      }
    }
  }
}

TEST_CASE("Depths by bins are the same in float and in double but for rounding") {
  for (const auto& choice : {std::pair{false, false}, {false, true}, {true, false}, {true, true}}) {
    const bool two_domains = choice.first, bounded = choice.second;
    CAPTURE(two_domains);
    CAPTURE(bounded);
    auto config = varied::zoe_config(two_domains);
    config.bounded_bins = bounded;
    config.domains[1].min_depth = 7;
    const auto pixels = support::random_values<double>(2 * 20 * 21, 4);
    const std::vector<float> same(pixels.begin(), pixels.end());
    const auto fine =
        varied::zoe_network<double>(config).forward({pixels.data(), 1, 20, 21}, dense_taps());
    const auto found =
        varied::zoe_network<float>(config).forward({same.data(), 1, 20, 21}, dense_taps());
    CHECK(support::worst_error(found.dense.maps.data(), fine.dense.maps.data(),
                               Index(fine.dense.maps.size())) < 2e-4);
    const auto& logits = fine.dense.class_logits;
    const auto& domain = config.domains[two_domains && logits[1] > logits[0] ? 1 : 0];
    for (const double depth : fine.dense.maps) {
      CHECK(depth > 0);
      if (!bounded) continue;
      CHECK(depth >= domain.min_depth);
      CHECK(depth <= domain.max_depth);
    }
  }
}

TEST_CASE("ZoeDepth takes little more memory than the maps of its last layers") {
  eigenvit::VitConfig encoder;
  encoder.embed_dim = 1024;
  ZoeDepthConfig head;
  head.neck.channels = 256;
  head.neck.level_channels = {256, 512, 1024, 1024};
  head.neck.doubles = true;
  for (const Index domains : {1, 2}) {
    head.domain_count = domains;
    const eigenvit::detail::ForwardPlan plan(encoder, 384, 512, 1, 1, 12);
    const eigenvit::detail::ZoeDepthScratch<float> scratch(head, encoder, plan, {});
    const eigenvit::detail::ZoeDepthSizes sizes(head, {24, 32});
    const Index of_pixel = head.neck.channels / 2 + head.last_hidden() + head.most_bins();
    const Index needed =
        sizes.neck.fused[0].pixels() * head.neck.channels + sizes.enlarged[0].pixels() * of_pixel;
    CHECK(scratch.late.most() >= needed);
    CHECK(double(scratch.late.most()) < 1.1 * double(needed));
  }
}

TEST_CASE("ZoeDepthHead says which layer does not fit") {
  varied::Layers<float> other;
  const auto message = [&](bool two_domains, const auto& change) {
    const auto config = varied::zoe_config(two_domains);
    const auto network = varied::zoe_network<float>(config);
    auto layers = head_of(network).layers();
    change(layers);
    auto changed = network.layers();
    changed.dense_head = std::make_shared<ZoeDepthHead<float>>(config, layers);
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), changed); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message(false, [](auto& l) { l.levels.pop_back(); }) ==
        expected + "levels of a decoder of 4, found 3");
  CHECK(message(false, [](auto& l) { l.projection.reset(); }) ==
        expected + "a projection of a depth head, found none");
  CHECK(message(false, [](auto& l) { l.relative_depth.reset(); }) ==
        expected + "a layer of relative depth, found none");
  CHECK(message(true, [&](auto& l) { l.relative_depth = other.linear(1, 5); }) ==
        expected + "no layer of relative depth, found one");
  CHECK(message(true, [](auto& l) { l.router.reset(); }) ==
        expected + "a choice of a domain, found none");
  CHECK(message(true, [](auto& l) { l.router->blocks.pop_back(); }) ==
        expected + "blocks that choose a domain of 4, found 3");
  CHECK(message(true, [](auto& l) { l.domains.pop_back(); }) == expected + "domains of 2, found 1");
  CHECK(message(true, [](auto& l) { std::swap(l.domains[0], l.domains[1]); }) ==
        expected + "outputs of a layer of hidden channels of 7, found 19");
  CHECK(message(false, [&](auto& l) { l.domains[0].last = other.linear(3, 8); }) ==
        expected + "numbers of a distribution of 4, found 3");
  CHECK(message(false, [&](auto& l) { l.projectors[2].first = other.linear(128, 17); }) ==
        expected + "inputs of a layer of pixels of 18, found 17");
  CHECK(message(false, [&](auto& l) { l.bottleneck = other.linear(17, 18); }) ==
        expected + "outputs of a bottleneck of 18, found 17");
}
