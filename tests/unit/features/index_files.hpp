/// What the tests of indexes share.
#ifndef EIGENVIT_TESTS_UNIT_FEATURES_INDEX_FILES_HPP
#define EIGENVIT_TESTS_UNIT_FEATURES_INDEX_FILES_HPP

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/features/image_index_file.hpp>
#include <eigenvit/features/unit_rows.hpp>

#include "../support.hpp"

namespace index_files {

/// `[count, width]` vectors of length 1, the same for the same seed.
inline eigenvit::Matrix<float> unit_vectors(eigenvit::Index count, eigenvit::Index width,
                                            std::uint64_t seed = 1) {
  const auto values = support::random_values<float>(count * width, seed);
  return eigenvit::detail::unit_rows(eigenvit::ConstMatrixView<float>(values.data(), count, width),
                                     "vector");
}

inline eigenvit::ImageIndexInfo info(eigenvit::Index width,
                                     std::string fingerprint = "0123456789abcdef") {
  return {std::move(fingerprint), "vit_test", "/photos", width};
}

inline std::vector<std::string> names(eigenvit::Index count) {
  std::vector<std::string> all;
  for (eigenvit::Index i = 0; i < count; ++i) all.push_back(std::to_string(i) + ".jpg");
  return all;
}

inline std::size_t files_in(const std::filesystem::path& folder) {
  return std::size_t(std::distance(std::filesystem::directory_iterator(folder),
                                   std::filesystem::directory_iterator()));
}

}  // namespace index_files

#endif
