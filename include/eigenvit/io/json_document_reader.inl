/// From the events of a parser to a document.
#ifndef EIGENVIT_IO_JSON_DOCUMENT_READER_INL
#define EIGENVIT_IO_JSON_DOCUMENT_READER_INL

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_events.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Builds a document, and refuses what `parse_json` refuses as soon as it is seen.
class JsonDocumentReader : public JsonEvents {
 public:
  JsonDocumentReader(const std::string& source, std::size_t size) : source_(source), size_(size) {}

  nlohmann::json document;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override {
    // nlohmann-json checks this too, but under -ffast-math the compiler takes its check out.
    if (!is_finite(value)) fail_too_large();
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(nlohmann::json::value_t::object); }
  bool start_array(std::size_t) override { return open(nlohmann::json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    if (members().count(value) != 0) {
      raise<FormatError>(
          {source_, ": key ", Quoted{value}, ": expected it once in an object, found it twice"});
    }
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    constexpr int out_of_range_number = 406;
    if (error.id == out_of_range_number) fail_too_large();
    raise<FormatError>({source_, ": not valid JSON at byte ", position, " of ", size_});
  }

 private:
  [[noreturn]] void fail_too_large() const {
    raise<FormatError>(
        {source_, ": expected JSON with numbers that fit 64 bits, found a larger one"});
  }

  /// The members of the object around the current place.
  nlohmann::json::object_t& members() { return open_.back()->get_ref<nlohmann::json::object_t&>(); }

  /// Puts a value where the text has it, and returns its place.
  nlohmann::json* place(nlohmann::json&& value) {
    if (open_.empty()) {
      document = std::move(value);
      return &document;
    }
    if (auto* const elements = open_.back()->get_ptr<nlohmann::json::array_t*>()) {
      return &elements->emplace_back(std::move(value));
    }
    return &members().emplace(std::move(key_), std::move(value)).first->second;
  }

  bool add(nlohmann::json&& value) {
    place(std::move(value));
    return true;
  }

  bool open(nlohmann::json::value_t kind) {
    constexpr std::size_t deepest = 64;
    if (open_.size() == deepest) {
      raise<FormatError>(
          {source_, ": expected at most ", deepest, " levels of nested JSON, found more"});
    }
    open_.push_back(place(nlohmann::json(kind)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& source_;
  std::size_t size_;
  /// The objects and arrays around the current place. Only the last one grows, so that the others
  /// stay where they are.
  std::vector<nlohmann::json*> open_;
  std::string key_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
