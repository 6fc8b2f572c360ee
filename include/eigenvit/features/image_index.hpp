/// Search among images by their vectors.
#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_HPP
#define EIGENVIT_FEATURES_IMAGE_INDEX_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/image_index_file.hpp>
#include <eigenvit/kernels/packed_matrix.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// An image of an index, and how near it is.
struct ImageMatch {
  Index image = 0;
  float score = 0;  ///< cosine of the angle between the vectors, 1 for the same direction
};

/// The vectors of images, in memory, to be searched. Immutable: any number of threads may use one.
///
///     const auto index = eigenvit::ImageIndex::open("index.safetensors");
///     index.check(embedder);
///     const auto matches = index.search(vectors, 10);
///     for (const auto& match : matches[0]) {
///       std::cout << index.name(match.image) << ' ' << match.score << '\n';
///     }
class ImageIndex {
 public:
  /// Reads an index file, all of it. Throws `FileError` when it cannot be read, and `FormatError`
  /// when it is no index or a vector is not of length 1. Cost: memory speed, N·D·4 bytes.
  static ImageIndex open(const std::filesystem::path& path, Executor* executor = nullptr);

  /// Of `vectors [N, D]`, which are scaled to length 1, and their names. Throws `ShapeError` unless
  /// there is a name for each and at least one, or when one has no direction.
  ImageIndex(const ConstMatrixRef<float>& vectors, std::vector<std::string> names,
             ImageIndexInfo info = {});

  Index size() const noexcept { return vectors_.outputs(); }  ///< N
  Index width() const noexcept { return vectors_.inputs(); }  ///< D
  const ImageIndexInfo& info() const noexcept { return info_; }
  const std::string& name(Index image) const { return names_[static_cast<std::size_t>(image)]; }

  /// Throws `ConfigError` unless the index was made with the embedder's model and options.
  void check(const ImageEmbedder& embedder) const;

  /// One line where the index was made in another precision than the model's, which is allowed;
  /// empty where in the same.
  std::string precision_note(const Model& model) const;

  /// For each of `queries [Q, D]`, which need not have length 1, the `k` images of the highest
  /// cosine, the best first and equals in the order of the index; all images where k is larger.
  /// Throws `ShapeError` when the widths differ or a query has no direction.
  ///
  /// `scores = queries vectorsᵀ`, one product for all queries, piece by piece, of which only the
  /// best are kept. Cost: `2 Q N D` flops; for a few queries, the time of reading the vectors.
  std::vector<std::vector<ImageMatch>> search(const ConstMatrixRef<float>& queries, std::size_t k,
                                              Executor* executor = nullptr) const;

 private:
  ImageIndex() = default;

  detail::PackedMatrix<float> vectors_;
  std::vector<std::string> names_;
  ImageIndexInfo info_;
  std::string source_ = "image index";
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_index.inl>
#endif

#endif
