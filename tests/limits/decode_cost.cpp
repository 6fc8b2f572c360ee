// What decoding a file costs: width, height, seconds of processor time, bytes of memory beyond
// those of the file, and the message with which it was refused, in columns separated by tabs. For
// Linux.
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/image/decode.hpp>

namespace {

double processor_seconds() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

// The most memory so far. `ru_maxrss` will not do: it begins with that of the program that started
// this one.
double peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  double kibibytes = 0;
  status >> kibibytes;
  return kibibytes * 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::vector<char> bytes;
  {
    std::ifstream stream(argv[1], std::ios::binary | std::ios::ate);
    bytes.resize(static_cast<std::size_t>(stream.tellg()));
    stream.seekg(0);
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return 1;
  }
  const double bytes_before = peak_bytes();
  const double seconds_before = processor_seconds();
  eigenvit::Image image;
  std::string refusal;
  try {
    image = eigenvit::decode_image(bytes.data(), bytes.size(), {}, "file");
  } catch (const eigenvit::Error& error) {
    refusal = error.what();
  }
  const double seconds = processor_seconds() - seconds_before;
  std::printf("%td\t%td\t%.3f\t%.0f\t%s\n", image.width(), image.height(), seconds,
              peak_bytes() - bytes_before, refusal.c_str());
}
