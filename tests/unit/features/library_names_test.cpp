#include <doctest/doctest.h>

#include <eigenvit/features/library_names.hpp>

using namespace eigenvit::detail;

TEST_CASE("folders of systems, in any case of letters") {
  for (const char* const name : {"@eaDir",
                                 "@eadir",
                                 "#recycle",
                                 "#snapshot",
                                 "@tmp",
                                 "@sharebin",
                                 "@SynoResource",
                                 "@Recycle",
                                 "@Recently-Snapshot",
                                 "@__thumb",
                                 "~snapshot",
                                 "$RECYCLE.BIN",
                                 "System Volume Information",
                                 "__MACOSX",
                                 "lost+found",
                                 "Catalog Previews.lrdata",
                                 "__pycache__",
                                 "RECYCLER",
                                 "Network Trash Folder",
                                 "Temporary Items"}) {
    CAPTURE(name);
    CHECK(is_system_folder(name, "photos"));
  }
}

TEST_CASE("folders of people") {
  for (const char* const name :
       {"@anna", "#wedding", "my @eaDir notes", "@eaDir2", "recycle", "snapshot", "@", "#", "__me",
        "tmp", "resources", "database", "lost and found", "Previews", "lrdata", "thumbnails", ""}) {
    CAPTURE(name);
    CHECK_FALSE(is_system_folder(name, "photos"));
  }
}

TEST_CASE("of a library of Photos only the originals are the user's") {
  for (const char* const library : {"Photos Library.photoslibrary", "iPhoto.photolibrary",
                                    "Old.MigratedPhotoLibrary", "Aperture Library.aplibrary"}) {
    CAPTURE(library);
    CHECK(is_system_folder("resources", library));
    CHECK(is_system_folder("Thumbnails", library));
    CHECK_FALSE(is_system_folder("originals", library));
    CHECK_FALSE(is_system_folder("Masters", library));
  }
  CHECK_FALSE(is_system_folder("Photos Library.photoslibrary", "photos"));
}

TEST_CASE("thumbnails of systems among pictures, and hidden names") {
  CHECK(is_system_file("SYNOPHOTO_THUMB_XL.jpg"));
  CHECK(is_system_file("SYNOPHOTO:THUMB_S.jpg"));
  CHECK(is_system_file("SYNOFILE_THUMB_M.png"));
  CHECK(is_system_file("SYNOVIDEO_VIDEO_SCREENSHOT.jpg"));
  CHECK_FALSE(is_system_file("IMG_1.jpg"));
  CHECK_FALSE(is_system_file("my SYNOPHOTO.jpg"));
  for (const char* const name : {"._a.jpg", ".DS_Store", ".@__thumb", ".thumbnails", ".git"}) {
    CHECK(is_hidden(name));
  }
  CHECK_FALSE(is_hidden("a.jpg"));
  CHECK_FALSE(is_hidden("_.jpg"));
  CHECK_FALSE(is_hidden(""));
}

TEST_CASE("suffixes of movies") {
  for (const char* const suffix : {".mp4", ".MOV", ".avi", ".m2ts", ".3gp"}) {
    CHECK(is_movie_suffix(suffix));
  }
  for (const char* const suffix : {"", ".", "mp4", ".jpg", ".mp3"}) {
    CHECK_FALSE(is_movie_suffix(suffix));
  }
}
