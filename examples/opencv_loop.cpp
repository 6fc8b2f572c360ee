// Says what the middle of each frame of a video or camera shows:
//
//   opencv_loop MODEL_FOLDER [VIDEO]
//
// Nothing is copied on the way to the model: it reads the region of OpenCV's BGR matrix where it
// lies. After the warm-up nothing is allocated from the frame to the logits.
#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/eigenvit.hpp>

#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

namespace {

/// The square in the middle of a frame.
cv::Mat middle_of(const cv::Mat& frame) {
  const int side = std::min(frame.cols, frame.rows);
  return frame({(frame.cols - side) / 2, (frame.rows - side) / 2, side, side});
}

/// The pixels of a matrix of bytes, also of a region of a larger one.
eigenvit::ImageView view_of(const cv::Mat& mat) {
  CV_Assert(mat.type() == CV_8UC1 || mat.type() == CV_8UC3 || mat.type() == CV_8UC4);
  const auto format = mat.channels() == 1   ? eigenvit::PixelFormat::grey
                      : mat.channels() == 3 ? eigenvit::PixelFormat::bgr
                                            : eigenvit::PixelFormat::bgra;
  return {mat.data, mat.cols, mat.rows, static_cast<eigenvit::Index>(mat.step), format};
}

int run(const char* folder, cv::VideoCapture capture) {
  using Clock = std::chrono::steady_clock;
  const auto model = eigenvit::load_model(folder);
  cv::Mat frame;
  if (!capture.read(frame)) {
    std::cerr << "opencv_loop: the video has no frame that OpenCV can read\n";
    return 1;
  }

  eigenvit::ThreadPoolExecutor pool;
  eigenvit::Workspace workspace;
  eigenvit::VitOutput<float> output;
  eigenvit::Taps taps;
  taps.logits = true;
  const int side = middle_of(frame).cols;
  model.warm_up(side, side, taps, output, &pool, workspace);
  do {
    const auto begin = Clock::now();
    model.run(view_of(middle_of(frame)), taps, output, &pool, &workspace);
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - begin;
    const auto best = model.predictions(output.logits_of(0), 1).front();
    std::cout << best.label << ' ' << best.score << ", " << elapsed.count() << " ms\n";
  } while (capture.read(frame));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: opencv_loop MODEL_FOLDER [VIDEO]\n";
    return 2;
  }
  return run(argv[1], argc == 3 ? cv::VideoCapture(argv[2]) : cv::VideoCapture(0));
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
