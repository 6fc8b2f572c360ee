// text/, and the part of io/ that it alone uses, once.
#ifndef EIGENVIT_IMPLEMENTATION_TEXT_INL
#define EIGENVIT_IMPLEMENTATION_TEXT_INL

#include <eigenvit/io/gzip.inl>
#include <eigenvit/io/json_tables.inl>
#include <eigenvit/text/added_tokens.inl>
#include <eigenvit/text/byte_pair_encoding.inl>
#include <eigenvit/text/character_map.inl>
#include <eigenvit/text/damaged_utf8.inl>
#include <eigenvit/text/html_entities.inl>
#include <eigenvit/text/mojibake.inl>
#include <eigenvit/text/mojibake_signs.inl>
#include <eigenvit/text/normalizer.inl>
#include <eigenvit/text/pre_tokenizer.inl>
#include <eigenvit/text/regex.inl>
#include <eigenvit/text/sentence_piece.inl>
#include <eigenvit/text/text_repair.inl>
#include <eigenvit/text/tokenizer.inl>
#include <eigenvit/text/tokenizer_folder.inl>
#include <eigenvit/text/tokenizer_json.inl>
#include <eigenvit/text/unicode.inl>
#include <eigenvit/text/unigram.inl>
#include <eigenvit/text/word_piece.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
