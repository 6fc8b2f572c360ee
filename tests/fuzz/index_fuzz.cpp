// libFuzzer: any bytes are an index of images that can be searched, or are refused with an
// eigenvit::Error. The input is a header of a safetensors file, a newline and values.
#include <cstddef>
#include <cstdint>

#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_file.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto path = folder.write(fuzz::safetensors_file(data, size));
  fuzz::refusal([&] {
    const auto file = eigenvit::detail::ImageIndexFile::open(path);
    for (eigenvit::Index image = 0; image < file.size(); ++image) file.stamp(image);
    const auto index = eigenvit::ImageIndex::open(path);
    fuzz::expect(index.size() == file.size(), "an index and its file differ in size");
    const eigenvit::Matrix<float> query = eigenvit::Matrix<float>::Ones(1, index.width());
    const auto matches = index.search(query, 3);
    for (const eigenvit::ImageMatch& match : matches.front()) index.name(match.image);
  });
  return 0;
}
