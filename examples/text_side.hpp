// Words as vectors, by the text side of the model's folder.
#ifndef EIGENVIT_EXAMPLES_TEXT_SIDE_HPP
#define EIGENVIT_EXAMPLES_TEXT_SIDE_HPP

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <eigenvit/eigenvit.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/io/text_embeddings.hpp>
#ifdef EIGENVIT_EXAMPLES_WITH_TEXT
#include <eigenvit/pipeline/text_encoder.hpp>
#endif

#include "common.hpp"

/// The lines of a file that are not empty. Throws `FileError`.
inline std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(eigenvit::utf8_path(path), std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (lines.empty() && line.compare(0, 3, "\xef\xbb\xbf") == 0) line.erase(0, 3);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  if (!file.eof()) throw eigenvit::FileError(path + ": cannot be read");
  if (lines.empty()) throw eigenvit::FormatError(path + ": expected a line of text, found none");
  return lines;
}

/// Labels as they are stated: the lines of a file, or parted by commas.
inline std::vector<std::string> read_labels(const std::string& stated) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(eigenvit::utf8_path(stated), ignored)) {
    return read_lines(stated);
  }
  std::vector<std::string> labels;
  for (std::size_t begin = 0; begin <= stated.size();) {
    const std::size_t end = std::min(stated.find(',', begin), stated.size());
    const std::size_t first = std::min(stated.find_first_not_of(' ', begin), end);
    const std::size_t last = stated.find_last_not_of(' ', end == 0 ? 0 : end - 1);
    labels.push_back(first < end ? stated.substr(first, last + 1 - first) : "");
    begin = end + 1;
  }
  return labels;
}

/// What is put around each label: `--template`, which may be given several times.
class Templates {
 public:
  CLI::Option* add_to(CLI::App& app) {
    return app
        .add_option(
            "--template", stated_,
            "Text with a pair of braces where the label goes, or a file of such lines, whose "
            "vectors are averaged")
        ->type_name("WORDS|FILE")
        ->allow_extra_args(false)
        ->default_str("the label alone");
  }

  std::vector<std::string> read() const {
    std::vector<std::string> templates;
    for (const std::string& stated : stated_) {
      if (stated.find("{}") != std::string::npos) {
        templates.push_back(stated);
      } else {
        const std::vector<std::string> lines = read_lines(stated);
        templates.insert(templates.end(), lines.begin(), lines.end());
      }
    }
    return templates.empty() ? std::vector<std::string>{"{}"} : templates;
  }

 private:
  std::vector<std::string> stated_;
};

/// Choices about the model's side of texts.
struct TextChoices {
  std::vector<std::string> float_layers;
  std::string language;
};

/// The option of models whose texts have a token of their language.
inline CLI::Option* add_language(CLI::App& app, std::string& language) {
  return app
      .add_option("--language", language, "The language of the words, fra_Latn say: of NLLB-CLIP")
      ->type_name("NAME")
      ->group(common_group);
}

/// The option of programs that run both sides of a model: `--float-layers` is of its images.
inline CLI::Option* add_text_float_layers(CLI::App& app, std::vector<std::string>& layers) {
  return app
      .add_option("--text-float-layers", layers, "As --float-layers, of the model's side of texts")
      ->type_name("PATTERN")
      ->group(common_group)
      ->allow_extra_args(false);
}

/// Throws `UnsupportedError` unless vectors of images are compared with those of texts.
inline void check_text_width(const std::string& model, const eigenvit::ImageEmbedder& embedder,
                             eigenvit::Index width) {
  if (embedder.vector() == eigenvit::ImageVector::image_embeds && embedder.width() == width) return;
  throw eigenvit::UnsupportedError(
      model + ": expected vectors of images and texts of one width, found " +
      std::to_string(embedder.width()) + " and " + std::to_string(width));
}

#ifdef EIGENVIT_EXAMPLES_WITH_TEXT
inline eigenvit::TextEncoderOptions text_options(const CommonOptions& options,
                                                 const TextChoices& choices) {
  eigenvit::TextEncoderOptions text;
  text.release = options.release;
  text.precision = options.precision;
  text.float_layers = choices.float_layers;
  text.language = choices.language;
  text.batch_size = options.batch_size;
  return text;
}
#endif

/// The vector of each label, the mean of those of its templates.
inline eigenvit::TextEmbeddings embed_classes(const CommonOptions& options,
                                              const std::vector<std::string>& labels,
                                              const std::vector<std::string>& templates,
                                              eigenvit::Executor& executor,
                                              const TextChoices& choices) {
  if (options.dataset_index) {
    throw eigenvit::ConfigError(options.model +
                                ": expected no dataset index for a network of texts, found " +
                                std::to_string(*options.dataset_index));
  }
#ifdef EIGENVIT_EXAMPLES_WITH_TEXT
  eigenvit::TextEncoderOptions text = text_options(options, choices);
  // For one batch the network runs once.
  text.keep_packed = labels.size() * templates.size() > std::size_t(options.batch_size);
  const auto encoder = eigenvit::TextEncoder::open(eigenvit::utf8_path(options.model), text);
  return encoder.classes(labels, templates, &executor);
#else
  static_cast<void>(labels);
  static_cast<void>(templates);
  static_cast<void>(executor);
  static_cast<void>(choices);
  throw eigenvit::UnsupportedError(
      options.model + ": expected a program that was built with EIGENVIT_WITH_TEXT, for texts");
#endif
}

#endif
