// Writes the ids of texts, and to stderr the processor time that they take, for text_tokens.py:
//
//   tokenize_texts FOLDER TEXTS
//
// TEXTS holds for each text its bytes as a number of 32 bits, the lowest byte first, and the text;
// what is written, for each the number of its ids and the ids, in the same form. Texts are not cut.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <eigenvit/text.hpp>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  try {
    eigenvit::TokenizerOptions options;
    options.context_length = 0;
    const auto tokenizer = eigenvit::Tokenizer::open(arguments[1], options);
    std::ifstream file(arguments[2], std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < bytes.size();) {
      std::uint32_t length = 0;
      std::memcpy(&length, bytes.data() + at, sizeof length);
      texts.push_back(bytes.substr(at + sizeof length, length));
      at += sizeof length + length;
    }
    std::vector<std::vector<std::int32_t>> all;
    const std::clock_t begin = std::clock();
    for (const std::string& text : texts) all.push_back(tokenizer.encode(text));
    std::fprintf(stderr, "%.3f\n", static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    for (const auto& ids : all) {
      const auto size = static_cast<std::uint32_t>(ids.size());
      std::fwrite(&size, sizeof size, 1, stdout);
      std::fwrite(ids.data(), sizeof(std::int32_t), ids.size(), stdout);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
