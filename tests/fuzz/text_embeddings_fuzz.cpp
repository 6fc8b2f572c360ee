// libFuzzer: any bytes are a file of text embeddings, or are refused with an eigenvit::Error. The
// input is a header of a safetensors file, a newline and values.
#include <cstddef>
#include <cstdint>

#include <eigenvit/io/text_embeddings.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto path = folder.write(fuzz::safetensors_file(data, size));
  fuzz::refusal([&] {
    const auto texts = eigenvit::read_text_embeddings(path);
    fuzz::expect(texts.names.size() == static_cast<std::size_t>(texts.vectors.rows()),
                 "names and vectors differ in number");
  });
  return 0;
}
