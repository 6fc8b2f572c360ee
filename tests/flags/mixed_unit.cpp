#include <cstdint>

#include "../unit/stored_bits.hpp"

std::uint64_t EIGENVIT_TEST_UNIT() {
  return stored_bits::hash(
      stored_bits::forward(stored_bits::Activation::gelu, stored_bits::every_tap()));
}
