#ifndef EIGENVIT_CORE_FILE_KIND_INL
#define EIGENVIT_CORE_FILE_KIND_INL

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/file_kind.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool opens_with(std::string_view text, std::string_view start) noexcept {
  return text.substr(0, start.size()) == start;
}

inline bool is_blank_character(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Whether two characters are the same, in small letters or capitals.
inline bool same_letter(char a, char b) noexcept {
  const auto lowered = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return lowered(a) == lowered(b);
}

/// Where the text holds the words first, whatever their case.
inline std::size_t find_words(std::string_view text, std::string_view words) noexcept {
  const auto found = std::search(text.begin(), text.end(), words.begin(), words.end(), same_letter);
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

inline bool opens_with_words(std::string_view text, std::string_view words) noexcept {
  return find_words(text.substr(0, words.size()), words) == 0;
}

EIGENVIT_INLINE std::string_view trimmed_start(std::string_view text) noexcept {
  if (opens_with(text, "\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && is_blank_character(text.front())) text.remove_prefix(1);
  return text;
}

inline bool is_lfs_pointer(std::string_view text) noexcept {
  for (const std::string_view scheme : {"version https://", "version http://"}) {
    if (!opens_with(text, scheme)) continue;
    const std::string_view host = text.substr(scheme.size());
    for (const std::string_view known :
         {"git-lfs.github.com/", "hawser.github.com/", "git-media.io/"}) {
      if (opens_with(host, known)) return true;
    }
  }
  return false;
}

/// The kind of a text that begins with `<`.
inline FileKind markup_kind(std::string_view text) noexcept {
  for (const std::string_view element : {"<html", "<head", "<body", "<title", "<script", "<meta",
                                         "<h1", "<br", "<p>", "<center", "<div"}) {
    if (opens_with_words(text, element)) return FileKind::html;
  }
  // Behind a prolog, a document type and comments, in any order.
  const std::size_t html = find_words(text, "<html");
  const std::size_t svg = find_words(text, "<svg");
  if (opens_with_words(text, "<!doctype") &&
      opens_with_words(trimmed_start(text.substr(9)), "html")) {
    return FileKind::html;
  }
  if (svg < html) return FileKind::svg;
  if (html != std::string_view::npos) return FileKind::html;
  if (text.size() < 2) return FileKind::text;
  const char second = text[1];
  const bool is_element = (second >= 'A' && second <= 'Z') || (second >= 'a' && second <= 'z');
  return is_element || second == '?' || second == '!' ? FileKind::xml : FileKind::text;
}

inline bool is_ascii_text(std::string_view bytes) noexcept {
  if (opens_with(bytes, "\xef\xbb\xbf")) bytes.remove_prefix(3);
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return (c >= ' ' && c <= '~') || is_blank_character(c); });
}

inline bool is_lzma(std::string_view bytes) noexcept {
  // After the properties and the size of the dictionary: the size, or ones where it is not known.
  return opens_with(bytes, std::string_view("\x5d\0\0", 3)) && bytes.size() > 13 &&
         (bytes.substr(5, 8) == "\xff\xff\xff\xff\xff\xff\xff\xff" || bytes[12] == 0);
}

/// Formats that signatures tell, or `other`.
inline FileKind signature_kind(std::string_view bytes) noexcept {
  struct Signature {
    std::string_view bytes;
    FileKind kind;
  };
  static constexpr Signature signatures[] = {
      {"\x1f\x8b", FileKind::gzip},
      {"PK\3\4", FileKind::zip},
      {"PK\5\6", FileKind::zip},
      {"\x80\2", FileKind::pickle},
      {"\x80\3", FileKind::pickle},
      {"\x80\4", FileKind::pickle},
      {"\x80\5", FileKind::pickle},
      {"GGUF", FileKind::gguf},
      {"\x89HDF\r\n\x1a\n", FileKind::hdf5},
      {"7z\xbc\xaf\x27\x1c", FileKind::archive},
      {"Rar!\x1a\7", FileKind::archive},
      {"\xfd"
       "7zXZ",
       FileKind::archive},
      {"\x28\xb5\x2f\xfd", FileKind::archive},
      {"BZh", FileKind::archive},
      {"\x1f\x9d", FileKind::archive},
      {"\x04\x22\x4d\x18", FileKind::archive},
  };
  for (const Signature& signature : signatures) {
    if (opens_with(bytes, signature.bytes)) return signature.kind;
  }
  const bool is_tar = bytes.size() > 257 && bytes.substr(257, 5) == "ustar";
  return is_tar || is_lzma(bytes) ? FileKind::archive : FileKind::other;
}

EIGENVIT_INLINE FileKind file_kind(std::string_view start) noexcept {
  constexpr std::size_t most = 512;
  start = start.substr(0, most);
  if (start.empty()) return FileKind::other;
  if (std::all_of(start.begin(), start.end(), [](char c) { return c == 0; })) {
    return FileKind::zeros;
  }
  const FileKind by_signature = signature_kind(start);
  if (by_signature != FileKind::other) return by_signature;
  const std::string_view text = trimmed_start(start);
  if (is_lfs_pointer(text)) return FileKind::lfs_pointer;
  if (opens_with(text, "<")) {
    // Its letters may be those of any language.
    const FileKind markup = markup_kind(text);
    if (markup != FileKind::text) return markup;
  }
  if (!is_ascii_text(start)) return FileKind::other;
  return opens_with(text, "{") || opens_with(text, "[") ? FileKind::json : FileKind::text;
}

EIGENVIT_INLINE std::string_view file_kind_name(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::lfs_pointer:
      return "a Git LFS pointer";
    case FileKind::html:
      return "an HTML page";
    case FileKind::svg:
      return "an SVG drawing";
    case FileKind::xml:
      return "an XML text";
    case FileKind::json:
      return "a JSON text";
    case FileKind::text:
      return "a plain text";
    case FileKind::zeros:
      return "zeros alone";
    case FileKind::gzip:
      return "a file packed by gzip";
    case FileKind::zip:
      return "a zip archive";
    case FileKind::pickle:
      return "a pickle of Python";
    case FileKind::gguf:
      return "a GGUF file";
    case FileKind::hdf5:
      return "an HDF5 file";
    case FileKind::archive:
      return "a compressed file or archive";
    case FileKind::other:
      break;
  }
  return {};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
