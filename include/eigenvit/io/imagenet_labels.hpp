/// The names of ImageNet's 1000 classes.
#ifndef EIGENVIT_IO_IMAGENET_LABELS_HPP
#define EIGENVIT_IO_IMAGENET_LABELS_HPP

#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The 1000 class names of ImageNet-1k (ILSVRC 2012) in the order of the classifiers' outputs, as
/// timm words them: WordNet's lemmas, for example "tabby, tabby cat" for class 281. For folders
/// that bring no labels of their own. Source: timm.data.ImageNetInfo
/// (tools/make_imagenet_labels.py). Cost: makes 1000 strings.
std::vector<std::string> imagenet_labels();

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/imagenet_labels.inl>
#endif

#endif
