// libFuzzer: any bytes are a head that classifies, or are refused with an eigenvit::Error. The
// input is a header of a safetensors file, a newline and values.
#include <cstddef>
#include <cstdint>

#include <eigenvit/features/head.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto path = folder.write(fuzz::safetensors_file(data, size));
  fuzz::refusal([&] {
    const auto head = eigenvit::Head::open(path);
    const eigenvit::Vector<float> features = eigenvit::Vector<float>::Ones(head.width());
    const auto best = head.classify(features, 3);
    fuzz::expect(best.size() == 2 || best.size() == 3, "a head without predictions");
    const auto copy = folder.path() / "copy";
    head.save(copy);
    const auto again = eigenvit::Head::open(copy).classify(features, 3);
    fuzz::expect(again.front().index == best.front().index, "a head that was saved differs");
  });
  return 0;
}
