#include <variant>

#include <doctest/doctest.h>

#include <eigenvit/model/heads/dense_config.hpp>

TEST_CASE("a configuration of no dense head is the default") {
  eigenvit::DenseConfig config;
  CHECK(std::holds_alternative<std::monostate>(config));
  config = eigenvit::DepthConfig();
  CHECK(std::get<eigenvit::DepthConfig>(config).neck.factors.back() == -2);
  config = eigenvit::PoseConfig();
  CHECK(std::get<eigenvit::PoseConfig>(config).keypoints == 17);
}
