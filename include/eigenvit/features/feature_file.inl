#ifndef EIGENVIT_FEATURES_FEATURE_FILE_INL
#define EIGENVIT_FEATURES_FEATURE_FILE_INL

#include <algorithm>
#include <cstdint>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/feature_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE FeatureFile::FeatureFile(const std::filesystem::path& path, std::string_view format)
    : store_(TensorStore::open_file(path)), metadata_(store_.metadata()) {
  const auto found = metadata_.find("format");
  if (found == metadata_.end() || found->second != format) {
    raise<FormatError>({source(), ": expected a file of the format ", Quoted{format}, ", found ",
                        Quoted{found == metadata_.end() ? std::string_view("another")
                                                        : std::string_view(found->second)}});
  }
}

EIGENVIT_INLINE std::string FeatureFile::text(const char* key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) {
    raise<FormatError>({source(), ": expected ", key, " in the metadata, found none"});
  }
  return found->second;
}

EIGENVIT_INLINE std::string FeatureFile::text_or(const std::string& key,
                                                 const char* otherwise) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? otherwise : found->second;
}

EIGENVIT_INLINE Matrix<float> FeatureFile::matrix(const char* name, Index rows,
                                                  Index columns) const {
  const TensorInfo& info = store_.at(name);
  bool fits = info.shape.size() == 2;
  for (std::size_t i = 0; fits && i < 2; ++i) {
    const Index wanted = i == 0 ? rows : columns;
    fits = wanted < 0 ? info.shape[i] > 0 : info.shape[i] == static_cast<std::uint64_t>(wanted);
  }
  if (!fits) fail_shape(info, {rows, columns});
  // The file holds as many values as the shape says, so the sizes fit.
  Matrix<float> values(static_cast<Index>(info.shape[0]), static_cast<Index>(info.shape[1]));
  read(info, values.data());
  return values;
}

EIGENVIT_INLINE Vector<float> FeatureFile::vector(const char* name, Index size) const {
  const TensorInfo& info = store_.at(name);
  const bool fits = info.shape.size() == 1 && info.shape[0] == static_cast<std::uint64_t>(size);
  if (!fits) fail_shape(info, {size});
  Vector<float> values(size);
  read(info, values.data());
  return values;
}

EIGENVIT_INLINE float FeatureFile::scalar(const char* name) const {
  const TensorInfo& info = store_.at(name);
  if (!info.shape.empty()) fail_shape(info, {});
  float value = 0;
  read(info, &value);
  return value;
}

EIGENVIT_INLINE void FeatureFile::fail(const char* name, std::string_view expected,
                                       std::string_view found) const {
  raise<FormatError>(
      {source(), ": tensor ", Quoted{name}, ": expected ", expected, ", found ", found});
}

EIGENVIT_INLINE void FeatureFile::fail_choice(const char* key, const std::string& names,
                                              const std::string& found) const {
  raise<FormatError>({source(), ": ", key, ": expected one of ", names, ", found ", Quoted{found}});
}

EIGENVIT_INLINE void FeatureFile::fail_shape(const TensorInfo& info,
                                             const std::vector<Index>& expected) const {
  std::string shape;
  for (const Index size : expected) {
    shape += shape.empty() ? "" : ", ";
    shape += size < 0 ? std::string("any") : std::to_string(size);
  }
  raise<FormatError>({source(), ": tensor ", Quoted{info.name}, ": expected [", shape, "], found ",
                      info.description()});
}

EIGENVIT_INLINE void FeatureFile::read(const TensorInfo& info, float* values) const {
  store_.read(info, values);
  const auto finite = [](float value) { return is_finite(value); };
  if (!std::all_of(values, values + info.element_count(), finite)) {
    fail(info.name.c_str(), "finite values");
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
