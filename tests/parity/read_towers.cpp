// Reads the two sides of model folders, for text_towers.py and open_clip_models.py:
//
//   read_towers read FOLDER            prints what each side is, or why it is refused: a line each
//   read_towers texts FOLDER           reads texts as numbers of 32 bits (how many, tokens of each,
//                                      ids) from stdin; writes text_embeds, as they are, to stdout
//   read_towers images FOLDER          reads pixel values in the same way (images, height, width,
//   and
//                                      the values as float); writes image_embeds, as they are
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <eigenvit/eigenvit.hpp>
#include <eigenvit/text.hpp>

namespace {

template <class Read>
void print_side(const char* side, const Read& read) {
  try {
    std::printf("%s ok %s\n", side, read().c_str());
  } catch (const std::exception& error) {
    std::printf("%s no %s\n", side, error.what());
  }
}

template <class Number = std::int32_t>
std::vector<Number> numbers(std::size_t count) {
  std::vector<Number> read(count);
  if (std::fread(read.data(), sizeof(Number), count, stdin) != count) {
    throw std::runtime_error("the input ends too early");
  }
  return read;
}

void write_embeds(const char* path) {
  const auto sizes = numbers(2);
  const auto ids = numbers(static_cast<std::size_t>(sizes[0]) * static_cast<std::size_t>(sizes[1]));
  const auto network = eigenvit::TextFolder::open(path).read_network<float>();
  eigenvit::TextTaps taps;
  taps.text_embeds = true;
  const auto output = network.forward({ids.data(), sizes[0], sizes[1]}, taps);
  std::fwrite(output.text_embeds.data(), sizeof(float), output.text_embeds.size(), stdout);
}

void write_image_embeds(const char* path) {
  const auto sizes = numbers(3);
  std::size_t count = 3;
  for (const std::int32_t size : sizes) count *= static_cast<std::size_t>(size);
  const auto pixels = numbers<float>(count);
  const auto network = eigenvit::ModelFolder::open(path).read_network<float>();
  eigenvit::Taps taps;
  taps.image_embeds = true;
  const auto output = network.forward({pixels.data(), sizes[0], sizes[1], sizes[2]}, taps);
  std::fwrite(output.image_embeds.data(), sizeof(float), output.image_embeds.size(), stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string what = arguments[1];
  try {
    if (what == "texts") {
      write_embeds(arguments[2]);
      return 0;
    }
    if (what == "images") {
      write_image_embeds(arguments[2]);
      return 0;
    }
    print_side("image", [&] {
      const auto folder = eigenvit::ModelFolder::open(arguments[2]);
      folder.read_network<float>();
      return folder.checkpoint().architecture;
    });
    print_side("text", [&] {
      const auto folder = eigenvit::TextFolder::open(arguments[2]);
      folder.read_network<float>();
      return folder.checkpoint().architecture;
    });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
