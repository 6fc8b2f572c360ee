/// The kernels of decoding a JPEG that this processor runs: `jpeg_kernels`.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_KERNELS_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_KERNELS_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/neon_kernels.inl>
#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>
#include <eigenvit/image/codecs/jpeg/sse2_kernels.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

#if defined(__SSE2__) || defined(_M_X64)
namespace jpeg_kernels = jpeg_sse2;
#elif defined(__aarch64__) || defined(_M_ARM64)
namespace jpeg_kernels = jpeg_neon;
#else
namespace jpeg_kernels = jpeg_portable;
#endif

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
