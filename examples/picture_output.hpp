// The picture that a program draws: --output.
#ifndef EIGENVIT_EXAMPLES_PICTURE_OUTPUT_HPP
#define EIGENVIT_EXAMPLES_PICTURE_OUTPUT_HPP

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/image/encode.hpp>

class PictureOutput {
 public:
  void add_to(CLI::App& app) {
    app.add_option("--output", name_, "The PNG or JPEG file to write")
        ->type_name("PICTURE")
        ->required();
  }

  /// Throws where the name is of no format that can be written, before there is work to lose.
  void check() const { eigenvit::image_format(path()); }

  void save(const eigenvit::Image& picture) const { eigenvit::save_image(path(), picture); }

 private:
  std::filesystem::path path() const { return eigenvit::utf8_path(name_); }

  std::string name_;
};

#endif
