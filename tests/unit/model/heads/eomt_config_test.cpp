#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/eomt_config.hpp>

#include "../../support.hpp"

using eigenvit::EomtConfig;
using eigenvit::VitConfig;

TEST_CASE("a head of queries says what in its configuration contradicts itself or the encoder") {
  const auto message = [](const auto& change) {
    EomtConfig head;
    head.classes = 3;
    head.block = 11;
    VitConfig encoder;
    encoder.query_tokens = 5;
    change(head, encoder);
    const std::string source = "head";
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate(head, encoder, eigenvit::detail::ConfigCheck{source}); });
  };
  CHECK(message([](auto& head, auto&) { head.classes = 0; }) ==
        "head: expected classes of a segmentation head from 1 to 65536, found 0");
  CHECK(message([](auto& head, auto&) { head.block = 10; }) ==
        "head: expected block of a segmentation head from 11 to 11, found 10");
  CHECK(message([](auto& head, auto&) { head.enlargements = 7; }) ==
        "head: expected enlargements of the patch grid from 0 to 6, found 7");
  CHECK(message([](auto&, auto& encoder) { encoder.query_tokens = 0; }) ==
        "head: expected queries for the masks, found none");
  CHECK(message([](auto&, auto& encoder) { encoder.final_norm = false; }) ==
        "head: expected a final norm before the masks, found none");
}
