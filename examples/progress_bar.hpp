// A progress bar on stderr, where that is a terminal.
#ifndef EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP
#define EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP

#include <chrono>
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
  ProgressBar(std::size_t total, bool wanted)
      : total_(total), shown_(wanted && total > 0 && on_terminal()) {}
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
    std::fprintf(stderr, "\r[%s] %zu/%zu, %s left ", bar.c_str(), done_, total_,
                 time_left().c_str());
    std::fflush(stderr);
  }

  // A line of its own, above the bar.
  void note(const std::string& line) {
    std::fprintf(stderr, "%s%s\n", shown_ ? "\r\033[K" : "", line.c_str());
    if (done_ > 0) advance(0);
  }

 private:
  static bool on_terminal() {
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(STDERR_FILENO) != 0;
#endif
  }

  // At the speed until now, as h:mm:ss.
  std::string time_left() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
    const double left = done_ == 0 ? 0 : elapsed.count() * double(total_ - done_) / double(done_);
    const auto seconds = static_cast<long>(left + 0.5);
    char text[32];
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    return text;
  }

  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::size_t total_;
  std::size_t done_ = 0;
  bool shown_;
};

#endif
