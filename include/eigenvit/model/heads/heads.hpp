/// The heads that a vision transformer may have.
#ifndef EIGENVIT_MODEL_HEADS_HEADS_HPP
#define EIGENVIT_MODEL_HEADS_HEADS_HPP

#include <eigenvit/model/heads/classification_head.hpp>
#include <eigenvit/model/heads/detection_heads.hpp>
#include <eigenvit/model/heads/head_list.hpp>
#include <eigenvit/model/heads/image_projection.hpp>
#include <eigenvit/model/heads/pooler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A head more is a file beside these and a name here.
using Heads = HeadList<ClassificationHead, DetectionHeads, Pooler, ImageProjection>;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
