#ifndef EIGENVIT_FEATURES_IMAGE_FILES_INL
#define EIGENVIT_FEATURES_IMAGE_FILES_INL

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_below.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/real_path.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/core/words.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/features/library_names.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image_codec.hpp>
#include <eigenvit/image/image_formats.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether a codec recognises the file by its first bytes.
inline bool is_decodable(const std::filesystem::path& path, const DecodeOptions& options) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::uint8_t> bytes(ImageCodec::head_bytes);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const std::string name = path_text(path);
  const EncodedImage head{bytes.data(), static_cast<std::size_t>(stream.gcount()), name, options};
  const auto recognise = [&](const std::vector<std::shared_ptr<const ImageCodec>>& codecs) {
    return std::any_of(codecs.begin(), codecs.end(), [&](const auto& codec) {
      return codec != nullptr && codec->recognises(head);
    });
  };
  return recognise(options.codecs) || recognise(image_codecs());
}

/// Looks through folders, each once.
class ImageFileSearch {
 public:
  ImageFileSearch(const std::filesystem::path& folder, const DecodeOptions& options,
                  const std::filesystem::path& around)
      : options_(options), around_(around) {
    found_.folder = folder;
  }

  ImageFiles run() {
    std::error_code error;
    root_ = real_path(found_.folder, error);
    if (error) fail(found_.folder, error, true);
    look_below("", root_);
    // Linked folders may hold further links, which are added to the set.
    while (!links_.empty()) follow(links_.extract(links_.begin()).value());
    std::sort(found_.names.begin(), found_.names.end());
    std::sort(found_.errors.begin(), found_.errors.end());
    return std::move(found_);
  }

 private:
  /// A folder by its name relative to the root, with a `/` at its end, and where it really is.
  struct Folder {
    std::string prefix;
    std::filesystem::path place;
  };

  void look_below(std::string prefix, std::filesystem::path place) {
    std::vector<Folder> waiting = {{std::move(prefix), std::move(place)}};
    while (!waiting.empty()) {
      const Folder next = std::move(waiting.back());
      waiting.pop_back();
      if (!seen_.insert(next.place).second) continue;
      const std::filesystem::path path = path_in(found_.folder, next.prefix);
      std::error_code error;
      std::filesystem::directory_iterator entry(path, error);
      for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        take(*entry, next, waiting);
      }
      if (error) fail(path, error, next.prefix.empty());
    }
  }

  void take(const std::filesystem::directory_entry& entry, const Folder& folder,
            std::vector<Folder>& waiting) {
    const std::filesystem::path file = entry.path().filename();
    const std::string name = utf8_text(file);
    PassedOver& passed_over = found_.passed_over;
    // An entry that was removed in the meantime is of no kind and is not counted.
    std::error_code ignored;
    if (is_hidden(name)) {
      ++passed_over.hidden;
    } else if (entry.is_directory(ignored)) {
      if (is_system_folder(name, utf8_text(folder.place.filename()))) {
        ++passed_over.systems[name];
      } else if (is_link(entry)) {
        links_.insert(folder.prefix + name);
      } else {
        waiting.push_back({folder.prefix + name + '/', folder.place / file});
      }
    } else if (entry.is_regular_file(ignored)) {
      take_file(entry.path(), name, folder.prefix);
    } else if (entry.is_symlink(ignored)) {
      ++passed_over.broken_links[folder.prefix + name];
    }
  }

  void take_file(const std::filesystem::path& path, const std::string& name,
                 const std::string& prefix) {
    const std::string suffix = utf8_text(path.extension());
    const ImageFileFormat format = image_format_of_extension(suffix);
    PassedOver& passed_over = found_.passed_over;
    if (is_system_file(name)) {
      ++passed_over.systems[name];
    } else if (format.is_decoded || is_of_codecs(suffix) ||
               (!format.name.empty() && is_decodable(path, options_))) {
      found_.names.push_back(prefix + name);
    } else if (!format.name.empty()) {
      PassedOver::Format& passed = passed_over.formats[std::string(format.name)];
      ++passed.files;
      passed.advice = format.advice;
    } else if (is_movie_suffix(suffix)) {
      ++passed_over.movies;
    } else {
      ++passed_over.other_files;
    }
  }

  /// Whether the caller's own codecs name that suffix.
  bool is_of_codecs(const std::string& suffix) const {
    if (suffix.empty()) return false;
    const std::string word = small_letters(suffix).substr(1);
    return std::any_of(options_.codecs.begin(), options_.codecs.end(), [&](const auto& codec) {
      return codec != nullptr && is_word_of(codec->extensions(), word);
    });
  }

  /// Looks through a linked folder unless it is looked through anyway, or holds the root: a link to
  /// a folder above would bring in everything beside the root.
  void follow(const std::string& name) {
    const std::filesystem::path path = path_in(found_.folder, name);
    std::error_code error;
    const std::filesystem::path place = real_path(path, error);
    if (error) return fail(path, error, false);
    const bool beside = !around_.empty() && is_same_or_above(around_, place);
    if (beside || is_same_or_above(place, root_) || seen_.count(place) > 0) {
      ++found_.passed_over.known_links[name];
    } else if (is_system_folder(utf8_text(place.filename()),
                                utf8_text(place.parent_path().filename()))) {
      ++found_.passed_over.systems[name];
    } else {
      look_below(name + '/', place);
    }
  }

  void fail(const std::filesystem::path& path, const std::error_code& error, bool root) {
    const std::string line =
        message({path_text(path), ": the folder cannot be read: ", error.message()});
    if (root) raise<FileError>({line});
    found_.errors.push_back(line);
  }

  const DecodeOptions& options_;
  const std::filesystem::path& around_;
  ImageFiles found_;
  std::filesystem::path root_;
  std::set<std::filesystem::path> seen_;
  std::set<std::string> links_;
};

EIGENVIT_INLINE ImageFiles find_image_files_in(const std::filesystem::path& folder,
                                               const DecodeOptions& options,
                                               const std::filesystem::path& around) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    raise<FileError>({path_text(folder), ": expected a folder of images, found ",
                      std::filesystem::exists(folder, error) ? "a file" : "nothing there"});
  }
  ImageFiles found = ImageFileSearch(folder, options, around).run();
  if (found.names.empty()) {
    const std::string passed_over = found.passed_over.text();
    raise<FileError>({path_text(folder), ": expected images (", image_format_names(),
                      " files), found none",
                      passed_over.empty() ? "" : "; passed over: ", passed_over});
  }
  return found;
}

}  // namespace detail

EIGENVIT_INLINE std::filesystem::path ImageFiles::path(std::size_t i) const {
  return detail::path_in(folder, names[i]);
}

EIGENVIT_INLINE ImageFiles find_image_files(const std::filesystem::path& folder,
                                            const DecodeOptions& options) {
  return detail::find_image_files_in(folder, options, {});
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
