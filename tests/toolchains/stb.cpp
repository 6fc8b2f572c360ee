// A program that holds the implementations of stb_image and stb_image_write in the unit that also
// holds the library's, before or after them, with names of its own (static) or of the program.
#if defined(EIGENVIT_TEST_STATIC)
#define STB_IMAGE_STATIC
#define STB_IMAGE_WRITE_STATIC
#endif
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION

#if defined(EIGENVIT_TEST_STB_FIRST)
#include <stb_image.h>
#include <stb_image_write.h>
#endif

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/encode.hpp>

#if !defined(EIGENVIT_TEST_STB_FIRST)
#include <stb_image.h>
#include <stb_image_write.h>
#endif

#include <algorithm>

// Usage: PROGRAM IMAGE
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const eigenvit::Image image = eigenvit::load_image(argv[1]);
  const int width = static_cast<int>(image.width());
  const int height = static_cast<int>(image.height());
  const auto bytes = eigenvit::encode_image(image, eigenvit::ImageFormat::png);
  int read_width = 0;
  int read_height = 0;
  int samples = 0;
  unsigned char* const read = stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()),
                                                    &read_width, &read_height, &samples, 3);
  if (read == nullptr || read_width != width || read_height != height) return 1;
  if (!std::equal(read, read + 3 * width * height, image.data())) return 1;
  int size = 0;
  unsigned char* const written = stbi_write_png_to_mem(read, 3 * width, width, height, 3, &size);
  if (written == nullptr) return 1;
  const eigenvit::Image again = eigenvit::decode_image(written, static_cast<std::size_t>(size));
  const bool same = std::equal(read, read + 3 * width * height, again.data());
  STBIW_FREE(written);
  stbi_image_free(read);
  return same ? 0 : 1;
}
