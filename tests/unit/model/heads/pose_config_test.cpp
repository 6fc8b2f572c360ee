#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/pose_config.hpp>

#include "../../support.hpp"

using eigenvit::PoseConfig;
using eigenvit::VitConfig;

TEST_CASE("PoseConfig says what contradicts itself or the encoder") {
  VitConfig encoder;
  encoder.class_token = false;
  encoder.global_pool = eigenvit::Pool::avg;
  const std::string source = "config.json";
  const auto message = [&](const auto& change) {
    PoseConfig head;
    VitConfig changed = encoder;
    change(head, changed);
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate(head, changed, eigenvit::detail::ConfigCheck{source}); });
  };
  const std::string expected = "config.json: expected ";
  CHECK(message([](auto& h, auto&) { h.keypoints = 0; }) ==
        expected + "keypoints from 1 to 4096, found 0");
  CHECK(message([](auto& h, auto&) { h.block = 12; }) ==
        expected + "block of the pose head from 0 to 11, found 12");
  CHECK(message([](auto& h, auto&) { h.factor = 17; }) ==
        expected + "factor of the pose head from 0 to 16, found 17");
  CHECK(message([](auto& h, auto&) { h.channels = 0; }) ==
        expected + "channels of the pose head from 1 to 16384, found 0");
  CHECK(message([](auto& h, auto&) {
          h.edges = {{0, 17}};
        }) == expected + "keypoint of an edge from 0 to 16, found 17");
  CHECK(message([](auto& h, auto&) {
          h.edges = {{-1, 1}};
        }) == expected + "keypoint of an edge from 0 to 16, found -1");
  CHECK(message([](auto& h, auto&) {
          h.edges.assign(1025, {0, 1});
        }) == expected + "number of edges from 0 to 1024, found 1025");
  CHECK(message([](auto&, auto& e) { e.final_norm = false; }) ==
        expected + "a final norm, which the pose head has before it, found none");
  CHECK(message([](auto&, auto& e) { e.class_token = true; }) ==
        expected + "an encoder of patches alone for a pose head, found further tokens");
  CHECK(message([](auto& h, auto& e) {
          e.image_width = 16;
          h.factor = 1;
        }) == expected + "heatmaps of at least 2 x 2 pixels, found 14 x 1");
  PoseConfig classic;
  classic.factor = 0;
  CHECK(classic.enlargement() == 4);
  classic.factor = 3;
  CHECK(classic.enlargement() == 3);
}
