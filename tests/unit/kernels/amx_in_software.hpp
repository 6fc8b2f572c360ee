/// The kernels of AMX on a model of its registers, which computes what Intel's manual says of each
/// instruction (Software Developer's Manual, volume 2, TDPBF16PS and TDPBUSD): they are tested also
/// on processors without AMX.
#ifndef EIGENVIT_TESTS_UNIT_KERNELS_AMX_IN_SOFTWARE_HPP
#define EIGENVIT_TESTS_UNIT_KERNELS_AMX_IN_SOFTWARE_HPP

#include <eigenvit/kernels/isa/avx512_amx.hpp>

#if EIGENVIT_X86_AMX
EIGENVIT_KERNELS_BEGIN("avx512f,avx512dq,avx512bw,avx512vl,fma")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx512 {

/// What the processor would not do ends the program.
class TilesInSoftware {
 public:
  explicit TilesInSoftware(const TileConfiguration& configuration) : configuration_(configuration) {
    require(configuration.palette == 1 && configuration.first_row == 0);
    for (int i = 0; i < 14; ++i) require(configuration.reserved[i] == 0);
    for (int t = 0; t < 16; ++t) {
      const int row_bytes = configuration.row_bytes[t], rows = configuration.rows[t];
      require(t < 8 ? row_bytes <= 64 && rows <= 16 : row_bytes == 0 && rows == 0);
      require((row_bytes == 0) == (rows == 0));
    }
  }
  TilesInSoftware(const TilesInSoftware&) = delete;
  TilesInSoftware& operator=(const TilesInSoftware&) = delete;

  template <int t>
  void load(const void* p, Stride row_bytes) {
    require(rows(t) != 0);
    for (int r = 0; r < rows(t); ++r) {
      const char* const from = static_cast<const char*>(p) + r * row_bytes;
      __builtin_memcpy(&tiles_[t][r], from, static_cast<unsigned>(configuration_.row_bytes[t]));
    }
  }
  template <int t>
  void store(void* p, Stride row_bytes) const {
    require(rows(t) != 0);
    for (int r = 0; r < rows(t); ++r) {
      char* const to = static_cast<char*>(p) + r * row_bytes;
      __builtin_memcpy(to, &tiles_[t][r], static_cast<unsigned>(configuration_.row_bytes[t]));
    }
  }
  template <int t>
  void clear() {
    require(rows(t) != 0);
    tiles_[t] = {};
  }

  template <int sums, int a, int b>
  void multiply_pairs() {
    require_fit(sums, a, b);
    // Subnormal numbers count as 0, and become 0: bits 6 and 15. Bits 7 to 12: no exception traps.
    constexpr unsigned control = 0x9FC0;
    unsigned before;
    __asm__ volatile("stmxcsr %0" : "=m"(before));
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
    for (int m = 0; m < rows(sums); ++m) {
      Vec even = zero(), odd = zero();
      for (int k = 0; k < rows(b); ++k) {
        const unsigned pair = tiles_[a][m][k];
        fused(even, word(pair << 16), low_of_pairs(tiles_[b][k]));
        fused(odd, word(pair & 0xFFFF0000U), high_of_pairs(tiles_[b][k]));
      }
      Vec sum;
      __builtin_memcpy(&sum, &tiles_[sums][m], sizeof sum);
      __asm__ volatile("vaddps %1, %2, %0" : "=v"(even) : "v"(odd), "v"(even));
      __asm__ volatile("vaddps %1, %2, %0" : "=v"(sum) : "v"(even), "v"(sum));
      __builtin_memcpy(&tiles_[sums][m], &sum, sizeof sum);
    }
    __asm__ volatile("ldmxcsr %0" : : "m"(before));
  }

  template <int sums, int a, int b>
  void multiply_bytes() {
    require_fit(sums, a, b);
    for (int m = 0; m < rows(sums); ++m) {
      for (int k = 0; k < rows(b); ++k) {
        for (int n = 0; n < 16; ++n) {
          unsigned sum = 0;
          for (int i = 0; i < 4; ++i) {
            const int x = static_cast<int>(tiles_[a][m][k] >> 8 * i & 255U);
            const int w = static_cast<signed char>(tiles_[b][k][n] >> 8 * i & 255U);
            sum += static_cast<unsigned>(x * w);
          }
          tiles_[sums][m][n] += sum;
        }
      }
    }
  }

 private:
  struct Row {
    unsigned words[16];
    unsigned& operator[](int i) { return words[i]; }
  };
  struct Tile {
    Row rows[16];
    Row& operator[](int i) { return rows[i]; }
    const Row& operator[](int i) const { return rows[i]; }
  };

  static void require(bool condition) {
    if (!condition) __builtin_trap();
  }
  int rows(int t) const { return configuration_.rows[t]; }
  void require_fit(int sums, int a, int b) const {
    require(rows(sums) != 0 && rows(sums) == rows(a));
    require(configuration_.row_bytes[a] == 4 * rows(b));
    require(configuration_.row_bytes[sums] == 64 && configuration_.row_bytes[b] == 64);
  }

  static Vec word(unsigned bits) { return broadcast_bits(&bits); }
  static Vec low_of_pairs(const Row& row) {
    Row low;
    for (int n = 0; n < 16; ++n) low.words[n] = row.words[n] << 16;
    return avx512::load(reinterpret_cast<const float*>(low.words));
  }
  static Vec high_of_pairs(const Row& row) {
    Row high;
    for (int n = 0; n < 16; ++n) high.words[n] = row.words[n] & 0xFFFF0000U;
    return avx512::load(reinterpret_cast<const float*>(high.words));
  }
  static void fused(Vec& sum, Vec a, Vec b) {
    __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }

  TileConfiguration configuration_;
  Tile tiles_[8] = {};
};

/// Made of the library's own `bf16_table`.
inline KernelTable amx_in_software(const KernelTable& bf16) {
  return with_tile_registers<TilesInSoftware>(bf16, "amx in software");
}

}  // namespace avx512
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END
#endif

#endif
