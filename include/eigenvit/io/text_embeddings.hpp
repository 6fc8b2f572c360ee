/// Vectors of texts that were computed elsewhere, by the text side of a model of images and texts.
#ifndef EIGENVIT_IO_TEXT_EMBEDDINGS_HPP
#define EIGENVIT_IO_TEXT_EMBEDDINGS_HPP

#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/contrastive_logits.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Texts that an image is compared with.
struct TextEmbeddings {
  std::vector<std::string> names;  ///< C of them
  Matrix<float> vectors;           ///< `[C, D]`, of any length
  /// What the file says of the model's scale and bias.
  ContrastiveLogits logits;
  std::string source = "text embeddings";  ///< the file, for messages
};

/// Reads a safetensors file:
///
///     text_embeds  F64, F32, F16 or BF16 [C, D]: `get_text_features`, scaled to length 1 or not
///     __metadata__ "names": a JSON list of C strings; optionally "logit_scale" and "logit_bias",
///                  numbers in decimal, as the checkpoint has them
///
/// Throws `FileError` when the file cannot be read, `FormatError` when it is not of that form and
/// `ShapeError` when there is not one name for each vector.
TextEmbeddings read_text_embeddings(const std::filesystem::path& path);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/text_embeddings.inl>
#endif

#endif
