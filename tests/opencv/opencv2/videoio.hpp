// As core.hpp, of the module videoio.
#ifndef EIGENVIT_TESTS_OPENCV_VIDEOIO_HPP
#define EIGENVIT_TESTS_OPENCV_VIDEOIO_HPP

#include <string>

#include "core.hpp"

namespace cv {

class VideoCapture {
 public:
  explicit VideoCapture(const std::string& name, int backend = 0);
  explicit VideoCapture(int camera, int backend = 0);
  ~VideoCapture();
  bool read(Mat& frame);
};

}  // namespace cv

#endif
