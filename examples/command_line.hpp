// What a program was called with, in UTF-8 on every system.
#ifndef EIGENVIT_EXAMPLES_COMMAND_LINE_HPP
#define EIGENVIT_EXAMPLES_COMMAND_LINE_HPP

#include <string>
#include <vector>

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

/// The arguments after the program's name, the last one first, as `CLI::App::parse` takes them. On
/// Windows those of `main` lack the characters that the code page lacks.
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
  return arguments;
}

#endif
