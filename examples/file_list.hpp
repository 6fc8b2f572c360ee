// The files that a program takes, any number of them, on its command line or from standard input.
#ifndef EIGENVIT_EXAMPLES_FILE_LIST_HPP
#define EIGENVIT_EXAMPLES_FILE_LIST_HPP

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <eigenvit/core/error.hpp>

#include "help.hpp"

class FileList {
 public:
  /// Adds the argument `name` and the option that belongs to it.
  CLI::Option* add_to(CLI::App& app, const std::string& name, const std::string& description) {
    app.add_flag("-0,--null", null_,
                 "Paths from standard input end with NUL, as of find -print0, not with their line")
        ->group(common_group);
    return app.add_option(name, arguments_,
                          description + "; - takes paths from standard input, one a line");
  }

  /// Whether nothing was given.
  bool empty() const { return arguments_.empty(); }

  /// The paths in UTF-8, with those from standard input in place of "-". Reads them, so it is to be
  /// called once. Throws `FileError` when standard input has none.
  std::vector<std::string> read() const {
    std::vector<std::string> paths;
    for (const std::string& argument : arguments_) {
      if (argument != "-") {
        paths.push_back(argument);
        continue;
      }
      bool is_first = true;
      for (std::string path; std::getline(std::cin, path, null_ ? '\0' : '\n');) {
        if (!null_) trim(path, is_first);
        is_first = false;
        if (!path.empty()) paths.push_back(path);
      }
    }
    if (paths.empty() && !arguments_.empty()) {
      throw eigenvit::FileError("standard input: expected paths of files, found none");
    }
    return paths;
  }

 private:
  /// Takes off what Windows' programs put around lines: a byte order mark and carriage returns.
  static void trim(std::string& line, bool is_first) {
    if (is_first && line.rfind("\xef\xbb\xbf", 0) == 0) line.erase(0, 3);
    if (!line.empty() && line.back() == '\r') line.pop_back();
  }

  std::vector<std::string> arguments_;
  bool null_ = false;
};

#endif
