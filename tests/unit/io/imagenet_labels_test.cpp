#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/imagenet_labels.hpp>

TEST_CASE("ImageNet labels: 1000 of them, in timm's order and wording") {
  const std::vector<std::string> labels = eigenvit::imagenet_labels();
  REQUIRE(labels.size() == 1000);
  CHECK(labels[0] == "tench, Tinca tinca");
  CHECK(labels[99] == "goose");
  CHECK(labels[100] == "black swan, Cygnus atratus");
  CHECK(labels[134] == "crane");
  CHECK(labels[281] == "tabby, tabby cat");
  CHECK(labels[285] == "Egyptian cat");
  CHECK(labels[517] == "crane");
  CHECK(labels[638] == "maillot");
  CHECK(labels[639] == "maillot, tank suit");
  CHECK(labels[999] == "toilet tissue, toilet paper, bathroom tissue");
  for (const std::string& label : labels) {
    CHECK_FALSE(label.empty());
    CHECK(label.find('\n') == std::string::npos);
  }
  // Cranes, machine and bird, are the one name that stands twice.
  CHECK(std::set<std::string>(labels.begin(), labels.end()).size() == 999);
}
