/// Many descriptors of an image as one vector, by a vocabulary.
#ifndef EIGENVIT_FEATURES_VLAD_HPP
#define EIGENVIT_FEATURES_VLAD_HPP

#include <filesystem>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/k_means.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// To which centres of a vocabulary a descriptor belongs.
enum class VladAssignment {
  hard,  ///< to the nearest
  soft,  ///< to each by a share, larger for nearer ones
};

struct VladOptions {
  VladAssignment assignment = VladAssignment::hard;
  /// Of soft assignment: the larger, the less the farther centres get.
  float alpha = 100;
  /// Whether each centre's part is scaled to length 1 before the whole vector is, so that
  /// descriptors that appear often in one image do not outweigh the others.
  bool intra_normalize = true;
};

/// Vector of locally aggregated descriptors: patches, queries, keys or values `x [N, D]` of one
/// image, each scaled to length 1, become one vector by their differences from centres `c [K, D]`:
///
///     a_ik = 1 for the nearest centre, else 0               hard
///     a_ik = exp(-alpha |x_i - c_k|²) / sum over k          soft
///     v_k  = sum over i of a_ik (x_i - c_k),   v_k /= |v_k|
///     v    = [v_1, ..., v_K],                  v /= |v|
///
/// A centre that no descriptor belongs to has zeros. Of values of DINOv2 and 32 centres it finds
/// photographs of the same place again:
///
///     const auto vlad = eigenvit::Vlad::fit(features, 32);  // of many images
///     vlad.save("places.safetensors");
///     const eigenvit::Vector<float> place = vlad(vectors);  // [K D], of one
///
/// The file is in safetensors format, of float32: `centres [K, D]`, and `alpha []` of soft
/// assignment; the rest is in its metadata. Immutable.
///
/// Source: Jégou et al., "Aggregating local descriptors into a compact image representation"
/// (2010); Arandjelović and Zisserman, "All about VLAD" (2013); of soft assignment NetVLAD,
/// arXiv:1511.07247; of values of DINOv2 AnyLoc, arXiv:2308.00688.
class Vlad {
 public:
  /// From the centres of a vocabulary. `origin` says whose descriptors it is for, in the words of
  /// the program; it is kept in the file. Throws `ShapeError` without centres, `ConfigError` where
  /// a value of them or of `options.alpha` is not finite, or `alpha` not positive.
  explicit Vlad(Matrix<float> centres, const VladOptions& options = {}, std::string origin = {});

  /// From centres that `k_means` finds among descriptors `[n, D]`, scaled to length 1. Throws as
  /// `k_means`, and `ShapeError` for a descriptor without a direction.
  static Vlad fit(const ConstMatrixRef<float>& descriptors, Index clusters,
                  const VladOptions& options = {}, const KMeansOptions& k_means = {},
                  std::string origin = {});

  /// Reads a vocabulary. The file is taken as untrusted: throws `FileError` when it cannot be read,
  /// `FormatError` when it is not a vocabulary or a part of it is missing, of the wrong shape or
  /// out of range, and `UnsupportedError` for tensors of integers.
  static Vlad open(const std::filesystem::path& path);

  /// Writes the vocabulary; the file is either as it was or complete. Throws `FileError` when it
  /// cannot be written.
  void save(const std::filesystem::path& path) const;

  const Matrix<float>& centres() const noexcept { return centres_; }
  const VladOptions& options() const noexcept { return options_; }
  const std::string& origin() const noexcept { return origin_; }
  Index descriptor_width() const noexcept { return centres_.cols(); }  ///< D
  Index width() const noexcept { return centres_.size(); }             ///< K D

  /// The vector of an image's descriptors `[N, D]`, of length 1, or of zeros where each of them is
  /// a centre. Throws `ShapeError` for descriptors of another width, none of them, or one without a
  /// direction. Cost: `3 N K D` flops.
  Vector<float> operator()(const ConstMatrixRef<float>& descriptors) const;

 private:
  Matrix<float> centres_;
  VladOptions options_;
  std::string origin_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/vlad.inl>
#endif

#endif
