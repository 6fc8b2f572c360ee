// What inspect says of each precision: the memory of a model's matrices and the instructions.
#ifndef EIGENVIT_EXAMPLES_PRECISION_ROWS_HPP
#define EIGENVIT_EXAMPLES_PRECISION_ROWS_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/eigenvit.hpp>

struct PrecisionRow {
  const char* name;
  std::size_t packed;        // bytes
  std::string instructions;  // as EIGENVIT_ISA spells the set
};

inline std::string instructions_of(eigenvit::Precision precision) {
  namespace kernels = eigenvit::kernels;
  const kernels::KernelTable& table = kernels::active_kernels();
  const bool in_storage = precision == eigenvit::Precision::bfloat16 &&
                          !table.has(kernels::WeightFormat::bfloat16_pairs);
  return std::string(table.name) + (in_storage ? ", weights rounded and sums in float" : "");
}

/// Opens the model in every precision, which reads no matrix.
inline std::vector<PrecisionRow> precision_rows(const std::filesystem::path& folder,
                                                eigenvit::ModelOptions options) {
  std::vector<PrecisionRow> rows;
  options.keep_packed = false;
  for (const eigenvit::Precision precision : eigenvit::precisions) {
    options.precision = precision;
    const auto network = eigenvit::ModelFolder::open(folder, options).read_network<float>();
    rows.push_back(
        {name_of(precision), network.layers().packed_bytes(), instructions_of(precision)});
  }
  return rows;
}

inline nlohmann::ordered_json precisions_json(const std::vector<PrecisionRow>& rows) {
  nlohmann::ordered_json json;
  for (const PrecisionRow& row : rows) {
    json[row.name] = {{"packed_bytes", row.packed}, {"instructions", row.instructions}};
  }
  return json;
}

#endif
