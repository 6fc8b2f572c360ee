// libFuzzer: any configuration, tokenizer and list of tensors are a model of texts that loads and
// embeds a text, or are refused with an eigenvit::Error. The input is a letter each for the file of
// the configuration and for that of the vocabulary; then, each ended by a zero byte, the
// configuration, tokenizer_config.json and the vocabulary; and the header of a safetensors file,
// whose tensors are zeros.
#include <cstddef>
#include <cstdint>
#include <string>

#include <eigenvit/pipeline/text_encoder.hpp>

#include "support.hpp"
#include "zero_weights.hpp"

namespace {

const char* config_name(std::uint8_t letter) {
  return letter == 'o' ? "open_clip_config.json" : "config.json";
}

const char* vocabulary_name(std::uint8_t letter) {
  switch (letter) {
    case 'b':
      return "vocab.txt";
    case 'm':
      return "merges.txt";
    case 's':
      return "spiece.model";
    case 'v':
      return "vocab.json";
    case 'z':
      return "bpe_simple_vocab_16e6.txt";
    default:
      return "tokenizer.json";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  folder.clear();
  fuzz::Input input(data, size);
  const char* const config = config_name(input.byte());
  const char* const vocabulary = vocabulary_name(input.byte());
  for (const char* const name : {config, "tokenizer_config.json", vocabulary}) {
    const std::string_view bytes = input.until('\0');
    if (!bytes.empty()) folder.write(bytes, name);
  }
  if (vocabulary == std::string("vocab.json")) folder.write("#version\n", "merges.txt");
  folder.write(fuzz::zero_weights(input.rest()), "model.safetensors");
  for (const char* const release : {"", "openai_clip"}) {
    fuzz::refusal([&] {
      eigenvit::TextEncoderOptions options;
      options.release = release;
      const auto encoder = eigenvit::TextEncoder::open(folder.path(), options);
      const auto& network = encoder.network().config();
      constexpr std::uint64_t some = 1 << 22;
      if (network.flops(network.context_length) < some) encoder.embed({"a cat"});
    });
  }
  return 0;
}
