/// What names in a library of photographs say.
#ifndef EIGENVIT_FEATURES_LIBRARY_NAMES_HPP
#define EIGENVIT_FEATURES_LIBRARY_NAMES_HPP

#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether a suffix, with its dot and in any case of letters, is that of a movie.
bool is_movie_suffix(std::string_view suffix);

/// Whether a folder of that name holds what a system or a program has made for itself: thumbnails,
/// deleted files, snapshots. `parent` is the name of the folder around it. In any case of letters:
///
///     Synology   @eaDir, #recycle, #snapshot, @tmp, @sharebin, @sharesnap, @SynoResource,
///                @SynoEAStream
///     QNAP       @Recycle, @Recently-Snapshot, @__thumb, @Transcode
///     NetApp     ~snapshot
///     Windows    $RECYCLE.BIN, formerly RECYCLER, System Volume Information
///     macOS      __MACOSX; on shares Network Trash Folder and Temporary Items; in a library of
///     Photos, iPhoto or Aperture (*.photoslibrary, ...)
///                everything but originals and Masters
///     Linux      lost+found
///     Lightroom  *.lrdata
///     Python     __pycache__
///
/// All other names that begin with @ or # are a user's own.
/// Source: the folders that immich, PhotoPrism and LibrePhotos leave out, or that users reported
/// there (immich #7980, #12566 and #15773, PhotoPrism #2844, LibrePhotos #64).
bool is_system_folder(std::string_view name, std::string_view parent);

/// Whether a file of that name is a thumbnail that a system has put among pictures: Synology's
/// SYNOPHOTO*, SYNOFILE_THUMB* and SYNOVIDEO*, which leave their folder when it is copied.
bool is_system_file(std::string_view name);

/// Whether a name begins with a dot: hidden on most systems. That covers AppleDouble files (._*),
/// .DS_Store, .thumbnails, .@__thumb, .Trashes, .picasaoriginals, .git and the like.
bool is_hidden(std::string_view name);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/library_names.inl>
#endif

#endif
