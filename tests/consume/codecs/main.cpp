// Decodes the image files that it is given.
#include <exception>
#include <iostream>

#include <eigenvit/image/decode.hpp>

int main(int count, char** arguments) {
  try {
    for (int i = 1; i < count; ++i) {
      if (eigenvit::load_image(arguments[i]).width() < 1) return 1;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return count > 1 ? 0 : 1;
}
