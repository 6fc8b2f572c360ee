#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/transposed_convolution_reader.hpp>

#include "test_files.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::TensorStore;
using eigenvit::detail::LayerReader;

namespace {

/// A file of tensors in float, and what reads it.
template <class Scalar>
class File {
 public:
  void add(const std::string& name, const std::string& shape, const std::vector<float>& values) {
    const std::size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    header_ += (header_.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":"F32","shape":)" + shape +
               ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(data_.size()) +
               "]}";
  }

  /// A batch norm of three channels under the name `norm`.
  void add_norm(const std::vector<float>& weight, const std::vector<float>& bias,
                const std::vector<float>& mean, const std::vector<float>& variance) {
    add("norm.weight", "[3]", weight);
    add("norm.bias", "[3]", bias);
    add("norm.running_mean", "[3]", mean);
    add("norm.running_var", "[3]", variance);
  }

  /// Valid as long as the file.
  LayerReader<Scalar> reader() {
    bytes_ = test_files::safetensors_bytes(header_ + "}", data_);
    store_ = TensorStore::from_memory(bytes_.data(), bytes_.size(), "F");
    return LayerReader<Scalar>(store_, names_, config_, {});
  }

 private:
  std::string header_, data_, bytes_;
  TensorStore store_ = TensorStore::from_memory("\2\0\0\0\0\0\0\0{}", 10, "empty");
  eigenvit::detail::EncoderNames names_;
  eigenvit::EncoderConfig config_;
};

}  // namespace

TEST_CASE_TEMPLATE("a batch norm is a scale and a shift, and with a bias before it one shift",
                   Scalar, float, double) {
  const std::vector<float> weight = {1, -2, 0.5F}, bias = {0, 3, -1}, mean = {4, 0.25F, -8},
                           variance = {0, 4, 100};
  File<Scalar> file;
  file.add_norm(weight, bias, mean, variance);
  auto reader = file.reader();
  const auto norm = eigenvit::detail::read_batch_norm(reader, "norm", 3);
  const AlignedBuffer<Scalar> before = {2, -1, 7};
  const AlignedBuffer<Scalar> after = norm.shift_after(before);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto value = [&](double x) {
      return (x - double(mean[i])) / std::sqrt(double(variance[i]) + 1e-5) * double(weight[i]) +
             double(bias[i]);
    };
    CHECK(double(norm.shift[i]) == doctest::Approx(value(0)).epsilon(1e-6));
    CHECK(double(norm.scale[i]) == doctest::Approx(value(1) - value(0)).epsilon(1e-6));
    CHECK(double(after[i]) == doctest::Approx(value(double(before[i]))).epsilon(1e-6));
  }
}

TEST_CASE_TEMPLATE("a transposed convolution is read with the norm after it", Scalar, float,
                   double) {
  File<Scalar> file;
  std::vector<float> weight(3 * 3 * 4);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = float(i % 7) - 3;
  file.add("up.weight", "[3,3,2,2]", weight);
  file.add("up.bias", "[3]", {1, -1, 0.5F});
  file.add_norm({1, 2, -1}, {0.5F, 0, 4}, {1, 0, -2}, {1, 0.25F, 9});
  auto reader = file.reader();
  const auto norm = eigenvit::detail::read_batch_norm(reader, "norm", 3);
  const auto plain = eigenvit::detail::read_transposed_convolution(reader, "up", 3, 2);
  const auto normed = eigenvit::detail::read_transposed_convolution(reader, "up", 3, 2, &norm);
  Matrix<Scalar> x(2, 3);
  x << 1, 2, 3, -1, 0, 5;
  const Matrix<Scalar> y = plain(x, {1, 2}), z = normed(x, {1, 2});
  REQUIRE(y.rows() == 8);
  // Row 1, column 2 of the result: the second pixel, its square's third place.
  double sum = 0.5;
  for (std::size_t c = 0; c < 3; ++c)
    sum += double(x(1, Index(c))) * double(weight[c * 12 + 8 + 2]);
  CHECK(double(y(6, 2)) == doctest::Approx(sum));
  for (Index i = 0; i < y.size(); ++i) {
    const auto channel = static_cast<std::size_t>(i % 3);
    const double expected =
        double(norm.scale[channel]) * double(y.data()[i]) + double(norm.shift[channel]);
    CHECK(double(z.data()[i]) == doctest::Approx(expected).epsilon(1e-5));
  }
}

TEST_CASE("a batch norm whose numbers are not finite, or that has no variance, is refused") {
  const auto message = [](std::size_t part, float value) {
    std::vector<std::vector<float>> parts = {{1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}};
    parts[part][1] = value;
    File<float> file;
    file.add_norm(parts[0], parts[1], parts[2], parts[3]);
    auto reader = file.reader();
    return test_files::message_of<eigenvit::FormatError>(
        [&] { eigenvit::detail::read_batch_norm(reader, "norm", 3); });
  };
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const char* const names[] = {"weight", "bias", "running_mean", "running_var"};
  for (std::size_t part = 0; part < 4; ++part) {
    for (const float value : {infinity, -infinity, nan}) {
      CHECK(test_files::contains(message(part, value),
                                 std::string("F: tensor 'norm.") + names[part] +
                                     "': expected finite numbers, found NaN or an infinity at 1"));
    }
  }
  CHECK(test_files::contains(
      message(3, -0.5F), "F: tensor 'norm.running_var': expected variances from 0, found -0.5"));
  CHECK(message(3, 0) == "(no exception)");
  // Finite numbers whose quotient is not.
  CHECK(test_files::contains(message(0, 3e38F), "(no exception)"));
  const auto folded = [](float weight, float mean) {
    File<float> file;
    file.add_norm({1, weight, 1}, {0, 0, 0}, {0, mean, 0}, {1, 0, 1});
    auto reader = file.reader();
    return test_files::message_of<eigenvit::FormatError>(
        [&] { eigenvit::detail::read_batch_norm(reader, "norm", 3); });
  };
  const std::string expected =
      "F: tensor 'norm.weight': expected a scale and a shift in the range of float in channel 1";
  CHECK(test_files::contains(folded(3e38F, 0), expected));
  CHECK(test_files::contains(folded(1e20F, 1e20F), expected));
}
