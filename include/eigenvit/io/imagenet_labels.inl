#ifndef EIGENVIT_IO_IMAGENET_LABELS_INL
#define EIGENVIT_IO_IMAGENET_LABELS_INL

#include <string_view>

#include <eigenvit/io/imagenet_label_text.inl>
#include <eigenvit/io/imagenet_labels.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE std::vector<std::string> imagenet_labels() {
  std::vector<std::string> labels;
  labels.reserve(1000);
  for (std::string_view part : detail::imagenet_label_parts) {
    while (!part.empty()) {
      const std::size_t end = part.find('\n');
      labels.emplace_back(part.substr(0, end));
      part.remove_prefix(end + 1);
    }
  }
  return labels;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
