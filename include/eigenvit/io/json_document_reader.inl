/// From the events of a parser to a document.
#ifndef EIGENVIT_IO_JSON_DOCUMENT_READER_INL
#define EIGENVIT_IO_JSON_DOCUMENT_READER_INL

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_events.inl>
#include <eigenvit/io/python_literals.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Empties a value of bounded depth, the innermost values first. The destructor of nlohmann-json
/// moves nested values into memory that it takes for this, and ends the program where there is
/// none; of an empty array or object it takes none.
inline void release_json(nlohmann::json& value) noexcept {
  if (auto* const elements = value.get_ptr<nlohmann::json::array_t*>()) {
    for (nlohmann::json& element : *elements) release_json(element);
    elements->clear();
  } else if (auto* const members = value.get_ptr<nlohmann::json::object_t*>()) {
    for (auto& member : *members) release_json(member.second);
    members->clear();
  }
}

/// A value whose release takes no memory.
struct ReleasedJson {
  ReleasedJson() = default;
  ReleasedJson(const ReleasedJson&) = delete;
  ReleasedJson& operator=(const ReleasedJson&) = delete;
  ~ReleasedJson() { release_json(value); }

  nlohmann::json value;
};

/// Builds a document, and refuses what `parse_json` refuses as soon as it is seen.
class JsonDocumentReader : public JsonEvents {
 public:
  /// `literals` are those of the text that it gets as strings; both arguments must outlive it.
  JsonDocumentReader(const std::string& source, std::size_t size,
                     const std::vector<PythonLiteral>& literals)
      : source_(source), size_(size), literals_(literals) {}

  /// The document; empty until the text has been read.
  std::shared_ptr<const nlohmann::json> document() const { return {document_, &document_->value}; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override {
    // nlohmann-json checks this too, but under -ffast-math the compiler takes its check out.
    if (!is_finite(value)) fail_too_large();
    return add(value);
  }
  bool string(string_t& value) override {
    const PythonLiteral* const literal = next_string();
    return literal == nullptr ? add(std::move(value)) : add(literal->value);
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(nlohmann::json::value_t::object); }
  bool start_array(std::size_t) override { return open(nlohmann::json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    if (const PythonLiteral* const literal = next_string()) fail_at(literal->byte + 1);
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    constexpr int out_of_range_number = 406;
    if (error.id == out_of_range_number) fail_too_large();
    fail_at(position);
  }

 private:
  [[noreturn]] void fail_at(std::size_t byte) const {
    raise<FormatError>({source_, ": not valid JSON at byte ", byte, " of ", size_});
  }
  [[noreturn]] void fail_too_large() const {
    raise<FormatError>(
        {source_, ": expected JSON with numbers that fit 64 bits, found a larger one"});
  }

  /// The literal that the text has in the place of its next string; null where it is a string.
  const PythonLiteral* next_string() {
    const bool literal =
        next_literal_ < literals_.size() && literals_[next_literal_].string == strings_;
    ++strings_;
    return literal ? &literals_[next_literal_++] : nullptr;
  }

  /// The members of the object around the current place.
  nlohmann::json::object_t& members() { return open_.back()->get_ref<nlohmann::json::object_t&>(); }

  /// Puts a value where the text has it, and returns its place. Of a key that appears twice the
  /// last value counts, as in Python.
  nlohmann::json* place(nlohmann::json&& value) {
    if (open_.empty()) {
      document_->value = std::move(value);
      return &document_->value;
    }
    if (auto* const elements = open_.back()->get_ptr<nlohmann::json::array_t*>()) {
      return &elements->emplace_back(std::move(value));
    }
    nlohmann::json& member = members()[std::move(key_)];
    release_json(member);
    member = std::move(value);
    return &member;
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
  const std::vector<PythonLiteral>& literals_;
  std::size_t next_literal_ = 0;
  std::size_t strings_ = 0;
  std::shared_ptr<ReleasedJson> document_ = std::make_shared<ReleasedJson>();
  /// The objects and arrays around the current place. Only the last one grows, so that the others
  /// stay where they are.
  std::vector<nlohmann::json*> open_;
  std::string key_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
