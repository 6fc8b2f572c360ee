/// What a search for image files has left out.
#ifndef EIGENVIT_FEATURES_PASSED_OVER_HPP
#define EIGENVIT_FEATURES_PASSED_OVER_HPP

#include <cstddef>
#include <map>
#include <string>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What `find_image_files` has passed over, counted by kind, so that a user learns why pictures are
/// missing.
struct PassedOver {
  /// Pictures of a format.
  struct Format {
    std::size_t files = 0;
    std::string advice;  ///< what to do about it: "build with EIGENVIT_WITH_HEIF"; may be empty
  };
  /// Names, UTF-8, and how often each was met.
  using Names = std::map<std::string, std::size_t>;

  std::map<std::string, Format> formats;  ///< pictures that this build does not decode
  std::size_t movies = 0;
  std::size_t other_files = 0;
  std::size_t hidden = 0;  ///< files and folders whose names begin with a dot
  Names systems;           ///< folders and thumbnails of systems; the folders are not looked into
  Names known_links;       ///< links to folders that are looked through without them
  Names broken_links;      ///< links that lead nowhere

  bool empty() const noexcept;
  /// One line without its end: "3 HEIC (build with EIGENVIT_WITH_HEIF), 2 movies, 4 folders or
  /// files of systems (#recycle, @eaDir)". Control characters in names are escaped.
  std::string text() const;

  PassedOver& operator+=(const PassedOver& other);
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/passed_over.inl>
#endif

#endif
