// A page of search results with thumbnails, in one HTML file that needs nothing else.
#ifndef EIGENVIT_EXAMPLES_SEARCH_PAGE_HPP
#define EIGENVIT_EXAMPLES_SEARCH_PAGE_HPP

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_below.hpp>
#include <eigenvit/eigenvit.hpp>
#include <eigenvit/image/encode.hpp>

class SearchPage {
 public:
  // `model` is what the pictures were compared by, `folder` where they are.
  SearchPage(eigenvit::DecodeOptions decode, const std::string& model,
             const std::filesystem::path& folder)
      : decode_(decode), model_(model), folder_(folder) {}

  // A new row, which begins with the image that was asked for, or with words alone where the path
  // is empty.
  void add_query(const std::string& title, const std::filesystem::path& path) {
    body_ += std::string(body_.empty() ? "" : "</section>\n") + "<section>\n";
    if (path.empty()) {
      body_ += "<figure class=\"query\"><div class=\"none\">" + shown(title) +
               "</div><figcaption><b>query</b></figcaption></figure>\n";
    } else {
      add_figure(title, path, "query", "query");
    }
  }

  // Only what is in the folder is read: the name comes from an index, which may be anybody's.
  void add_match(const std::string& name, float score) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4f", double(score));
    const auto path = eigenvit::path_below(folder_, name);
    if (!path) ++outside_;
    add_figure(name, path, text, "match");
  }

  // Matches whose names lead out of the folder.
  std::size_t outside() const { return outside_; }

  // Throws `FileError`.
  void save(const std::filesystem::path& path) const {
    std::ofstream file(path, std::ios::binary);
    file << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>Search results</title>\n<style>\n"
         << style << "</style>\n</head>\n<body>\n<h1>Search results</h1>\n<p>Pictures in <b>"
         << shown(eigenvit::utf8_generic_text(folder_))
         << "</b> that are most like the first of each group, by the cosine of their vectors of <b>"
         << shown(model_) << "</b>.</p>\n"
         << body_ << (body_.empty() ? "" : "</section>\n") << "</body>\n</html>\n";
    file.close();
    if (!file) throw eigenvit::FileError(eigenvit::utf8_text(path) + ": cannot be written");
  }

 private:
  static constexpr std::ptrdiff_t side = 200;  // pixels of a thumbnail

  // Two columns on a phone, more where there is room.
  static constexpr const char* style =
      ":root { color-scheme: light dark; --text: #222; --page: #fff; --faint: #666; --box: #eee;\n"
      "  --line: #ccc; --mark: #0072b2; }\n"
      "@media (prefers-color-scheme: dark) {\n"
      "  :root { --text: #ddd; --page: #181818; --faint: #999; --box: #2a2a2a; --line: #444;\n"
      "    --mark: #56b4e9; }\n"
      "}\n"
      "body { font: 14px/1.4 system-ui, sans-serif; color: var(--text); background: var(--page);\n"
      "  margin: 1em; }\n"
      "h1 { font-size: 1.5em; margin: 0; }\n"
      "section { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));\n"
      "  gap: 12px; padding: 12px 0; border-top: 1px solid var(--line); }\n"
      "figure { margin: 0; max-width: 200px; min-width: 0; }\n"
      ".query { border-right: 3px solid var(--mark); padding-right: 9px; }\n"
      "img, .none { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--box);\n"
      "  display: flex; align-items: center; justify-content: center; color: var(--faint); }\n"
      "p, figcaption { overflow-wrap: anywhere; }\n";

  // Text of one line, which may be broken after the parts of a path, and elsewhere only where a
  // part alone is too long.
  static std::string shown(const std::string& text) {
    std::string html;
    for (const char c : eigenvit::detail::one_line(text)) {
      html += escaped(std::string(1, c));
      if (c == '/' || c == '_') html += "<wbr>";
    }
    return html;
  }

  static std::string escaped(const std::string& text) {
    std::string html;
    for (const char c : text) {
      switch (c) {
        case '&':
          html += "&amp;";
          break;
        case '<':
          html += "&lt;";
          break;
        case '>':
          html += "&gt;";
          break;
        case '"':
          html += "&quot;";
          break;
        case '\'':
          html += "&#39;";
          break;
        default:
          html += c;
      }
    }
    return html;
  }

  // Everything but what has no meaning in a URL, byte by byte.
  static std::string file_url(const std::filesystem::path& path) {
    const std::string text = eigenvit::utf8_generic_text(std::filesystem::absolute(path));
    std::string url = text.front() == '/' ? "file://" : "file:///";
    for (const char c : text) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') ||
                         (c != '\0' && std::string("/:-_.~").find(c) != std::string::npos);
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", unsigned(static_cast<unsigned char>(c)));
      url += plain ? std::string(1, c) : code;
    }
    return url;
  }

  static std::string base64(const std::vector<std::uint8_t>& bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
      std::uint32_t group = 0;
      for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? bytes[i + j] : 0U);
      for (std::size_t j = 0; j < 4; ++j) {
        text += j <= have ? digits[group >> (18 - 6 * j) & 63] : '=';
      }
    }
    return text;
  }

  std::string thumbnail(const std::filesystem::path& path) const {
    const eigenvit::Image image = eigenvit::load_image(path, decode_);
    const double scale = double(side) / double(std::max(image.width(), image.height()));
    const auto scaled = [&](std::ptrdiff_t length) {
      return std::max<std::ptrdiff_t>(1,
                                      std::ptrdiff_t(double(length) * std::min(scale, 1.0) + 0.5));
    };
    const auto small = eigenvit::resize(image, scaled(image.width()), scaled(image.height()),
                                        eigenvit::Filter::bicubic);
    return "<img alt=\"\" src=\"data:image/jpeg;base64," +
           base64(eigenvit::encode_image(small, eigenvit::ImageFormat::jpeg)) + "\">";
  }

  void add_figure(const std::string& name, const std::optional<std::filesystem::path>& path,
                  const std::string& caption, const std::string& kind) {
    std::string picture = "<div class=\"none\">outside of the folder</div>";
    if (path) {
      try {
        picture = thumbnail(*path);
      } catch (const eigenvit::Error&) {
        picture = "<div class=\"none\">cannot be read</div>";  // moved or deleted since
      }
      picture = "<a href=\"" + file_url(*path) + "\">" + picture + "</a>";
    }
    body_ += "<figure class=\"" + kind + "\">" + picture + "<figcaption><b>" + caption + "</b> " +
             shown(name) + "</figcaption></figure>\n";
  }

  eigenvit::DecodeOptions decode_;
  std::string model_;
  std::filesystem::path folder_;
  std::string body_;
  std::size_t outside_ = 0;
};

#endif
