// The first source of EigenViT::compiled: every definition that header-only programs get inline
// through eigenvit.hpp, once.
#include <eigenvit/core/flush_folder.inl>
#include <eigenvit/core/link_target.inl>
#include <eigenvit/core/message.inl>
#include <eigenvit/core/path_below.inl>
#include <eigenvit/core/path_text.inl>
#include <eigenvit/core/replaced_file.inl>
#include <eigenvit/core/system_file.inl>
#include <eigenvit/core/task_failure.inl>
#include <eigenvit/core/task_graph.inl>
#include <eigenvit/core/thread_pool_executor.inl>
#include <eigenvit/core/utf8_path.inl>
#include <eigenvit/eigenvit.hpp>
#include <eigenvit/image/codecs/codecs.inl>
#include <eigenvit/image/decode.inl>
#include <eigenvit/image/image_formats.inl>
#include <eigenvit/image/preprocessor.inl>
#include <eigenvit/image/resize.inl>
#include <eigenvit/io/checkpoint_families/families.inl>
#include <eigenvit/io/checkpoint_tensors.inl>
#include <eigenvit/io/imagenet_labels.inl>
#include <eigenvit/io/json_reader.inl>
#include <eigenvit/io/mapped_file.inl>
#include <eigenvit/io/model_fingerprint.inl>
#include <eigenvit/io/model_folder.inl>
#include <eigenvit/io/preprocessor_config.inl>
#include <eigenvit/io/safetensors.inl>
#include <eigenvit/io/safetensors_writer.inl>
#include <eigenvit/io/tensor_store.inl>
#include <eigenvit/io/text.inl>
#include <eigenvit/io/timm_architectures.inl>
#include <eigenvit/kernels/dispatch.inl>
#include <eigenvit/pipeline/model.inl>

#if EIGENVIT_HEADER_ONLY
#error "EIGENVIT_COMPILED is not defined: build this file through the target EigenViT::compiled"
#endif
