#include <doctest/doctest.h>

#include <eigenvit/features/passed_over.hpp>

using eigenvit::PassedOver;

TEST_CASE("nothing passed over") {
  CHECK(PassedOver{}.empty());
  CHECK(PassedOver{}.text().empty());
}

TEST_CASE("every kind is counted and named") {
  PassedOver one;
  one.formats["HEIC"] = {1, "build with EIGENVIT_WITH_HEIF"};
  one.formats["TIFF"] = {1, ""};
  one.movies = 1;
  one.other_files = 1;
  one.hidden = 1;
  one.systems["@eaDir"] = 1;
  one.known_links["up"] = 1;
  one.broken_links["gone.png"] = 1;
  CHECK_FALSE(one.empty());
  CHECK(one.text() ==
        "2 pictures (1 HEIC (build with EIGENVIT_WITH_HEIF), 1 TIFF), 1 movie, 1 other file, 1 "
        "hidden file or "
        "folder, 1 folder or file of a system (@eaDir), 1 linked folder that is looked through "
        "already (up), 1 link that leads nowhere (gone.png)");
  one += one;
  one.systems["a\nb"] = 1;
  CHECK(
      one.text() ==
      "4 pictures (2 HEIC (build with EIGENVIT_WITH_HEIF), 2 TIFF), 2 movies, 2 other files, 2 "
      "hidden files or "
      "folders, 3 folders or files of systems (@eaDir, a\\x0Ab), 2 linked folders that are looked "
      "through already (up), 2 links that lead nowhere (gone.png)");
}

TEST_CASE("each kind alone is something, and of many names the first are shown") {
  PassedOver each[8];
  each[0].formats["HEIC"].files = 1;
  each[1].movies = 1;
  each[2].other_files = 1;
  each[3].hidden = 1;
  each[4].systems["a"] = 1;
  each[5].known_links["a"] = 1;
  each[6].broken_links["a"] = 1;
  for (const char* const name : {"a", "b", "c", "d", "e", "f"}) each[7].systems[name] = 2;
  for (const PassedOver& passed_over : each) CHECK_FALSE(passed_over.empty());
  CHECK(each[7].text() == "12 folders or files of systems (a, b, c, d, e, ...)");
}
