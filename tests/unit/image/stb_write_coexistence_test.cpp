// A program that uses stb_image_write itself, with other settings, on both sides of this library's
// headers. That they compile and link together is half of the test.
#define STBIW_ASSERT(x) static_cast<void>(x)
#define STBIW_UCHAR(x) program_uchar(x)
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <doctest/doctest.h>
#include <stb_image_write.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/encode.hpp>

#ifndef INCLUDE_STB_IMAGE_WRITE_H
#error "the program's include guard is gone"
#endif
#if !defined(STBIW_ASSERT) || !defined(STBIW_UCHAR)
#error "the program's settings are gone"
#endif
#if defined(STB_IMAGE_WRITE_STATIC) || defined(STB_IMAGE_WRITE_IMPLEMENTATION) || \
    defined(STBI_WRITE_NO_STDIO) || defined(STBIW_MALLOC)
#error "the library's settings are left behind"
#endif

#undef STBIW_UCHAR
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "image_golden.hpp"

TEST_CASE("the program's stb_image_write and the library's keep to their own settings") {
  const eigenvit::Image image = image_golden::noise(9, 5);
  const auto before = eigenvit::encode_image(image, eigenvit::ImageFormat::jpeg);
  stbi_flip_vertically_on_write(1);
  stbi_write_png_compression_level = 0;
  CHECK(eigenvit::encode_image(image, eigenvit::ImageFormat::jpeg) == before);
  int size = 0;
  unsigned char* const png = stbi_write_png_to_mem(image.data(), 27, 9, 5, 3, &size);
  REQUIRE(png != nullptr);
  const eigenvit::Image flipped = eigenvit::decode_image(png, static_cast<std::size_t>(size));
  STBIW_FREE(png);
  CHECK(std::equal(flipped.row(0), flipped.row(1), image.row(4)));
}
