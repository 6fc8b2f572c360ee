#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/dpt_segmentation_config.hpp>

#include "../../support.hpp"

TEST_CASE("a DPT head that segments says what in its configuration contradicts itself") {
  const std::string source = "head";
  const auto message = [&](eigenvit::Index classes, eigenvit::Index last_block) {
    eigenvit::DptSegmentationConfig head;
    head.neck.blocks = {2, 5, 8, last_block};
    head.neck.level_channels = {96, 192, 384, 768};
    head.classes = classes;
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate(head, eigenvit::VitConfig(), {source}); });
  };
  CHECK(message(0, 11) == "head: expected classes of a segmentation head from 1 to 65536, found 0");
  CHECK(message(5, 8) == "head: expected block of a level from 9 to 11, found 8");
}
