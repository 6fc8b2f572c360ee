// A safetensors file of zeros, which take no room on the disk.
#ifndef EIGENVIT_TESTS_ALLOCATION_ZERO_TENSORS_HPP
#define EIGENVIT_TESTS_ALLOCATION_ZERO_TENSORS_HPP

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

/// Names and shapes of tensors of float32.
class ZeroTensors {
 public:
  using Shape = std::vector<std::int64_t>;

  void add(const std::string& name, const Shape& shape) { tensors_.emplace_back(name, shape); }
  /// With a bias for each row.
  void add_layer(const std::string& name, const Shape& weight) {
    add(name + ".weight", weight);
    // Those that enlarge a map have as many inputs as outputs.
    add(name + ".bias", {weight.front()});
  }
  void add_norm(const std::string& name, std::int64_t features) {
    add(name + ".weight", {features});
    add(name + ".bias", {features});
  }
  /// Its variances are ones: none is refused.
  void add_batch_norm(const std::string& name, std::int64_t channels) {
    add_norm(name, channels);
    add(name + ".running_mean", {channels});
    add(name + variances, {channels});
  }

  void write(const std::filesystem::path& path) const {
    std::string header = "{";
    std::int64_t end = 0;
    for (const auto& [name, shape] : tensors_) {
      const std::int64_t begin = end;
      end += 4 * values_of(shape);
      std::string sizes;
      for (const std::int64_t size : shape) {
        sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
      }
      header += (begin == 0 ? "\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + sizes +
                R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    }
    header += "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    {
      std::ofstream file(path, std::ios::binary);
      for (std::uint64_t size = header.size(), i = 0; i < 8; ++i) {
        file.put(static_cast<char>(size >> (8 * i) & 0xFF));
      }
      file << header;
    }
    const auto data = static_cast<std::int64_t>(8 + header.size());
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(data + end));
    write_variances(path, data);
  }

 private:
  static constexpr const char* variances = ".running_var";

  static std::int64_t values_of(const Shape& shape) {
    std::int64_t values = 1;
    for (const std::int64_t size : shape) values *= size;
    return values;
  }

  void write_variances(const std::filesystem::path& path, std::int64_t place) const {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    for (const auto& [name, shape] : tensors_) {
      if (name.find(variances) != std::string::npos) {
        const std::vector<float> ones(static_cast<std::size_t>(shape.front()), 1.0F);
        file.seekp(place);
        file.write(reinterpret_cast<const char*>(ones.data()),
                   static_cast<std::streamsize>(4 * ones.size()));
      }
      place += 4 * values_of(shape);
    }
  }

  std::vector<std::pair<std::string, Shape>> tensors_;
};

#endif
