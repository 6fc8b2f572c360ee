// libFuzzer: any picture is a mask whose pixels and patches have classes, or is refused with an
// eigenvit::Error; so is any list of labels. The input is eight numbers of a byte each, labels of
// which each ends in a newline, an empty one, and pixels.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/features/mask_classes.hpp>
#include <eigenvit/features/patch_classes.hpp>

#include "support.hpp"

using eigenvit::Index;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  eigenvit::PixelMapping mapping;
  mapping.image_width = input.number(1, 64);
  const auto format = static_cast<eigenvit::PixelFormat>(input.number(0, 4));
  mapping.resized_width = input.number(1, 64);
  mapping.resized_height = input.number(1, 64);
  mapping.left = input.number(-128, 127);
  mapping.top = input.number(-128, 127);
  mapping.width = input.number(1, 64);
  mapping.height = input.number(1, 64);
  const int patch = input.number(1, 16);
  const double share = input.number(0, 8) / 8.0;

  std::vector<std::string> labels;
  for (std::string_view label = input.until('\n'); !label.empty(); label = input.until('\n')) {
    labels.emplace_back(label);
  }
  std::vector<eigenvit::Colour> ignored;
  fuzz::refusal([&] {
    for (const std::string& label : labels) ignored.push_back(eigenvit::parse_colour(label));
  });
  fuzz::refusal([&] {
    const auto classes = eigenvit::MaskClasses::from_labels(labels);
    fuzz::expect(classes.labels().size() == labels.size(), "labels have been lost");
  });

  const Index row = mapping.image_width * eigenvit::channels(format);
  const std::string pixels(input.rest());
  mapping.image_height = static_cast<Index>(pixels.size()) / row;
  if (mapping.image_height == 0) return 0;
  const eigenvit::ImageView view{reinterpret_cast<const std::uint8_t*>(pixels.data()),
                                 mapping.image_width, mapping.image_height, 0, format};
  fuzz::refusal([&] {
    eigenvit::MaskClasses mask(ignored);
    mask.add(view);
    const auto classes = mask.classes_of(view);
    if (ignored.empty()) {
      const eigenvit::Image picture = mask.picture(classes);
      fuzz::expect(mask.classes_of(picture) == classes, "a mask that was written differs");
    }
    const eigenvit::PatchMap map(mapping, patch, patch);
    const auto patches = eigenvit::patch_classes(map, classes, share);
    fuzz::expect(patches.maxCoeff() < mask.size() && patches.minCoeff() >= eigenvit::no_class,
                 "a patch of a class that is none");
  });
  return 0;
}
