/// Everything but the executor that starts threads (`core/thread_pool_executor.hpp`) and the slow
/// twins of the kernels (`kernels/reference.hpp`).
///
/// Without a macro the headers bring their definitions, which each unit that calls them compiles
/// again. A program of several units compiles them once: all of its units define EIGENVIT_COMPILED
/// (`-DEIGENVIT_COMPILED`), which leaves the declarations, and one of them implements the library:
///
///     #define EIGENVIT_IMPLEMENTATION
///     #include <eigenvit/eigenvit.hpp>  // or features.hpp, where a unit uses that
///
/// For a build in parallel, several units each include one file of `eigenvit/implementation/`
/// instead: `core.inl`, `image.inl`, `io.inl` and `pipeline.inl`; for features.hpp `features.inl`,
/// `fitting.inl` and `precisions.inl` as well, for dense.hpp `dense.inl`, for text.hpp `text.inl`
/// and `text_network.inl`. `EigenViT::compiled` is these, built by CMake.
#ifndef EIGENVIT_EIGENVIT_HPP
#define EIGENVIT_EIGENVIT_HPP

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_formats.hpp>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/image/resize.hpp>
#include <eigenvit/io/model_fingerprint.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/mlp.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/layers/pooling.hpp>
#include <eigenvit/layers/position_embedding.hpp>
#include <eigenvit/model/vision_transformer.hpp>
#include <eigenvit/model/visual_tokens.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/version.hpp>

#if defined(EIGENVIT_IMPLEMENTATION)
#include <eigenvit/implementation/core.inl>
#include <eigenvit/implementation/image.inl>
#include <eigenvit/implementation/io.inl>
#include <eigenvit/implementation/pipeline.inl>
#endif

#endif
