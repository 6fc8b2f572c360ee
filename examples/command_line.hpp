// What a program was called with, in UTF-8 on every system.
#ifndef EIGENVIT_EXAMPLES_COMMAND_LINE_HPP
#define EIGENVIT_EXAMPLES_COMMAND_LINE_HPP

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <filesystem>
// It needs the types of windows.h.
#include <shellapi.h>

#include <eigenvit/core/utf8_path.hpp>
#endif

/// CLI11 takes an argument [a,b] of a list for the items a and b of it. One that ends with this
/// character is left whole; no program here takes one that does.
constexpr char whole_mark = '\x01';

/// The arguments after the program's name, the last one first, as `CLI::App::parse` takes them. On
/// Windows those of `main` lack the characters that the code page lacks. Those in brackets end with
/// `whole_mark`, which `leave_whole` takes away.
inline std::vector<std::string> reversed_arguments(int argc, char** argv) {
  std::vector<std::string> arguments;
#ifdef _WIN32
  wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &argc);
  for (int i = argc; i-- > 1;) {
    arguments.push_back(eigenvit::utf8_text(std::filesystem::path(wide[i])));
  }
  LocalFree(wide);
  static_cast<void>(argv);
#else
  for (int i = argc; i-- > 1;) arguments.emplace_back(argv[i]);
#endif
  for (std::string& argument : arguments) {
    if (!argument.empty() && argument.front() == '[' && argument.back() == ']') {
      argument += whole_mark;
    }
  }
  return arguments;
}

inline void remove_whole_marks(std::string& text) {
  text.erase(std::remove(text.begin(), text.end(), whole_mark), text.end());
}

/// Lets a program and its commands see arguments in brackets as they were given.
inline void leave_whole(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->transform(CLI::Validator(
        [](std::string& text) {
          if (!text.empty() && text.back() == whole_mark) text.pop_back();
          return std::string();
        },
        ""));
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    leave_whole(*command);
  }
}

#endif
