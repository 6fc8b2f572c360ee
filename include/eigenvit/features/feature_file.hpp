/// Files of what was fitted to features.
#ifndef EIGENVIT_FEATURES_FEATURE_FILE_HPP
#define EIGENVIT_FEATURES_FEATURE_FILE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the parts of a safetensors file whose metadata says what it is. Each is checked, and
/// throws `FormatError` where it is missing or not as expected.
class FeatureFile {
 public:
  /// Throws as `TensorStore::open_file`, and `FormatError` unless `format` in the metadata is this.
  FeatureFile(const std::filesystem::path& path, std::string_view format);

  const std::string& source() const noexcept { return store_.source(); }

  /// Which of the names the key has.
  template <std::size_t size>
  std::size_t choice(const char* key, const std::array<std::string_view, size>& names) const {
    const std::string found = text(key);
    const auto name = std::find(names.begin(), names.end(), found);
    if (name == names.end()) {
      std::string all;
      for (const std::string_view one : names) all.append(all.empty() ? "" : ", ").append(one);
      fail_choice(key, all, found);
    }
    return static_cast<std::size_t>(name - names.begin());
  }

  /// The metadata of a key.
  std::string text(const char* key) const;
  std::string text_or(const std::string& key, const char* otherwise) const;
  bool has(const std::string& key) const { return metadata_.find(key) != metadata_.end(); }

  /// A tensor of finite values `[rows, columns]`; -1 means any number of at least 1.
  Matrix<float> matrix(const char* name, Index rows, Index columns) const;
  Vector<float> vector(const char* name, Index size) const;
  float scalar(const char* name) const;

  [[noreturn]] void fail(const char* name, std::string_view expected,
                         std::string_view found = "others") const;

 private:
  [[noreturn]] void fail_choice(const char* key, const std::string& names,
                                const std::string& found) const;
  [[noreturn]] void fail_shape(const TensorInfo& info, const std::vector<Index>& expected) const;
  void read(const TensorInfo& info, float* values) const;

  TensorStore store_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/feature_file.inl>
#endif

#endif
