#include <eigenvit/eigenvit.hpp>

eigenvit::Image image_of_second(const char* file) {
  return eigenvit::load_image(file);
}
