#include <doctest/doctest.h>

#include <eigenvit/core/words.hpp>

using eigenvit::detail::is_word_of;
using eigenvit::detail::small_letters;

TEST_CASE("small letters, of ASCII alone") {
  CHECK(small_letters("IMG_0001.JPeg") == "img_0001.jpeg");
  CHECK(small_letters("@[`{") == "@[`{");
  CHECK(small_letters("\xC3\x84Z") == "\xC3\x84z");
  CHECK(small_letters("").empty());
}

TEST_CASE("words of a list") {
  for (const char* const word : {"jpg", "jpe", "jpeg"}) CHECK(is_word_of("jpg jpe jpeg", word));
  for (const char* const word : {"", "j", "peg", "jpegs", "jpg jpe", " "}) {
    CAPTURE(word);
    CHECK_FALSE(is_word_of("jpg jpe jpeg", word));
  }
  CHECK_FALSE(is_word_of("", "jpg"));
  CHECK_FALSE(is_word_of("", ""));
}
