/// Tokenizers of folders that hold a model of SentencePiece.
#ifndef EIGENVIT_TEXT_SENTENCE_PIECE_FOLDER_HPP
#define EIGENVIT_TEXT_SENTENCE_PIECE_FOLDER_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>
#include <eigenvit/text/unigram.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline SentencePieceFile read_sentence_piece_file(const std::filesystem::path& path,
                                                  const std::string& source) {
  const MappedFile file(path);
  return read_sentence_piece(bytes_of(file, source), source);
}

/// `sentencepiece.bpe.model`: transformers' XLMRobertaTokenizer, which puts its own special tokens
/// in place of the file's first three and runs the rest as `tokenizers` does.
inline TokenizerParts read_xlm_roberta(const std::filesystem::path& path,
                                       const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  const SentencePieceFile contents = read_sentence_piece_file(path, source);
  constexpr std::size_t replaced = 3;
  if (contents.tokens.size() < replaced) {
    raise<FormatError>(
        {source, ": expected at least ", replaced, " pieces, found ", contents.tokens.size()});
  }
  const auto special = [&](const char* key, const char* fallback) {
    return settings.token(key).value_or(fallback);
  };
  const std::string bos = special("bos_token", "<s>"), pad = special("pad_token", "<pad>"),
                    eos = special("eos_token", "</s>"), unk = special("unk_token", "<unk>"),
                    mask = special("mask_token", "<mask>");
  std::vector<UnigramToken> tokens;
  tokens.reserve(contents.tokens.size() + 2);
  for (const std::string& token : {bos, pad, eos, unk}) tokens.push_back({token});
  for (std::size_t i = replaced; i < contents.tokens.size(); ++i) {
    tokens.push_back({contents.tokens[i].text, contents.tokens[i].score});
  }
  tokens.push_back({mask});
  constexpr TokenId unk_id = 3;
  TokenizerParts parts{
      source,
      {},
      {},
      {},
      Unigram(std::move(tokens), unk_id, false, UnigramArithmetic::tokenizers, source),
      {}};
  for (const std::string& token : {bos, pad, eos, unk, mask}) add_special(parts, token);
  if (!contents.character_map.empty()) {
    parts.normalizer.add(CharacterMap(contents.character_map, source));
  }
  parts.pre_tokenizer.add(
      CharacterSplit{CharacterSplit::Kind::white_space, SplitBehavior::removed});
  using Prepend = MetaspaceSplit::Prepend;
  const bool prefix = settings.boolean_or("add_prefix_space", true);
  parts.pre_tokenizer.add(
      MetaspaceSplit{"\u2581", prefix ? Prepend::always : Prepend::never, true});
  parts.layout.before = {required_token(parts, bos)};
  parts.layout.after = {required_token(parts, eos)};
  parts.layout.pad = required_token(parts, pad);
  parts.layout.context_length = 512;
  return parts;
}

/// Whether a model of SentencePiece is that of transformers' XLMRobertaTokenizer.
inline bool is_xlm_roberta(const TokenizerSettings& settings, std::string_view file_name) {
  const std::string name = settings.tokenizer_class();
  return name.empty() ? file_name == "sentencepiece.bpe.model"
                      : name == "XLMRobertaTokenizer" || name == "XLMRobertaTokenizerFast";
}

/// `spiece.model`: transformers' SiglipTokenizer.
inline TokenizerParts read_sentence_piece_model(const std::filesystem::path& path,
                                                const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  SentencePieceFile contents = read_sentence_piece_file(path, source);
  const std::string name = settings.tokenizer_class();
  if (!name.empty() && name != "SiglipTokenizer" && name != "SiglipTokenizerFast") {
    raise<UnsupportedError>({source, ": expected the tokenizer of SigLIP or XLM-RoBERTa, found ",
                             Quoted{name}, "; a tokenizer.json beside it is read instead"});
  }
  TokenizerParts parts{source, {}, {}, {}, SentencePiece(std::move(contents), source), {}};
  const std::string unk = settings.token("unk_token").value_or("<unk>");
  const std::string end = settings.token("eos_token").value_or("</s>");
  for (const std::string& token : {unk, end}) {
    add_special(parts, token);
    parts.added.back().lstrip = true;
    parts.added.back().rstrip = true;
  }
  parts.layout.after = {required_token(parts, end)};
  parts.layout.after_once = true;
  parts.layout.pad = required_token(parts, settings.token("pad_token").value_or(end));
  parts.layout.context_length = 64;
  parts.begin_with_meta_space = true;
  std::get<SentencePiece>(parts.model).set_hidden_prefix(unk);
  parts.normalizer.add(CanonicalizeStep{settings.boolean_or("do_lower_case", true), false});
  return parts;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
