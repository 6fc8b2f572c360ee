/// The tokenizer of NLLB from its model of SentencePiece.
#ifndef EIGENVIT_TEXT_NLLB_VOCABULARY_HPP
#define EIGENVIT_TEXT_NLLB_VOCABULARY_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/text/byte_pair_encoding.hpp>
#include <eigenvit/text/character_map.hpp>
#include <eigenvit/text/regex.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/stated_tokens.hpp>
#include <eigenvit/text/token_trie.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The languages of NLLB-200 in the order of their tokens. Source: transformers, NllbTokenizer
/// (FAIRSEQ_LANGUAGE_CODES).
constexpr std::string_view nllb_languages =
    "ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn amh_Ethi "
    "apc_Arab arb_Arab ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn "
    "azb_Arab azj_Latn bak_Cyrl bam_Latn ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva "
    "bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn "
    "cjk_Latn ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt "
    "ell_Grek eng_Latn epo_Latn est_Latn eus_Latn ewe_Latn fao_Latn pes_Arab fij_Latn "
    "fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gla_Latn gle_Latn glg_Latn grn_Latn "
    "guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn "
    "ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn jav_Latn jpn_Jpan kab_Latn kac_Latn "
    "kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor knc_Arab knc_Latn kaz_Cyrl kbp_Latn "
    "kea_Latn khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kon_Latn kor_Hang kmr_Latn "
    "lao_Laoo lvs_Latn lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn "
    "lua_Latn lug_Latn luo_Latn lus_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Latn "
    "mkd_Cyrl plt_Latn mlt_Latn mni_Beng khk_Cyrl mos_Latn mri_Latn zsm_Latn mya_Mymr "
    "nld_Latn nno_Latn nob_Latn npi_Deva nso_Latn nus_Latn nya_Latn oci_Latn gaz_Latn "
    "ory_Orya pag_Latn pan_Guru pap_Latn pol_Latn por_Latn prs_Arab pbt_Arab quy_Latn "
    "ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Beng scn_Latn shn_Mymr sin_Sinh "
    "slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn als_Latn "
    "srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml tat_Cyrl "
    "tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi taq_Latn taq_Tfng tpi_Latn tsn_Latn "
    "tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn "
    "urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn "
    "yue_Hant zho_Hans zho_Hant zul_Latn";

/// The merges of a vocabulary: each way in which a piece is made of two others, those of earlier
/// pieces first, of one piece those with the shortest left part. Throws UnsupportedError where
/// there are too many. Source: transformers, generate_merges.
inline void add_merges_of_pieces(const std::vector<UnigramToken>& pieces, const std::string& source,
                                 BytePairEncoding& model) {
  // The published vocabulary of 256,000 pieces is far below both.
  constexpr std::size_t most_merges = std::size_t{1} << 22, most_bytes = std::size_t{1} << 28;
  std::vector<std::pair<std::string_view, TokenId>> texts;
  TokenTable table;
  for (const UnigramToken& piece : pieces) {
    const auto id = static_cast<TokenId>(texts.size());
    if (table.find(piece.text) != no_token) {
      raise<FormatError>(
          {source, ": expected pieces that differ, found ", Quoted{piece.text}, " twice"});
    }
    table.add(piece.text, id);
    texts.emplace_back(piece.text, id);
  }
  const TokenTrie trie(texts);
  std::size_t merges = 0, bytes = 0;
  for (const UnigramToken& piece : pieces) {
    const std::string_view text = piece.text;
    bytes += trie.for_each_prefix(text, [&](std::size_t length, TokenId) {
      const std::string_view right = text.substr(length);
      bytes += right.size();
      if (right.empty() || bytes > most_bytes || table.find(right) == no_token) return;
      if (++merges <= most_merges) model.add_merge(text.substr(0, length), right);
      bytes += text.size();
    });
    if (merges > most_merges || bytes > most_bytes) {
      raise<UnsupportedError>({source, ": expected pieces that are made of two others in at most ",
                               most_merges, " ways of ", most_bytes, " bytes, found more"});
    }
  }
}

/// `sentencepiece.bpe.model`: transformers' NllbTokenizer, which puts its own special tokens before
/// the pieces and runs these as `tokenizers` does. Behind the pieces are the tokens of languages,
/// then the one of masks, as the published networks have them; transformers 5.24 puts that before
/// the languages where `added_tokens_decoder` does not state their ids.
inline TokenizerParts read_nllb(const std::filesystem::path& path,
                                const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  const SentencePieceFile file =
      read_sentence_piece_file(path, source, SentencePieceType::byte_pairs);
  const auto special = [&](const char* key, const char* fallback) {
    return settings.token(key).value_or(fallback);
  };
  const std::string bos = special("bos_token", "<s>"), pad = special("pad_token", "<pad>"),
                    eos = special("eos_token", "</s>"), unk = special("unk_token", "<unk>");
  TokenTable tokens;
  const auto add = [&](std::string_view text) {
    if (tokens.find(text) == no_token) tokens.add(text, static_cast<TokenId>(tokens.size()));
  };
  for (const std::string& token : {bos, pad, eos, unk}) {
    if (tokens.find(token) != no_token) {
      raise<FormatError>({source, ": expected four tokens for the beginning of texts, what fills ",
                          "them up, their end and unknown characters, found ", Quoted{token},
                          " twice"});
    }
    add(token);
  }
  for (const UnigramToken& piece : file.tokens) add(piece.text);
  BytePairOptions options;
  options.unk_token = unk;
  options.fuse_unk = true;
  BytePairEncoding model(std::move(tokens), std::move(options), source);
  add_merges_of_pieces(file.tokens, source, model);
  TokenizerParts parts{source, {}, {}, {}, std::move(model), {}};

  StatedTokens added(parts, settings);
  for (const std::string& token : {bos, pad, eos, unk}) added.add(plain_token(token));
  const char* const list = special_list_key(settings);
  const auto& map = settings.special_tokens.object();
  constexpr const char* map_list = "additional_special_tokens";
  if (list != nullptr && settings.tokenizer.object()->has(list)) {
    added.add_list(*settings.tokenizer.object(), list);
  } else if (map && map->has(map_list)) {
    added.add_list(*map, map_list);
  } else {
    for (std::string_view rest = nllb_languages; !rest.empty();) {
      const std::string_view language = rest.substr(0, rest.find(' '));
      added.add(plain_token(std::string(language)));
      rest.remove_prefix(std::min(rest.size(), language.size() + 1));
    }
  }
  AddedToken mask = plain_token("<mask>");
  mask.lstrip = true;
  mask.normalized = true;
  added.add(named_token(settings, "mask_token", std::move(mask)));

  if (!file.character_map.empty()) {
    parts.normalizer.add(CharacterMap(file.character_map, source));
    parts.normalizer.add(ReplaceStep{TextPattern(Regex(" {2,}", source)), " "});
  }
  parts.pre_tokenizer.add(
      MetaspaceSplit{std::string(meta_space), MetaspaceSplit::Prepend::always, true});
  parts.layout.pad = required_token(parts, pad);
  return parts;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
