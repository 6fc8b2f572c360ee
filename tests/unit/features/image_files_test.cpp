#if !defined(_WIN32)
#include <unistd.h>
#endif

#include <memory>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image_codec.hpp>
#include <eigenvit/image/image_formats.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

TEST_CASE("images are found in all folders, in the order of their names") {
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"b", "b/deep", ".hidden", "a.d"}) {
    std::filesystem::create_directory(folder.path() / name);
  }
  for (const char* const name :
       {"b.PNG", "b/2.jpeg", "b/10.jpg", "b/deep/x.ppm", "a.d/y.gif", "notes.txt", ".dot.png",
        ".hidden/z.png", "jpg", "a.d/\xC3\xBC.bmp"}) {
    folder.write(name, "x");
  }
  const ImageFiles files = find_image_files(folder.path());
  CHECK(files.names == std::vector<std::string>{"a.d/y.gif", "a.d/\xC3\xBC.bmp", "b.PNG",
                                                "b/10.jpg", "b/2.jpeg", "b/deep/x.ppm"});
  CHECK(files.errors.empty());
  for (std::size_t i = 0; i < files.names.size(); ++i)
    CHECK(std::filesystem::exists(files.path(i)));
}

TEST_CASE("what systems leave behind is passed over, what people name likewise is not") {
  const test_files::TemporaryFolder folder;
  for (const char* const name :
       {"@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "2020/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "#recycle/old.jpg", "@Recently-Snapshot/a.jpg", ".@__thumb/a.jpg", "__MACOSX/._a.jpg",
        "$RECYCLE.BIN/a.jpg", "@anna/1.jpg", "#wedding/2.png", "2020/a.jpg", "2020/Thumbs.db",
        "2020/._a.jpg", "2020/SYNOPHOTO_THUMB_XL.jpg", "2020/clip.MP4"}) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    folder.write(name, "x");
  }
  const ImageFiles files = find_image_files(folder.path());
  CHECK(files.names == std::vector<std::string>{"#wedding/2.png", "2020/a.jpg", "@anna/1.jpg"});
  CHECK(files.passed_over.text() ==
        "1 movie, 1 other file, 2 hidden files or folders, 7 folders or files of systems "
        "(#recycle, $RECYCLE.BIN, @Recently-Snapshot, @eaDir, SYNOPHOTO_THUMB_XL.jpg, ...)");
}

TEST_CASE("pictures of other formats are counted, and taken where their bytes are of a known one") {
  const test_files::TemporaryFolder folder;
  folder.write("a.png", "x");
  folder.write("b.TIF", std::string_view("II*\0\x08\0\0\0", 8));
  folder.write("c.tiff", "");
  folder.write("really.tif", "\xFF\xD8\xFF\xE0");
  folder.write("really.jxl", "\x89PNG\r\n\x1A\n");
  folder.write("raw.NEF", std::string_view("MM\0*\0\0\0\x08", 8));
  const ImageFiles files = find_image_files(folder.path());
  CHECK(files.names == std::vector<std::string>{"a.png", "really.jxl", "really.tif"});
  CHECK(files.passed_over.formats.at("TIFF").files == 2);
  CHECK(files.passed_over.formats.at("camera RAW").files == 1);
  CHECK(files.passed_over.formats.size() == 2);
}

namespace {

/// A program's own format.
class OwnCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "own"; }
  std::string_view extensions() const override { return "own1 own2"; }
  bool recognises(const EncodedImage& head) const override { return head.starts_with("OWN"); }
  Image decode(const EncodedImage& file) const override { file.fail({"not in this test"}); }
};

}  // namespace

TEST_CASE("a program's own codecs add their suffixes and what they recognise") {
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"a.own1", "a.OWN2", "a.own", "a.nef", "a.png"}) {
    folder.write(name, "OWN");
  }
  DecodeOptions options;
  options.codecs.push_back(std::make_shared<OwnCodec>());
  CHECK(find_image_files(folder.path(), options).names ==
        std::vector<std::string>{"a.OWN2", "a.nef", "a.own1", "a.png"});
  CHECK(find_image_files(folder.path()).names == std::vector<std::string>{"a.png"});
}

TEST_CASE("linked folders are looked through once, and links to files are images") {
  namespace fs = std::filesystem;
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"real/deep/r.png", "other/o.png", "lib/a.png", "lib/sub/b.png",
                                 "lib/.hidden/h.png", "lib/#recycle/x.png", "all/all.png"}) {
    fs::create_directories((folder.path() / name).parent_path());
    folder.write(name, "x");
  }
  const fs::path lib = folder.path() / "lib";
  std::error_code error;
  fs::create_directory_symlink(folder.path() / "real", lib / "linked", error);
  if (error) return;  // Windows does not let everybody make links
  const auto link = [&](const char* target, const char* name) {
    fs::create_symlink(target, folder.path() / name);
  };
  link("../real", "lib/twice");
  link("../../real/deep", "lib/sub/part");
  link(".", "lib/loop");
  link("../..", "lib/sub/above");
  link("sub", "lib/again");
  link(".hidden", "lib/shown");
  link("#recycle", "lib/deleted");
  link("../other", "lib/zother");
  link("../real", "other/back");
  link("a.png", "lib/c.png");
  link("nothing", "lib/d.png");
  const ImageFiles files = find_image_files(lib);
  CHECK(files.names == std::vector<std::string>{"a.png", "c.png", "linked/deep/r.png",
                                                "shown/h.png", "sub/b.png", "zother/o.png"});
  CHECK(files.errors.empty());
  CHECK(files.passed_over.known_links == PassedOver::Names{{"again", 1},
                                                           {"loop", 1},
                                                           {"sub/above", 1},
                                                           {"sub/part", 1},
                                                           {"twice", 1},
                                                           {"zother/back", 1}});
  CHECK(files.passed_over.broken_links == PassedOver::Names{{"d.png", 1}});
  CHECK(files.passed_over.systems == PassedOver::Names{{"#recycle", 1}, {"deleted", 1}});
  for (std::size_t i = 0; i < files.names.size(); ++i) CHECK(fs::exists(files.path(i)));
  // The folder may itself be reached through a link.
  link("lib", "entry");
  CHECK(find_image_files(folder.path() / "entry").names == files.names);
}

#if !defined(_WIN32)
TEST_CASE("a folder that cannot be read is reported, and a circle of links is none") {
  namespace fs = std::filesystem;
  const test_files::TemporaryFolder folder;
  folder.write("a.png", "x");
  fs::create_symlink("b", folder.path() / "c");
  fs::create_symlink("c", folder.path() / "b");
  fs::create_directory(folder.path() / "closed");
  fs::permissions(folder.path() / "closed", fs::perms::none);
  const ImageFiles files = find_image_files(folder.path());
  fs::permissions(folder.path() / "closed", fs::perms::owner_all);
  CHECK(files.names == std::vector<std::string>{"a.png"});
  CHECK(files.passed_over.broken_links.size() == 2);
  if (::geteuid() == 0) return;  // the superuser may read everything
  REQUIRE(files.errors.size() == 1);
  CHECK(contains(files.errors[0], "closed: the folder cannot be read: "));
}
#endif

TEST_CASE("a folder without images is an error that says what was passed over") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<FileError>([&] { find_image_files(folder.path()); }),
                 ": expected images (" + image_format_names() + " files), found none"));
  const auto file = folder.write("a.txt", "x");
  folder.write("b.tif", "x");
  CHECK(contains(message_of<FileError>([&] { find_image_files(folder.path()); }),
                 "found none; passed over: 1 TIFF"));
  CHECK(contains(message_of<FileError>([&] { find_image_files(file); }),
                 "a.txt: expected a folder of images, found a file"));
  CHECK(contains(message_of<FileError>([&] { find_image_files(folder.path() / "none"); }),
                 "none: expected a folder of images, found nothing there"));
}
