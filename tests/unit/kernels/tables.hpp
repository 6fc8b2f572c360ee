/// The kernels that the tests hold against their twins and against each other.
#ifndef EIGENVIT_TESTS_UNIT_KERNELS_TABLES_HPP
#define EIGENVIT_TESTS_UNIT_KERNELS_TABLES_HPP

#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/kernel_table.hpp>

#include "../support.hpp"

namespace support {

/// Those of every instruction set that can run here, and the body of AVX-512 made of AVX2's
/// instructions. Behind a function, so that they are compiled once for all tests.
const std::vector<const eigenvit::kernels::KernelTable*>& kernel_tables();

/// The same with those that differ in formats of weights alone, with AVX-VNNI in AVX-512's encoding
/// and with AMX on a model of its registers.
const std::vector<const eigenvit::kernels::KernelTable*>& format_tables();

/// Whether two sets agree bit for bit: all do but the baseline, which rounds products before they
/// are summed.
inline bool agree(const eigenvit::kernels::KernelTable& a,
                  const eigenvit::kernels::KernelTable& b) {
  const std::string baseline = "baseline";
  return (a.name == baseline) == (b.name == baseline);
}

inline std::string name_of(const eigenvit::kernels::KernelTable* table) {
  return table->name;
}

/// Row-major `weight [outputs, inputs]` in panels. Outputs that the last panel lacks are NaN, which
/// no result may show.
inline eigenvit::AlignedBuffer<float> pack(const eigenvit::AlignedBuffer<float>& weight,
                                           eigenvit::Index outputs, eigenvit::Index inputs) {
  using eigenvit::kernels::panel_width;
  const eigenvit::Index panels = (outputs + panel_width - 1) / panel_width;
  eigenvit::AlignedBuffer<float> packed(static_cast<std::size_t>(panels * inputs * panel_width),
                                        not_a_number);
  for (eigenvit::Index o = 0; o < outputs; ++o) {
    float* const to = packed.data() + o / panel_width * panel_width * inputs + o % panel_width;
    for (eigenvit::Index i = 0; i < inputs; ++i) to[i * panel_width] = weight[o * inputs + i];
  }
  return packed;
}

}  // namespace support

#endif
