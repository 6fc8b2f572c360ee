// libFuzzer: any bytes are a tokenizer, or are refused with an eigenvit::Error, and any tokenizer
// gives ids of its vocabulary for any text. The input is a kind, a text, a newline and a
// tokenizer.json, a SentencePiece model or a file of gzip; or a kind and a text that is cleaned.
// Models of NLLB and T5 have a line of tokenizer_config.json before them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/io/gzip.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/text_repair.hpp>
#include <eigenvit/text/tokenizer.hpp>
#include <eigenvit/text/unicode.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t kind = input.byte();
  const std::string text(input.until('\n'));
  fuzz::refusal([&] {
    if (kind == 'g') {
      eigenvit::detail::read_gzip(input.rest(), "file", std::size_t{1} << 20);
      return;
    }
    if (kind == 'h') {
      const std::string lines = text + '\n' + std::string(input.rest());
      if (eigenvit::detail::invalid_utf8(lines)) return;
      eigenvit::detail::TextBudget budget(lines.size());
      const std::string repaired = eigenvit::detail::repair_text(lines, budget);
      fuzz::expect(!eigenvit::detail::invalid_utf8(repaired), "a repaired text is not UTF-8");
      return;
    }
    if (kind == 'n' || kind == 't') {
      static const fuzz::Folder folder;
      folder.clear();
      folder.write(input.until('\n'), "tokenizer_config.json");
      folder.write(input.rest(), kind == 'n' ? "sentencepiece.bpe.model" : "spiece.model");
      const auto tokenizer = eigenvit::Tokenizer::open(folder.path());
      for (const std::int32_t id : tokenizer.encode(text)) {
        fuzz::expect(id >= 0 && id < tokenizer.vocabulary_size(), "an id is not of the vocabulary");
      }
      return;
    }
    if (kind != 's') {
      const auto tokenizer = eigenvit::Tokenizer::from_json(input.rest());
      for (const std::int32_t id : tokenizer.encode(text)) {
        fuzz::expect(id >= 0 && id < tokenizer.vocabulary_size(), "an id is not of the vocabulary");
      }
      tokenizer.encode_batch({text, "a"});
      return;
    }
    auto file = eigenvit::detail::read_sentence_piece(input.rest(), "model");
    const auto pieces = static_cast<std::int32_t>(file.tokens.size());
    const eigenvit::detail::SentencePiece model(std::move(file), "model");
    std::vector<std::int32_t> ids;
    eigenvit::detail::TextBudget budget(7);
    model.encode("a photo", ids, budget);
    for (const std::int32_t id : ids) {
      fuzz::expect(id >= 0 && id < pieces, "an id is not of the vocabulary");
    }
  });
  return 0;
}
