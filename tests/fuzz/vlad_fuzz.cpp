// libFuzzer: any bytes are a vocabulary of VLAD that gives unit vectors, or are refused with an
// eigenvit::Error. The input is a header of a safetensors file, a newline and values.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <eigenvit/features/vlad.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto path = folder.write(fuzz::safetensors_file(data, size));
  fuzz::refusal([&] {
    const auto vlad = eigenvit::Vlad::open(path);
    eigenvit::Matrix<float> descriptors = eigenvit::Matrix<float>::Ones(2, vlad.descriptor_width());
    descriptors(1, 0) = -3;
    const float length = vlad(descriptors).norm();
    fuzz::expect(length == 0 || std::abs(length - 1) < 1e-4F, "a vector is not of length 1");
  });
  return 0;
}
