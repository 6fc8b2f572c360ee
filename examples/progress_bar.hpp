// A progress bar on stderr, where that is a terminal.
#ifndef EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP
#define EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP

#include <cstddef>
#include <cstdio>
#include <string>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

class ProgressBar {
 public:
  ProgressBar(std::size_t total, bool wanted) : total_(total), shown_(wanted && on_terminal()) {}
  ~ProgressBar() {
    if (shown_) std::fputc('\n', stderr);
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void advance(std::size_t count) {
    done_ += count;
    if (!shown_) return;
    constexpr std::size_t width = 40;
    const std::size_t filled = done_ * width / total_;
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    std::fprintf(stderr, "\r[%s] %zu/%zu", bar.c_str(), done_, total_);
    std::fflush(stderr);
  }

 private:
  static bool on_terminal() {
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(STDERR_FILENO) != 0;
#endif
  }

  std::size_t total_;
  std::size_t done_ = 0;
  bool shown_;
};

#endif
