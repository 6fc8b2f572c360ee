/// Tokenizers of folders that hold a model of SentencePiece.
#ifndef EIGENVIT_TEXT_SENTENCE_PIECE_FOLDER_HPP
#define EIGENVIT_TEXT_SENTENCE_PIECE_FOLDER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/text/nllb_vocabulary.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/stated_tokens.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>
#include <eigenvit/text/unigram.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Splits at white space after the file's map of characters, as T5's and XLM-RoBERTa's classes do
/// whatever the file says of spaces.
inline void add_word_splitting(TokenizerParts& parts, const SentencePieceFile& file, bool prefix) {
  if (!file.character_map.empty()) {
    parts.normalizer.add(CharacterMap(file.character_map, parts.source));
  }
  parts.pre_tokenizer.add(
      CharacterSplit{CharacterSplit::Kind::white_space, SplitBehavior::removed});
  using Prepend = MetaspaceSplit::Prepend;
  parts.pre_tokenizer.add(
      MetaspaceSplit{std::string(meta_space), prefix ? Prepend::always : Prepend::never, true});
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
  add_word_splitting(parts, contents, settings.boolean_or("add_prefix_space", true));
  parts.layout.before = {required_token(parts, bos)};
  parts.layout.after = {required_token(parts, eos)};
  parts.layout.pad = required_token(parts, pad);
  parts.layout.context_length = 512;
  return parts;
}

/// `spiece.model`: transformers' T5Tokenizer, as mT5 has it. It runs the scores as `tokenizers`
/// does and without pieces for bytes, also where the file has these; the token of unknown
/// characters is the third one. Source: transformers, T5Tokenizer and T5Converter.
inline TokenizerParts read_t5(const std::filesystem::path& path,
                              const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  const SentencePieceFile contents = read_sentence_piece_file(path, source);
  const auto& stated = settings.tokenizer.object();
  const bool has_own = std::any_of(
      contents.tokens.begin(), contents.tokens.end(),
      [](const UnigramToken& token) { return token.text.find("<extra_id_") != std::string::npos; });
  // Those of mT5's file are in it, and networks have no rows for others.
  constexpr std::int64_t most = 1 << 16;
  const std::int64_t usual = has_own || settings.open_clip_text() ? 0 : 100;
  const std::int64_t extra = stated ? stated->integer_or("extra_ids", usual, 0, most) : usual;
  const auto extra_id = [](std::int64_t i) { return "<extra_id_" + std::to_string(i) + ">"; };
  std::vector<UnigramToken> tokens;
  tokens.reserve(contents.tokens.size() + static_cast<std::size_t>(extra));
  for (const UnigramToken& token : contents.tokens) tokens.push_back({token.text, token.score});
  for (std::int64_t i = extra; i-- > 0;) tokens.push_back({extra_id(i)});
  constexpr TokenId unk_id = 2;
  TokenizerParts parts{
      source,
      {},
      {},
      {},
      Unigram(std::move(tokens), unk_id, false, UnigramArithmetic::tokenizers, source),
      {}};
  StatedTokens added(parts, settings);
  added.add_named(settings);
  const TokenId end = added.add(named_token(settings, "eos_token", plain_token("</s>")));
  added.add(named_token(settings, "unk_token", plain_token("<unk>")));
  parts.layout.pad = added.add(named_token(settings, "pad_token", plain_token("<pad>")));
  parts.layout.after = {end};
  if (const char* const list = special_list_key(settings)) {
    if (stated->has(list)) added.add_list(*stated, list);
  } else {
    for (const TokenId symbol : contents.symbols) {
      added.add(plain_token(contents.tokens[static_cast<std::size_t>(symbol)].text));
    }
    for (std::int64_t i = 0; i < extra && !has_own; ++i) added.add(plain_token(extra_id(i)));
  }
  add_word_splitting(parts, contents, true);
  return parts;
}

/// `spiece.model`: transformers' SiglipTokenizer.
inline TokenizerParts read_siglip(const std::filesystem::path& path,
                                  const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  SentencePieceFile contents = read_sentence_piece_file(path, source);
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

/// A model of SentencePiece as the class that the folder states, else the one to which a file of
/// that name belongs, reads it.
inline TokenizerParts read_sentence_piece_folder(const std::filesystem::path& path,
                                                 const TokenizerSettings& settings) {
  const std::string name = settings.tokenizer_class();
  if (name == "T5Tokenizer") return read_t5(path, settings);
  if (name == "NllbTokenizer") return read_nllb(path, settings);
  if (name == "XLMRobertaTokenizer") return read_xlm_roberta(path, settings);
  if (name == "SiglipTokenizer") return read_siglip(path, settings);
  if (!name.empty()) {
    raise<UnsupportedError>({path_text(path),
                             ": expected the tokenizer of SigLIP, T5, XLM-RoBERTa or NLLB, found ",
                             Quoted{name}, "; a tokenizer.json beside it is read instead"});
  }
  return path.filename() == "spiece.model" ? read_siglip(path, settings)
                                           : read_xlm_roberta(path, settings);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
