#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/uper_config.hpp>

#include "../../support.hpp"

using eigenvit::UperConfig;

TEST_CASE("a segmentation head counts its pool scales up to the first 0") {
  UperConfig head;
  CHECK(head.scales() == 4);
  head.pool_scales = {5, 0, 3};
  CHECK(head.scales() == 1);
  head.pool_scales.fill(2);
  CHECK(head.scales() == UperConfig::most_scales);
}

TEST_CASE("a segmentation head says what in its configuration contradicts itself") {
  const auto message = [](const auto& change) {
    UperConfig head;
    head.classes = 3;
    head.blocks = {0, 1, 3, 4};
    change(head);
    eigenvit::EncoderConfig encoder;
    encoder.depth = 5;
    const std::string source = "head";
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate(head, encoder, eigenvit::detail::ConfigCheck{source}); });
  };
  CHECK(message([](auto& c) { c.classes = 0; }) ==
        "head: expected classes of a segmentation head from 1 to 65536, found 0");
  CHECK(message([](auto& c) { c.blocks[3] = 5; }) ==
        "head: expected block of a segmentation level from 0 to 4, found 5");
  CHECK(message([](auto& c) { c.blocks[2] = 0; }) ==
        "head: expected another block for each segmentation level, found 0 twice");
  CHECK(message([](auto& c) { c.blocks = {4, 0, 1, 3}; }) == "nothing was thrown");
  CHECK(message([](auto& c) { c.pool_scales = {}; }) ==
        "head: expected number of pool scales from 1 to 8, found 0");
  CHECK(message([](auto& c) { c.pool_scales[2] = 65; }) ==
        "head: expected pool scale from 1 to 64, found 65");
  CHECK(message([](auto& c) {
          c.pool_scales = {1, 0, 3};
        }) == "head: expected pool scale from 0 to 0, found 3");
}
