#include <doctest/doctest.h>

#include <eigenvit/image/image_box.hpp>

TEST_CASE("the box that is all of an image begins at its corner") {
  const eigenvit::ImageBox box = eigenvit::detail::whole(30, 20);
  CHECK(box.left == 0);
  CHECK(box.top == 0);
  CHECK(box.width == 30);
  CHECK(box.height == 20);
}
