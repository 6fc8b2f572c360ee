// First, and with all of the public headers: what they bring along is tested below.
#include <eigenvit/features.hpp>
#include <eigenvit/io/checkpoint.hpp>

#if !EIGENVIT_HEADER_ONLY
#if defined(NLOHMANN_JSON_VERSION_MAJOR)
#error "The declarations bring nlohmann-json along"
#endif
#if defined(INCLUDE_STB_IMAGE_WRITE_H)
#error "The declarations bring stb along"
#endif
#if defined(EIGEN_CHOLESKY_MODULE_H) || defined(EIGEN_EIGENVALUES_MODULE_H)
#error "The declarations bring Eigen's decompositions along"
#endif
#endif

#include <doctest/doctest.h>

TEST_CASE("A checkpoint that a program puts together scores by softmax and has no labels") {
  const eigenvit::Checkpoint checkpoint;
  CHECK(checkpoint.scores == eigenvit::ClassScores::softmax);
  CHECK(checkpoint.labels.empty());
  CHECK(checkpoint.notes.empty());
  CHECK_FALSE(checkpoint.contrastive.log_scale.has_value());
}
