// What the project uses of OpenCV's core, declared as OpenCV 4 declares it and never defined: code
// that uses it compiles where OpenCV is missing.
#ifndef EIGENVIT_TESTS_OPENCV_CORE_HPP
#define EIGENVIT_TESTS_OPENCV_CORE_HPP

#include <cstddef>

#define CV_8UC1 0
#define CV_8UC3 16
#define CV_8UC4 24
#define CV_Assert(condition) static_cast<void>(condition)

namespace cv {

struct Rect {
  Rect(int left, int top, int columns, int rows);
  int x, y, width, height;
};

struct MatStep {
  operator std::size_t() const;
};

class Mat {
 public:
  Mat() noexcept;
  Mat operator()(const Rect& region) const;
  int type() const;
  int channels() const;
  int rows, cols;
  unsigned char* data;
  MatStep step;
};

}  // namespace cv

#endif
