/// What a program has taken so far. For Linux.
#ifndef EIGENVIT_TESTS_LIMITS_COST_HPP
#define EIGENVIT_TESTS_LIMITS_COST_HPP

#include <sys/resource.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

inline double processor_seconds() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

/// The most memory so far. `ru_maxrss` will not do: it begins with that of the program that started
/// this one.
inline double peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  double kibibytes = 0;
  status >> kibibytes;
  return kibibytes * 1024;
}

/// The bytes of a file. Ends the program where it cannot be read.
inline std::string contents(const char* path) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  std::string bytes(stream ? static_cast<std::size_t>(stream.tellg()) : 0, '\0');
  stream.seekg(0);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) std::exit(1);
  return bytes;
}

#endif
