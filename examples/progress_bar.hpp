// A progress bar on stderr, where that is a terminal.
#ifndef EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP
#define EIGENVIT_EXAMPLES_PROGRESS_BAR_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <io.h>
#include <windows.h>
#else
#include <sys/ioctl.h>
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
    // The last column stays free: some terminals go to the next line after it.
    const std::size_t room = std::max<std::size_t>(columns(), 2) - 1;
    std::string line =
        std::to_string(done_) + '/' + std::to_string(total_) + ", " + time_left() + " left";
    if (line.size() + 8 <= room) {
      const std::size_t width = std::min<std::size_t>(room - line.size() - 3, 40);
      const std::size_t filled = done_ * width / total_;
      line = '[' + std::string(filled, '#') + std::string(width - filled, '.') + "] " + line;
    }
    line.resize(room, ' ');
    std::fprintf(stderr, "\r%s", line.c_str());
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

  // Of the terminal, now: windows change their size.
  static std::size_t columns() {
#ifdef _WIN32
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (GetConsoleScreenBufferInfo(GetStdHandle(STD_ERROR_HANDLE), &info) != 0) {
      return static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
    }
#else
    winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
#endif
    return 80;
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
