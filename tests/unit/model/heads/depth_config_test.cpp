#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/depth_config.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../varied_depth.hpp"

namespace {

using DepthHead = eigenvit::detail::DepthHead<float>;

}  // namespace

TEST_CASE("a depth head says what in its configuration contradicts itself") {
  const auto network = varied::depth_network<float>();
  const auto& layers = static_cast<const DepthHead&>(*network.layers().dense_head).layers();
  const auto message = [&](const auto& change) {
    eigenvit::DepthConfig head = varied::depth_config();
    change(head);
    auto changed = network.layers();
    changed.dense_head = std::make_shared<DepthHead>(head, layers);
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), changed); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& c) { c.neck.channels = 7; }) ==
        expected + "an even number of channels of fused maps, found 7");
  CHECK(message([](auto& c) { c.neck.channels = -1; }) ==
        expected + "channels of fused maps from 1 to 16384, found -1");
  CHECK(message([](auto& c) { c.head_channels = 0; }) ==
        expected + "channels of the depth head from 1 to 16384, found 0");
  CHECK(message([](auto& c) { c.neck.blocks[3] = 5; }) ==
        expected + "block of a level from 4 to 4, found 5");
  CHECK(message([](auto& c) { c.neck.blocks[1] = 0; }) ==
        expected + "block of a level from 1 to 4, found 0");
  CHECK(message([](auto& c) { c.neck.level_channels[2] = 0; }) ==
        expected + "channels of a level from 1 to 16384, found 0");
  CHECK(message([](auto& c) { c.neck.factors[2] = 0; }) ==
        expected + "a factor of a level from 1/8 to 8, found 0");
  CHECK(message([](auto& c) { c.neck.factors[2] = 9; }) ==
        expected + "a factor of a level from 1/8 to 8, found 9");
  CHECK(message([](auto& c) { c.max_depth = 0; }) ==
        expected + "a largest depth from 0 to 1e6, found 0.000000");
  eigenvit::VitConfig unnormed = network.config();
  unnormed.final_norm = false;
  auto without = network.layers();
  without.norm.reset();
  CHECK(support::message_of<eigenvit::ConfigError>([&] {
          eigenvit::VisionTransformer<float>(unnormed, without);
        }) == expected + "a final norm, which the decoder has before it, found none");
}
