#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/inflater.inl>

namespace {

using eigenvit::detail::ByteSpan;
using eigenvit::detail::Inflater;
using State = Inflater::State;

std::vector<std::uint8_t> bytes(const std::string& digits) {
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    all.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return all;
}

struct Result {
  std::string text;
  State state;
};

// All of a stream in pieces of `piece` bytes, read `step` bytes at a time.
Result inflate(const std::vector<std::uint8_t>& stream, std::size_t piece, std::size_t step) {
  std::vector<ByteSpan> pieces;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    pieces.push_back({stream.data() + at, std::min(piece, stream.size() - at)});
  }
  Inflater inflater(pieces, std::numeric_limits<std::uint64_t>::max());
  Result result;
  std::size_t count = step;
  while (count == step) {
    const std::size_t before = result.text.size();
    result.text.resize(before + step);
    count = inflater.read(reinterpret_cast<std::uint8_t*>(&result.text[before]), step);
    result.text.resize(before + count);
  }
  result.state = inflater.end();
  return result;
}

Result inflate(const std::string& digits) {
  const auto stream = bytes(digits);
  return inflate(stream, stream.size(), 100);
}

// Made by zlib: a stored block; one of fixed codes; one of dynamic codes, without and with copies.
const std::string stored = "7801010d00f2ff73746f7265642c206669786564236604ee";
const std::string fixed_codes = "78014b4c4a4e4446500000699108c7";
const std::string dynamic_codes =
    "780105c1a11100301003a0592310357993fdafc0bc7be149dc1844d43de326cc9ada5ee3496cae347b9e8542badda4"
    "2ade346f991d189c191b56dbed3d96c5ac82e01a3d95c53036199c8a111f35e25216";
const std::string zeros =
    "78daedc13101000000c2a0f54f6d0d0fa0" + std::string(192, '0') + "80570386af0001";

const std::string letters =
    "eeteioiaeeieaaeoteeteeeeaeaeneoieteeoteaeetetnanettinaeieaaetteoneenatieietaeeneeeeanttoteanen"
    "eaeitenaitatetoeeeeeteeeeoeteteetteeetnettotiieetataetetneaeeeaeeeonaenoeneataeteeeteetteateee"
    "eoeneaeteeae";

}  // namespace

TEST_CASE("blocks of every kind are decompressed, in any pieces and steps") {
  const struct {
    const std::string& digits;
    std::string text;
  } streams[] = {{stored, "stored, fixed"},
                 {fixed_codes, "abcabcabcabcabcaaaaaaaa"},
                 {dynamic_codes, letters},
                 {zeros, std::string(100000, '\0')}};
  for (const auto& stream : streams) {
    const auto all = bytes(stream.digits);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{9}, all.size()}) {
      for (const std::size_t step : {std::size_t{1}, std::size_t{977}, std::size_t{200000}}) {
        CAPTURE(piece);
        CAPTURE(step);
        const Result result = inflate(all, piece, step);
        CHECK(result.text == stream.text);
        CHECK(result.state == State::ended);
      }
    }
  }
  CHECK(inflate("780105e087050000000020fcff750000000001").text.empty());
}

TEST_CASE("a stream that breaks off is truncated, but for its checksum") {
  for (const std::string& digits : {stored, fixed_codes, dynamic_codes, zeros}) {
    const auto all = bytes(digits);
    const std::string whole = inflate(digits).text;
    for (std::size_t size = 1; size < all.size(); ++size) {
      CAPTURE(size);
      const Result result =
          inflate({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)}, size, 100);
      CHECK(whole.compare(0, result.text.size(), result.text) == 0);
      CHECK(result.state == (size < all.size() - 4 ? State::truncated : State::ended));
    }
  }
}

TEST_CASE("a checksum is compared where it follows the data in the same piece") {
  auto all = bytes(fixed_codes);
  all.back() ^= 1;
  CHECK(inflate(all, all.size(), 100).state == State::wrong_checksum);
  CHECK(inflate(all, all.size() - 4, 100).state == State::ended);
}

TEST_CASE("what zlib refuses is corrupt") {
  const struct {
    const char* what;
    std::string digits;
  } streams[] = {
      {"another method", "7783"},
      {"a window of 64 KiB", "881c"},
      {"a header whose check is wrong", "7802"},
      {"a dictionary", "78bb"},
      {"a block of kind 3", "780107"},
      {"a stored block whose lengths differ", "780101050000fbff"},
      {"a copy from before the first byte", "7801030200"},
      {"length code 286", "78011b03"},
      {"distance code 30", "78014b043e"},
      {"287 literal codes", "7801f50000"},
      {"code lengths of too many words", "780105e00104000000401000"},
      {"code lengths that begin with a repetition", "780105e0870500000000200c"},
      {"code lengths that are repeated too often", "780105e087050000000020f4ffff"},
      {"no end of the block", "780105e087050000000020d4ff5703"},
      {"literals of too many words", "780105e087050000000020d4ff4f07"},
      {"literals of too few words", "780105e087050000008000fcff75"},
  };
  for (const auto& stream : streams) {
    CAPTURE(stream.what);
    const Result result = inflate(stream.digits + std::string(32, '0'));
    CHECK(result.state == State::corrupt);
  }
}

TEST_CASE("after the bytes that were announced only the current piece is looked at") {
  // Two bytes of the block and the checksum lie in the second piece.
  const auto all = bytes(stored);
  const std::size_t cut = all.size() - 6;
  const std::vector<ByteSpan> pieces = {{all.data(), cut}, {all.data() + cut, 6}};
  std::uint8_t out[11];
  Inflater some(pieces, sizeof out);
  CHECK(some.read(out, sizeof out) == sizeof out);
  CHECK(some.end() == State::truncated);
  Inflater more(pieces, sizeof out + 2);
  CHECK(more.read(out, sizeof out) == sizeof out);
  CHECK(more.end() == State::running);
  CHECK(more.read(out, 2) == 2);
  CHECK(more.end() == State::ended);
}
