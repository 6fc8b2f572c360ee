#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/checksums.inl>

using namespace eigenvit;

TEST_CASE("checksums are those of zlib") {
  const std::vector<std::uint8_t> digits = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(detail::Crc32()(digits.data(), digits.size()) == 0xCBF43926U);
  CHECK(detail::Crc32()(digits.data(), 0) == 0);
  detail::Adler32 sum;
  CHECK(sum.value() == 1);
  sum.add(digits.data(), 4);
  sum.add(digits.data() + 4, 5);
  CHECK(sum.value() == 0x091E01DEU);
  // More of the largest bytes than 32 bits would sum.
  const std::vector<std::uint8_t> large(20000, 255);
  detail::Adler32 of_large;
  of_large.add(large.data(), large.size());
  CHECK(of_large.value() == 0x9F51D664U);
}
