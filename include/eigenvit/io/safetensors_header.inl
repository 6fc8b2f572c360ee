#ifndef EIGENVIT_IO_SAFETENSORS_HEADER_INL
#define EIGENVIT_IO_SAFETENSORS_HEADER_INL

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_events.inl>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct DTypeFacts {
  DType dtype;
  std::string_view name;
  unsigned bits;
};

// In the order of the enumeration.
inline constexpr DTypeFacts dtype_facts[] = {{DType::boolean, "BOOL", 8},
                                             {DType::u8, "U8", 8},
                                             {DType::i8, "I8", 8},
                                             {DType::f8_e5m2, "F8_E5M2", 8},
                                             {DType::f8_e4m3, "F8_E4M3", 8},
                                             {DType::f8_e8m0, "F8_E8M0", 8},
                                             {DType::f8_e4m3fnuz, "F8_E4M3FNUZ", 8},
                                             {DType::f8_e5m2fnuz, "F8_E5M2FNUZ", 8},
                                             {DType::i16, "I16", 16},
                                             {DType::u16, "U16", 16},
                                             {DType::f16, "F16", 16},
                                             {DType::bf16, "BF16", 16},
                                             {DType::i32, "I32", 32},
                                             {DType::u32, "U32", 32},
                                             {DType::f32, "F32", 32},
                                             {DType::i64, "I64", 64},
                                             {DType::u64, "U64", 64},
                                             {DType::f64, "F64", 64},
                                             {DType::c64, "C64", 64},
                                             {DType::f4, "F4", 4},
                                             {DType::f6_e2m3, "F6_E2M3", 6},
                                             {DType::f6_e3m2, "F6_E3M2", 6}};

struct SafetensorsEntry {
  TensorInfo info;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Takes a header's JSON apart as it is read, without building a document: the structure allows
/// three levels, so that nesting costs nothing, and a header of 100 MB is read at the lexer's
/// speed.
class SafetensorsHeaderReader : public JsonEvents {
 public:
  explicit SafetensorsHeaderReader(const std::string& source) : source_(source) {}

  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;

  bool null() override {
    // The reference reader takes "__metadata__": null for absent metadata.
    if (state_ == State::top && key_ == "__metadata__") return true;
    return scalar("null");
  }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(message({value})); }
  bool number_unsigned(number_unsigned_t value) override {
    switch (state_) {
      case State::shape:
        entries.back().info.shape.push_back(value);
        return true;
      case State::offsets:
        if (offset_count_ == 0) entries.back().begin = value;
        if (offset_count_ == 1) entries.back().end = value;
        ++offset_count_;
        return true;
      default:
        return scalar(message({value}));
    }
  }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
  bool string(string_t& value) override {
    if (state_ == State::metadata) {
      metadata[key_] = std::move(value);
      return true;
    }
    if (state_ == State::entry && key_ == "dtype") {
      for (const DTypeFacts& facts : dtype_facts) {
        if (facts.name != value) continue;
        entries.back().info.dtype = facts.dtype;
        return true;
      }
      fail("a dtype such as F32, F16 or BF16", in_quotes(value));
    }
    return scalar(in_quotes(value));
  }
  bool binary(binary_t&) override { return scalar("binary data"); }

  bool start_object(std::size_t) override {
    switch (state_) {
      case State::start:
        state_ = State::top;
        return true;
      case State::top:
        if (key_ == "__metadata__") {
          state_ = State::metadata;
        } else {
          entries.emplace_back();
          entries.back().info.name = key_;
          found_ = 0;
          state_ = State::entry;
        }
        return true;
      case State::entry:
        if (!known_field()) return skip();
        break;
      case State::skipped:
        return skip();
      default:
        break;
    }
    fail(expected(), "an object");
  }
  bool key(string_t& value) override {
    switch (state_) {
      case State::metadata:
        if (metadata.count(value) != 0) {
          key_ = std::move(value);
          fail("each key once", "it twice");
        }
        break;
      case State::top:
        if (value == "__metadata__" && std::exchange(metadata_seen_, true)) {
          raise<FormatError>({source_, ": expected '__metadata__' once, found it twice"});
        }
        break;
      case State::entry:
        for (unsigned field = 0; field < 3; ++field) {
          if (value != field_names[field]) continue;
          if ((found_ & (1U << field)) != 0) {
            key_ = std::move(value);
            fail("each key once", "it twice");
          }
          found_ |= 1U << field;
        }
        break;
      default:
        break;
    }
    key_ = std::move(value);
    return true;
  }
  bool end_object() override {
    if (state_ == State::skipped) return leave_skipped();
    if (state_ == State::entry) {
      for (unsigned field = 0; field < 3; ++field) {
        if ((found_ & (1U << field)) != 0) continue;
        key_ = std::string(field_names[field]);
        fail(expected(), "nothing");
      }
    }
    state_ = state_ == State::top ? State::start : State::top;
    return true;
  }
  bool start_array(std::size_t) override {
    if (state_ == State::skipped) return skip();
    if (state_ == State::entry) {
      if (key_ == "shape") {
        state_ = State::shape;
        return true;
      }
      if (key_ == "data_offsets") {
        state_ = State::offsets;
        offset_count_ = 0;
        return true;
      }
      if (!known_field()) return skip();
    }
    fail(expected(), "an array");
  }
  bool end_array() override {
    if (state_ == State::skipped) return leave_skipped();
    if (state_ == State::offsets && offset_count_ != 2) {
      fail(expected(), message({offset_count_, " numbers"}));
    }
    state_ = State::entry;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    raise<FormatError>({source_, ": the header is not valid JSON at its byte ", position});
  }

 private:
  enum class State { start, top, metadata, entry, shape, offsets, skipped };
  static constexpr std::string_view field_names[] = {"dtype", "shape", "data_offsets"};

  bool known_field() const {
    return std::find(std::begin(field_names), std::end(field_names), key_) != std::end(field_names);
  }

  // A tensor's fields other than the three are passed over, as the reference reader does.
  bool skip() {
    state_ = State::skipped;
    constexpr std::size_t deepest = 128;
    if (++skip_depth_ > deepest) {
      raise<FormatError>({source_, ": tensor ", Quoted{entries.back().info.name},
                          ": expected at most 128 levels of nesting, found more"});
    }
    return true;
  }
  bool leave_skipped() {
    if (--skip_depth_ == 0) state_ = State::entry;
    return true;
  }

  bool scalar(std::string_view found) {
    if (state_ == State::skipped || (state_ == State::entry && !known_field())) return true;
    fail(expected(), found);
  }

  const char* expected() const {
    switch (state_) {
      case State::start:
        return "an object";
      case State::top:
        return key_ == "__metadata__" ? "an object of strings"
                                      : "an object with dtype, shape and data_offsets";
      case State::metadata:
        return "a string";
      default:
        if (key_ == "dtype") return "a string";
        if (key_ == "shape") return "an array of non-negative 64-bit integers";
        return "two non-negative 64-bit integers";
    }
  }

  [[noreturn]] void fail(std::string_view wanted, std::string_view found) const {
    std::string place;
    if (state_ == State::start) {
      place = "header";
    } else if (state_ == State::top) {
      place = key_ == "__metadata__" ? "'__metadata__'" : message({"tensor ", Quoted{key_}});
    } else if (state_ == State::metadata) {
      place = message({"'__metadata__': key ", Quoted{key_}});
    } else {
      place = message({"tensor ", Quoted{entries.back().info.name}, ": key ", Quoted{key_}});
    }
    raise<FormatError>({source_, ": ", place, ": expected ", wanted, ", found ", found});
  }

  const std::string& source_;
  State state_ = State::start;
  std::string key_;
  unsigned found_ = 0;
  std::size_t offset_count_ = 0;
  std::size_t skip_depth_ = 0;
  bool metadata_seen_ = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
