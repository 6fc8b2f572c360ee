/// EigenViT's end of the protocol that worker.py describes.
#ifndef EIGENVIT_BENCH_PEERS_SERVE_HPP
#define EIGENVIT_BENCH_PEERS_SERVE_HPP

#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

/// What a program is called with.
struct Arguments {
  std::string folder;
  std::string output;
  long batch;
  int threads;
  std::string precision;
  bool unpacked;
};

/// Reads commands until there are no more. A `Worker` is made of the arguments and has `run()` and
/// `write_output(path)`.
template <class Worker>
void serve(const Arguments& arguments) {
  std::cout << "ready" << std::endl;
  std::optional<Worker> worker;
  for (std::string command; std::cin >> command;) {
    if (command == "load") {
      worker.emplace(arguments);
      std::cout << "loaded" << std::endl;
    } else if (command == "run") {
      int count = 0;
      std::cin >> count;
      for (int i = 0; i < count; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        worker.value().run();
        const auto end = std::chrono::steady_clock::now();
        std::cout << std::chrono::duration<double, std::milli>(end - begin).count() << ' ';
      }
      std::cout << std::endl;
    } else if (command == "output") {
      std::string path;
      std::getline(std::cin >> std::ws, path);
      worker.value().write_output(path);
      std::cout << "written" << std::endl;
    } else {
      throw std::invalid_argument("unknown command " + command);
    }
  }
}

/// The program.
template <class Worker>
int run_worker(int argc, char** argv) {
  try {
    const bool unpacked = argc == 7 && std::string(argv[6]) == "unpacked";
    if (argc != 6 && !unpacked) {
      throw std::invalid_argument("expected FOLDER OUTPUT BATCH THREADS PRECISION [unpacked]");
    }
    serve<Worker>({argv[1], argv[2], std::stol(argv[3]), std::stoi(argv[4]), argv[5], unpacked});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
  }
}

/// The values of a file of numbers, as many as `least` at least.
template <class Values>
void read_values(const std::string& path, std::size_t least, Values& values) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  constexpr std::size_t size = sizeof(values[0]);
  values.resize(static_cast<std::size_t>(file ? std::streamoff(file.tellg()) : 0) / size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * size));
  if (!file || values.size() < least) throw std::runtime_error(path + ": too short, or not there");
}

template <class Values>
void write_values(std::ofstream& file, const Values& values) {
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(values[0])));
}

#endif
