// io/ but for the fingerprint, once: the only piece that compiles JSON.
#ifndef EIGENVIT_IMPLEMENTATION_IO_INL
#define EIGENVIT_IMPLEMENTATION_IO_INL

#include <eigenvit/io/checkpoint_families/families.inl>
#include <eigenvit/io/checkpoint_tensors.inl>
#include <eigenvit/io/imagenet_labels.inl>
#include <eigenvit/io/json_reader.inl>
#include <eigenvit/io/mapped_file.inl>
#include <eigenvit/io/model_folder.inl>
#include <eigenvit/io/preprocess_fields.inl>
#include <eigenvit/io/preprocessor_config.inl>
#include <eigenvit/io/safetensors.inl>
#include <eigenvit/io/safetensors_writer.inl>
#include <eigenvit/io/tensor_store.inl>
#include <eigenvit/io/text.inl>
#include <eigenvit/io/text_embeddings.inl>
#include <eigenvit/io/timm_architectures.inl>
#include <eigenvit/io/transformers_preprocessing.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template VisionTransformer<float> ModelFolder::read_network() const;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
