#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/gem_pooling.hpp>
#include <eigenvit/features/vlad.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "../io/test_files.hpp"
#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;
using test_files::contains;

namespace {

VladOptions options_of(VladAssignment assignment, bool intra_normalize) {
  VladOptions options;
  options.assignment = assignment;
  options.alpha = 10;
  options.intra_normalize = intra_normalize;
  return options;
}

// A vocabulary's parts, for files that differ from it in one of them.
struct Parts {
  std::map<std::string, std::string> metadata = {{"format", "EigenViT vocabulary 1"},
                                                 {"assignment", "soft"},
                                                 {"intra_normalize", "yes"},
                                                 {"origin", "values"}};
  std::vector<float> centres = {1, 0, 0, 1, 1, 1};
  std::vector<std::uint64_t> shape = {2, 3};
  float alpha = 2;

  std::string refusal(const test_files::TemporaryFolder& folder) const {
    const auto path = folder.path() / "vocabulary.safetensors";
    write_safetensors(path, {{"centres", shape, centres.data()}, {"alpha", {}, &alpha}}, metadata);
    return message_of<FormatError>([&] { Vlad::open(path); });
  }
};

}  // namespace

TEST_CASE("VLAD: sums of differences from centres, as PyTorch computes them") {
  const auto store = feature_golden::open("vlad.safetensors");
  const Matrix<float> rows = matrix(store, "rows");
  for (const auto assignment : {VladAssignment::hard, VladAssignment::soft}) {
    for (const bool intra : {true, false}) {
      const std::string name = std::string(assignment == VladAssignment::hard ? "hard" : "soft") +
                               (intra ? ".intra" : ".plain");
      CAPTURE(name);
      const Vlad vlad(matrix(store, "centres"), options_of(assignment, intra));
      CHECK(relative_error(vlad(rows), matrix(store, name)) < 1e-6);
      CHECK(vlad.width() == 24);
    }
  }
  CHECK(relative_error(gem_pooling(rows), matrix(store, "gem")) < 1e-6);
}

TEST_CASE("VLAD: neither the length of a descriptor nor the order of them matters") {
  const auto values = support::random_values<float>(8 * 5, 3);
  const Matrix<float> rows = ConstMatrixView<float>(values.data(), 8, 5);
  const Vlad vlad = Vlad::fit(rows, 3);
  CHECK(vlad.descriptor_width() == 5);
  CHECK(vlad.centres().rows() == 3);
  const Vector<float> v = vlad(rows);
  CHECK(v.norm() == doctest::Approx(1));
  Matrix<float> others = rows.colwise().reverse();
  others.row(2) *= 8;
  CHECK(relative_error(vlad(others), v.transpose()) < 1e-6);
}

TEST_CASE("VLAD: descriptors that are centres give zeros") {
  const Vlad vlad(Matrix<float>::Identity(3, 3));
  CHECK(vlad(Matrix<float>::Identity(3, 3)) == Vector<float>::Zero(9));
}

TEST_CASE("VLAD: a vocabulary is read back as it was saved") {
  const test_files::TemporaryFolder folder;
  const auto store = feature_golden::open("vlad.safetensors");
  const auto path = folder.path() / "vocabulary.safetensors";
  for (const auto assignment : {VladAssignment::hard, VladAssignment::soft}) {
    VladOptions options = options_of(assignment, false);
    options.alpha = 0.3F;
    const Vlad vlad(matrix(store, "centres"), options, "value.9 of a model");
    vlad.save(path);
    const Vlad again = Vlad::open(path);
    CHECK(again.origin() == "value.9 of a model");
    CHECK(again.options().assignment == assignment);
    CHECK((assignment == VladAssignment::hard || again.options().alpha == 0.3F));
    CHECK_FALSE(again.options().intra_normalize);
    const Matrix<float> rows = matrix(store, "rows");
    CHECK(again(rows) == vlad(rows));
  }
}

TEST_CASE("VLAD: what cannot be is refused") {
  CHECK(message_of<ShapeError>([] { Vlad(Matrix<float>(0, 4)); }) ==
        "VLAD: expected centres of one value or more, found 0 of 4");
  Matrix<float> centres = Matrix<float>::Ones(2, 3);
  CHECK(message_of<ConfigError>([&] {
          Vlad(centres, {VladAssignment::soft, -1, true});
        }) == "VLAD: expected a positive alpha, found -1.000000");
  const Vlad vlad(centres);
  CHECK(message_of<ShapeError>([&] { vlad(Matrix<float>::Ones(4, 2)); }) ==
        "VLAD: expected descriptors of 3 values, found 4 of 2");
  CHECK(message_of<ShapeError>([&] { vlad(Matrix<float>(0, 3)); }) ==
        "VLAD: expected descriptors of 3 values, found 0 of 3");
  CHECK(message_of<ShapeError>([&] { vlad(Matrix<float>::Zero(1, 3)); }) ==
        "VLAD: descriptor 0: expected a vector with a direction, found one of zeros");
  centres(1, 2) = support::not_a_number;
  CHECK(message_of<ConfigError>([&] { Vlad{centres}; }) ==
        "VLAD: expected finite centres, found NaN or an infinity in centre 1");
}

TEST_CASE("VLAD: a file that is no vocabulary, or not a whole one") {
  const test_files::TemporaryFolder folder;
  Parts parts;
  CHECK(parts.refusal(folder) == "nothing was thrown");
  parts.metadata["assignment"] = "firm";
  CHECK(contains(parts.refusal(folder), "assignment: expected one of hard, soft, found 'firm'"));
  parts = {};
  parts.metadata.erase("origin");
  CHECK(contains(parts.refusal(folder), "expected origin in the metadata, found none"));
  parts = {};
  parts.metadata["format"] = "EigenViT head 1";
  CHECK(contains(parts.refusal(folder),
                 "expected a file of the format 'EigenViT vocabulary 1', "
                 "found 'EigenViT head 1'"));
  parts = {};
  parts.shape = {6};
  CHECK(contains(parts.refusal(folder), "tensor 'centres': expected [any, any], found F32 [6]"));
  parts = {};
  parts.centres[4] = support::not_a_number;
  CHECK(contains(parts.refusal(folder), "tensor 'centres': expected finite values"));
  parts = {};
  parts.alpha = 0;
  CHECK(contains(parts.refusal(folder), "tensor 'alpha': expected a positive value"));
}
