#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/zoe_depth_config.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../varied_zoe.hpp"

TEST_CASE("the layers' widths follow from the number of domains, as transformers builds them") {
  eigenvit::ZoeDepthConfig head;
  CHECK(head.projector_hidden() == 128);
  CHECK(head.seed_hidden() == 256);
  CHECK(head.last_features() == 33);
  CHECK(head.last_hidden() == 80);
  CHECK(head.most_bins() == 64);
  head.domain_count = 2;
  head.domains[1].bins = 100;
  CHECK(head.projector_hidden() == 64);
  CHECK(head.seed_hidden() == 64);
  CHECK(head.last_features() == 32);
  CHECK(head.last_hidden() == 40);
  CHECK(head.most_bins() == 100);
}

TEST_CASE("ZoeDepth's head says what in its configuration contradicts itself") {
  using Head = eigenvit::detail::ZoeDepthHead<float>;
  const auto config = varied::zoe_config(true);
  const auto network = varied::zoe_network<float>(config);
  const auto& layers = static_cast<const Head&>(*network.layers().dense_head).layers();
  const auto message = [&](const auto& change) {
    eigenvit::ZoeDepthConfig head = config;
    change(head);
    return support::message_of<eigenvit::ConfigError>([&] {
      auto changed = network.layers();
      changed.dense_head = std::make_shared<Head>(head, layers);
      eigenvit::VisionTransformer<float>(network.config(), changed);
    });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& c) { c.neck.doubles = false; }) ==
        expected + "maps that are doubled from level to level, found others");
  CHECK(message([](auto& c) { c.neck.channels = 7; }) ==
        expected + "an even number of channels of fused maps, found 7");
  CHECK(message([](auto& c) { c.relative_channels = 0; }) ==
        expected + "channels of relative depth from 1 to 4096, found 0");
  CHECK(message([](auto& c) { c.embedding = 3; }) ==
        expected + "channels of an embedding of bins from 4 to 4096, found 3");
  CHECK(message([](auto& c) { c.attractors[1] = 5000; }) ==
        expected + "attractors of a level from 1 to 4096, found 5000");
  CHECK(message([](auto& c) { c.min_temperature = 0; }) ==
        expected + "a least temperature above 0 and at most 1e6, found 0.000000");
  CHECK(message([](auto& c) { c.max_temperature = -1; }) ==
        expected + "a greatest temperature above 0 and at most 1e6, found -1.000000");
  CHECK(message([](auto& c) { c.domain_count = 3; }) == expected + "domains from 1 to 2, found 3");
  CHECK(message([](auto& c) { c.domains[1].bins = 0; }) ==
        expected + "bins of a domain from 1 to 4096, found 0");
  CHECK(message([](auto& c) { c.domains[0].min_depth = 6; }) ==
        expected + "depths of a domain that rise, from 0 to 1e6, found 6.000000 to 6.000000");
  CHECK(message([](auto& c) { c.router_heads = 5; }) ==
        expected + "a number of heads that divides 128, found 5");
  CHECK(message([](auto& c) { c.router_hidden = 0; }) ==
        expected + "hidden width of the blocks that choose a domain from 1 to 65536, found 0");
  CHECK(message([](auto& c) { c.neck.blocks[3] = 5; }) ==
        expected + "block of a level from 4 to 4, found 5");
}
