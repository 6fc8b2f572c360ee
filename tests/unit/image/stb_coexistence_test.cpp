// A program that uses stb_image itself, of which it has another configuration, on both sides of
// this library's headers. That they compile and link together is half of the test. The other files
// of this test program are the translation units without it.
#define STBI_ONLY_BMP
#define STBI_NO_FAILURE_STRINGS
#define STBI_MAX_DIMENSIONS 77
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <doctest/doctest.h>
#include <stb_image.h>

#include <eigenvit/image/decode.hpp>

#ifndef STBI_INCLUDE_STB_IMAGE_H
#error "the program's include guard is gone"
#endif
#if !defined(STBI_ONLY_BMP) || !defined(STBI_NO_FAILURE_STRINGS) || STBI_MAX_DIMENSIONS != 77
#error "the program's settings are gone"
#endif
#if defined(STB_IMAGE_STATIC) || defined(STB_IMAGE_IMPLEMENTATION) || defined(STBI_NO_STDIO) || \
    defined(STBI_MALLOC)
#error "the library's settings are left behind"
#endif

#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "image_golden.hpp"

TEST_CASE("the program's stb_image and the library's keep to their own settings") {
  const auto png = image_golden::bytes("rgb.png");
  const auto bmp = image_golden::bytes("rgb.bmp");
  const auto by_program = [](const std::vector<char>& bytes) {
    int width = 0, height = 0, channels = 0;
    stbi_uc* const pixels =
        stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()),
                              static_cast<int>(bytes.size()), &width, &height, &channels, 3);
    stbi_image_free(pixels);
    return pixels != nullptr ? width : 0;
  };
  CHECK(by_program(bmp) == 31);
  CHECK(by_program(png) == 0);
  CHECK(eigenvit::decode_image(png.data(), png.size()).width() == 31);
  CHECK(eigenvit::decode_image(bmp.data(), bmp.size()).width() == 31);
  const auto cat = image_golden::bytes("cat.png");
  CHECK(eigenvit::decode_image(cat.data(), cat.size()).width() == 120);
}
