// What blocks of code in documents and comments take for granted, by name. Never defined: the
// blocks are compiled and not linked.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <eigenvit/core/huge_page_arena.hpp>
#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/dense.hpp>
#include <eigenvit/features.hpp>
#include <eigenvit/kernels/panel_pool.hpp>

#include "../opencv/opencv2/videoio.hpp"

extern const eigenvit::Model model;
extern const eigenvit::VisionTransformer<float> network;
extern const eigenvit::ImageEmbedder embedder;
extern const eigenvit::PreprocessConfig config;

extern const eigenvit::Image image;
extern const std::vector<std::filesystem::path> paths;
extern const std::filesystem::path path;
extern const std::uint8_t* frame;
extern const std::string jpeg, config_json, weights, bytes;

extern const eigenvit::VisualTokens tokens;
extern const eigenvit::VitOutput<float> output;
extern const std::vector<float> pixels, first, second;
extern const float* values;
extern const std::uint8_t* samples;
extern const eigenvit::Preprocessor preprocessor;
extern const eigenvit::Matrix<float> features, vectors, weight, x;
extern const eigenvit::Vector<float> bias, vector;

extern const std::vector<std::ptrdiff_t> classes;
extern const eigenvit::TrainingSet set;
extern const eigenvit::ImageIndexInfo info;
extern const eigenvit::FileStamp stamp;
extern const std::string name;
extern const std::vector<std::string> names;

struct MyPool {
  int size() const noexcept;
  template <class Body>
  void for_each_index(std::ptrdiff_t count, const Body& body) {
    for (std::ptrdiff_t i = 0; i < count; ++i) body(i);
  }
};
extern MyPool my_pool;
extern cv::VideoCapture camera;
