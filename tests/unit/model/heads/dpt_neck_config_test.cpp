#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/dpt_neck_config.hpp>

#include "../../support.hpp"

using eigenvit::DptNeckConfig;
using eigenvit::Index;
using eigenvit::VitConfig;

TEST_CASE("a DPT decoder says what in its configuration contradicts itself or its encoder") {
  const std::string source = "decoder";
  const auto message = [&](const auto& change) {
    VitConfig encoder;
    DptNeckConfig neck;
    neck.blocks = {2, 5, 8, 11};
    neck.level_channels = {96, 192, 384, 768};
    change(neck, encoder);
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate(neck, encoder, {source}); });
  };
  const std::string expected = "decoder: expected ";
  CHECK(message([](auto& n, auto&) { n.channels = 0; }) ==
        expected + "channels of fused maps from 1 to 16384, found 0");
  CHECK(message([](auto& n, auto&) { n.blocks[3] = 12; }) ==
        expected + "block of a level from 9 to 11, found 12");
  CHECK(message([](auto& n, auto&) { n.level_channels[0] = -1; }) ==
        expected + "channels of a level from 1 to 16384, found -1");
  CHECK(message([](auto& n, auto&) { n.factors[1] = 9; }) ==
        expected + "a factor of a level from 1/8 to 8, found 9");
  CHECK(message([](auto& n, auto& c) { c.final_norm = !n.normed_tokens; }) ==
        expected + "a final norm, which the decoder has before it, found none");
  CHECK(message([](auto& n, auto& c) {
          n.readout = eigenvit::Readout::add;
          c.class_token = false;
        }) == expected + "a class token, which the decoder reads, found none");
}
