#ifndef EIGENVIT_FEATURES_VLAD_INL
#define EIGENVIT_FEATURES_VLAD_INL

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/feature_file.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/features/vlad.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Written into every file; the number changes when old readers would misread it.
constexpr std::string_view vlad_format = "EigenViT vocabulary 1";

constexpr std::array<std::string_view, 2> vlad_assignments = {"hard", "soft"};
constexpr std::array<std::string_view, 2> vlad_intra_normalize = {"no", "yes"};

/// What the centres get of a descriptor whose squared distances from them are `squares [K]`, which
/// become these shares.
EIGENVIT_INLINE void share_descriptor(const VladOptions& options, Vector<double>& squares) {
  Index nearest = 0;
  const double least = squares.minCoeff(&nearest);
  if (options.assignment == VladAssignment::hard) {
    squares.setZero();
    squares[nearest] = 1;
    return;
  }
  for (Index k = 0; k < squares.size(); ++k) {
    squares[k] = std::exp(static_cast<double>(options.alpha) * (least - squares[k]));
  }
  squares /= squares.sum();
}

/// Scales a vector to length 1, but for one of zeros.
template <class Values>
void make_unit(Values&& values) {
  const double length = values.norm();
  if (length > 0) values /= length;
}

}  // namespace detail

EIGENVIT_INLINE Vlad::Vlad(Matrix<float> centres, const VladOptions& options, std::string origin)
    : centres_(std::move(centres)), options_(options), origin_(std::move(origin)) {
  if (centres_.rows() < 1 || centres_.cols() < 1) {
    detail::raise<ShapeError>({"VLAD: expected centres of one value or more, found ",
                               centres_.rows(), " of ", centres_.cols()});
  }
  for (Index i = 0; i < centres_.size(); ++i) {
    if (!detail::is_finite(centres_.data()[i])) {
      detail::raise<ConfigError>({"VLAD: expected finite centres, found NaN or an infinity in ",
                                  "centre ", i / centres_.cols()});
    }
  }
  if (!detail::is_finite(options_.alpha) || !(options_.alpha > 0)) {
    detail::raise<ConfigError>(
        {"VLAD: expected a positive alpha, found ", std::to_string(options_.alpha)});
  }
}

EIGENVIT_INLINE Vlad Vlad::fit(const ConstMatrixRef<float>& descriptors, Index clusters,
                               const VladOptions& options, const KMeansOptions& k_means,
                               std::string origin) {
  const Matrix<float> units = detail::unit_rows(descriptors, "VLAD: descriptor");
  return Vlad(eigenvit::k_means(units, clusters, k_means).centres, options, std::move(origin));
}

EIGENVIT_INLINE Vlad Vlad::open(const std::filesystem::path& path) {
  const detail::FeatureFile file(path, detail::vlad_format);
  VladOptions options;
  options.assignment =
      static_cast<VladAssignment>(file.choice("assignment", detail::vlad_assignments));
  options.intra_normalize = file.choice("intra_normalize", detail::vlad_intra_normalize) == 1;
  if (options.assignment == VladAssignment::soft) {
    options.alpha = file.scalar("alpha");
    if (!(options.alpha > 0)) file.fail("alpha", "a positive value");
  }
  return Vlad(file.matrix("centres", -1, -1), options, file.text("origin"));
}

EIGENVIT_INLINE void Vlad::save(const std::filesystem::path& path) const {
  const std::map<std::string, std::string> metadata = {
      {"format", std::string(detail::vlad_format)},
      {"assignment",
       std::string(detail::vlad_assignments[static_cast<std::size_t>(options_.assignment)])},
      {"intra_normalize",
       std::string(detail::vlad_intra_normalize[options_.intra_normalize ? 1 : 0])},
      {"origin", origin_}};
  std::vector<TensorToWrite> tensors = {
      {"centres",
       {static_cast<std::uint64_t>(centres_.rows()), static_cast<std::uint64_t>(centres_.cols())},
       centres_.data()}};
  if (options_.assignment == VladAssignment::soft)
    tensors.push_back({"alpha", {}, &options_.alpha});
  write_safetensors(path, tensors, metadata);
}

EIGENVIT_INLINE Vector<float> Vlad::operator()(const ConstMatrixRef<float>& descriptors) const {
  if (descriptors.cols() != descriptor_width() || descriptors.rows() < 1) {
    detail::raise<ShapeError>({"VLAD: expected descriptors of ", descriptor_width(),
                               " values, found ", descriptors.rows(), " of ", descriptors.cols()});
  }
  const Matrix<float> units = detail::unit_rows(descriptors, "VLAD: descriptor");
  const Matrix<double> centres = centres_.cast<double>();
  Matrix<double> sums = Matrix<double>::Zero(centres.rows(), centres.cols());
  Vector<double> shares(centres.rows());
  for (Index i = 0; i < units.rows(); ++i) {
    const Vector<double> x = units.row(i).transpose().cast<double>();
    for (Index k = 0; k < centres.rows(); ++k) {
      shares[k] = (x - centres.row(k).transpose()).squaredNorm();
    }
    detail::share_descriptor(options_, shares);
    for (Index k = 0; k < centres.rows(); ++k) {
      if (shares[k] > 0) sums.row(k) += shares[k] * (x.transpose() - centres.row(k));
    }
  }
  for (Index k = 0; options_.intra_normalize && k < sums.rows(); ++k) {
    detail::make_unit(sums.row(k));
  }
  detail::make_unit(sums);
  return Eigen::Map<const Vector<double>>(sums.data(), sums.size()).cast<float>();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
