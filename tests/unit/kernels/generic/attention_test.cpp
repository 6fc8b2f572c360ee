#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/core/finite.hpp>
#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::AttentionArguments;
using eigenvit::kernels::AttentionFormat;
using eigenvit::kernels::KernelTable;
using support::Framed;
using support::kernel_tables;
using support::random_values;

namespace {

/// Random queries, keys and values of one head, rows `[q k v]`, filled up with zeros to `width`.
struct Head {
  Index keys, width, head_dim;
  Framed<float> qkv;

  Head(Index key_count, Index padded, Index dim, double spread = 1)
      : keys(key_count),
        width(padded),
        head_dim(dim),
        qkv(std::max<Index>(key_count, 32), 3 * padded, 1, spread) {
    for (Index r = 0; r < qkv.rows; ++r) {
      for (Index c = 0; c < qkv.cols; ++c) {
        if (c % width >= head_dim) qkv(r, c) = 0;
      }
    }
  }

  float scale() const { return 1 / std::sqrt(static_cast<float>(head_dim)); }
};

struct Result {
  Framed<float> out;
  Framed<float> probabilities;

  Result(Index queries, Index head_dim, Index keys)
      : out(queries, head_dim, 2), probabilities(queries, keys, 3) {}

  bool is_part_of(const Result& other) const {
    return out.is_part_of(other.out) && probabilities.is_part_of(other.probabilities);
  }
};

/// Biases `[keys, 32]`, a key a row.
AlignedBuffer<float> random_bias(Index keys) {
  return random_values<float>(keys * eigenvit::kernels::attention_queries, 9, 4);
}

Result expected(const Head& head, const AlignedBuffer<float>& bias = {}) {
  Result result(32, head.head_dim, head.keys);
  AlignedBuffer<float> scores(static_cast<std::size_t>(32 * head.keys));
  const float* const q = head.qkv.data();
  AlignedBuffer<float> turned(bias.size());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const auto keys = static_cast<std::size_t>(head.keys);
    turned[i] = bias[i % keys * 32 + i / keys];
  }
  eigenvit::reference::attention(q, 32, q + head.width, q + 2 * head.width, head.keys,
                                 head.head_dim, head.qkv.stride, double(head.scale()),
                                 scores.data(), result.out.data(), result.out.stride,
                                 bias.empty() ? nullptr : turned.data());
  for (Index i = 0; i < 32; ++i) {
    std::copy_n(scores.data() + i * head.keys, head.keys, &result.probabilities(i, 0));
  }
  return result;
}

/// The first `queries` queries, which attend to the first `keys` keys, 0 for all. Whoever writes
/// beside the scratch gives NaN.
Result attend(const KernelTable& table, const Head& head, Index queries, bool probabilities = true,
              Index first = 0, const float* bias = nullptr,
              AttentionFormat format = AttentionFormat::native, Index keys = 0) {
  Result result(queries, head.head_dim, head.keys);
  AlignedBuffer<float> scores(static_cast<std::size_t>(queries * head.keys + 1),
                              float(support::canary));
  const auto size = static_cast<std::size_t>(
      eigenvit::kernels::attention_scratch(head.width) +
      (format == AttentionFormat::native ? 0 : eigenvit::kernels::packed_attention_scratch));
  AlignedBuffer<float> scratch(size + 2, support::not_a_number);
  scratch.front() = scratch.back() = float(support::canary);
  AttentionArguments<float> a;
  a.q = head.qkv.data() + first * head.qkv.stride;
  a.k = head.qkv.data() + head.width;
  a.v = head.qkv.data() + 2 * head.width;
  a.queries = queries;
  a.keys = head.keys;
  a.width = head.width;
  a.out_width = head.head_dim;
  a.q_stride = a.kv_stride = head.qkv.stride;
  a.scale = head.scale();
  a.bias = bias;
  a.out = result.out.data();
  a.out_stride = result.out.stride;
  a.probabilities = probabilities ? scores.data() : nullptr;
  a.scratch = scratch.data() + 1;
  a.format = format;
  const auto& kernels = table.attention(format);
  const auto packed_size =
      static_cast<std::size_t>(eigenvit::kernels::PackedHead(head.keys, head.width).size);
  AlignedBuffer<float> packed(packed_size + 1, support::not_a_number);
  packed.back() = float(support::canary);
  if (kernels.pack != nullptr) {
    kernels.pack(a.k, a.v, a.kv_stride, a.keys, a.width, packed.data());
    a.k = a.v = packed.data();
  }
  if (keys > 0) {
    a.keys = keys;
    a.packed_keys = a.longest_keys = head.keys;
  }
  kernels.attend(a);
  REQUIRE(packed.back() == float(support::canary));
  REQUIRE(scores.back() == float(support::canary));
  REQUIRE(scratch.front() == float(support::canary));
  REQUIRE(scratch.back() == float(support::canary));
  for (Index i = 0; probabilities && i < queries; ++i) {
    std::copy_n(scores.data() + i * head.keys, head.keys, &result.probabilities(i, 0));
  }
  return result;
}

}  // namespace

TEST_CASE("attention of every width and number of keys, the same bits for the sets that agree") {
  double worst = 0, worst_probability = 0;
  for (const Index width : {16, 32, 48, 64, 80, 96, 112}) {
    for (const Index keys : {1, 2, 103, 104, 105, 197, 300}) {
      CAPTURE(width);
      CAPTURE(keys);
      // Widths as they occur: 72 and 88 are filled up.
      const Head head(keys, width, width == 80 || width == 96 ? width - 8 : width);
      const Result reference = expected(head);
      const Result first = attend(*kernel_tables().front(), head, 32);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        const Result whole = attend(*table, head, 32);
        CHECK(whole.out.frame_is_whole());
        worst = std::max(worst, support::worst_error(whole.out, reference.out));
        worst_probability = std::max(
            worst_probability, support::worst_error(whole.probabilities, reference.probabilities));
        if (support::agree(*table, *kernel_tables().front())) {
          CHECK(whole.is_part_of(first));
        }
      }
    }
  }
  CHECK(worst < 4e-7);                // measured: 1.3e-7
  CHECK(worst_probability < 1.5e-7);  // measured: 5.0e-8
}

TEST_CASE("attention adds a bias to the scores, the same bits for the sets that agree") {
  double worst = 0, worst_probability = 0;
  for (const Index keys : {1, 2, 95, 97, 197, 300}) {
    CAPTURE(keys);
    const Head head(keys, 32, 30);
    const AlignedBuffer<float> bias = random_bias(keys);
    const Result reference = expected(head, bias);
    const Result first = attend(*kernel_tables().front(), head, 32, true, 0, bias.data());
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Result whole = attend(*table, head, 32, true, 0, bias.data());
      worst = std::max(worst, support::worst_error(whole.out, reference.out));
      worst_probability = std::max(
          worst_probability, support::worst_error(whole.probabilities, reference.probabilities));
      if (support::agree(*table, *kernel_tables().front())) CHECK(whole.is_part_of(first));
      // Fewer queries, whose rows of the bias are as wide: the same.
      for (const Index queries : {1, 17}) {
        CHECK(attend(*table, head, queries, true, 0, bias.data()).out.is_part_of(whole.out));
      }
    }
  }
  CHECK(worst < 6e-7);
  CHECK(worst_probability < 5e-7);
}

TEST_CASE("attention to the first keys has the bits that it has where the others are masked") {
  for (const Index all : {2, 77, 150}) {
    const Head head(all, 64, 64);
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      for (const auto format :
           {AttentionFormat::native, AttentionFormat::bfloat16, AttentionFormat::words}) {
        if (table->attention(format).attend == nullptr) continue;
        CAPTURE(format);
        for (const Index keys : {1, 32, 33, 75, 104, 149}) {
          if (keys >= all) continue;
          CAPTURE(keys);
          AlignedBuffer<float> mask(static_cast<std::size_t>(32 * all), 0.0f);
          std::fill(mask.begin() + 32 * keys, mask.end(), -1e30f);
          const Result masked = attend(*table, head, 32, false, 0, mask.data(), format);
          CHECK(attend(*table, head, 32, false, 0, mask.data(), format, keys)
                    .out.is_part_of(masked.out));
        }
      }
    }
  }
}

TEST_CASE("attention of a query has the same bits whichever queries and taps go with it") {
  for (const auto& [width, keys] : {std::pair<Index, Index>{16, 2}, {80, 97}}) {
    const Head head(keys, width, width - 3);
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Result whole = attend(*table, head, 32);
      bool same = true;
      for (Index queries = 1; queries <= 32; ++queries) {
        same = same && attend(*table, head, queries).is_part_of(whole);
        same = same && attend(*table, head, queries, false).out.is_part_of(whole.out);
        const Result last = attend(*table, head, 1, true, queries - 1);
        same = same && support::same_bits(&last.out(0, 0), &whole.out(queries - 1, 0), width - 3);
      }
      CHECK(same);
    }
  }
}

TEST_CASE("attention with scores far apart: nothing overflows, and sums of probabilities are 1") {
  double worst = 0;
  for (const double spread : {10.0, 1e3, 1e15}) {
    CAPTURE(spread);
    const Head head(197, 32, 32, spread);
    const Result reference = expected(head);
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Result found = attend(*table, head, 32);
      for (Index q = 0; q < 32; ++q) {
        double total = 0;
        for (Index k = 0; k < 197; ++k) total += double(found.probabilities(q, k));
        CHECK(std::abs(total - 1) < 1e-6);
        for (Index k = 0; k < 197; ++k) {
          worst = std::max(worst, std::abs(double(found.probabilities(q, k)) -
                                           double(reference.probabilities(q, k))));
        }
      }
    }
  }
  CHECK(worst < 8e-6);  // measured: 2.7e-6, where scores are about 50
}

TEST_CASE("attention of equal keys is the mean of the values, and of a zero query too") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    Head head(128, 16, 16);
    for (Index c = 0; c < 16; ++c) head.qkv(5, c) = 0;
    for (Index k = 0; k < 128; ++k) {
      for (Index c = 0; c < 16; ++c) head.qkv(k, 32 + c) = static_cast<float>(k);
    }
    const Result found = attend(*table, head, 6);
    for (Index c = 0; c < 16; ++c) CHECK(found.out(5, c) == 63.5f);
    for (Index k = 0; k < 128; ++k) CHECK(found.probabilities(5, k) == 1 / 128.0f);
  }
}

TEST_CASE("attention passes NaN on to whatever it reaches, and to nothing else") {
  const Index queries = 20, keys = 100, at = 7;
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Head clean(keys, 16, 16);
    const Result before = attend(*table, clean, queries);
    // A query reaches its own row.
    Head head = clean;
    head.qkv(at, 3) = support::not_a_number;
    Result found = attend(*table, head, queries);
    bool right = true;
    for (Index q = 0; q < queries; ++q) {
      for (Index c = 0; c < 16; ++c) {
        right = right && (q == at ? support::is_nan(found.out(q, c))
                                  : support::same_bits(found.out(q, c), before.out(q, c)));
      }
      for (Index k = 0; k < keys; ++k) {
        right = right && support::is_nan(found.probabilities(q, k)) == (q == at);
      }
    }
    CHECK(right);
    // A key, or one whose score is infinite, all queries; wherever among the keys it stands.
    for (const float bad : {support::not_a_number, support::infinity}) {
      for (const Index key : {0, 49, 50, 99}) {
        CAPTURE(key);
        head = clean;
        for (Index q = 0; q < queries; ++q) head.qkv(q, 5) = 1;
        head.qkv(key, 16 + 5) = bad;
        found = attend(*table, head, queries);
        right = true;
        for (Index q = 0; q < queries; ++q) {
          for (Index c = 0; c < 16; ++c) right = right && support::is_nan(found.out(q, c));
        }
        CHECK(right);
      }
    }
    // A value its column.
    for (const float bad : {support::not_a_number, support::infinity, -support::infinity}) {
      head = clean;
      head.qkv(at, 32 + 3) = bad;
      found = attend(*table, head, queries);
      right = true;
      for (Index q = 0; q < queries; ++q) {
        for (Index c = 0; c < 16; ++c) {
          right = right && (c != 3 ? support::same_bits(found.out(q, c), before.out(q, c))
                            : support::is_nan(bad) ? support::is_nan(found.out(q, c))
                                                   : support::same_bits(found.out(q, c), bad));
        }
      }
      CHECK(right);
    }
  }
}

TEST_CASE(
    "attention gives keys of an infinitely small score no weight, a whole block of them too") {
  const Index keys = 150;
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (const Index first : {0, 75}) {
      CAPTURE(first);
      Head head(keys, 16, 16);
      for (Index q = 0; q < 4; ++q) head.qkv(q, 5) = 1;
      for (Index k = 0; k < keys; ++k) head.qkv(k, 32) = static_cast<float>(k);
      for (Index k = 0; k < keys; ++k) {
        if (k >= first && k < first + 75) head.qkv(k, 16 + 5) = -support::infinity;
      }
      const Result found = attend(*table, head, 4);
      for (Index q = 0; q < 4; ++q) {
        double total = 0;
        bool zero = true;
        for (Index k = 0; k < keys; ++k) {
          const bool hidden = k >= first && k < first + 75;
          total += double(found.probabilities(q, k));
          zero = zero && (!hidden || found.probabilities(q, k) == 0);
        }
        CHECK(zero);
        CHECK(std::abs(total - 1) < 1e-6);
      }
    }
  }
}

TEST_CASE("softmax_columns is the softmax down each column") {
  double worst = 0;
  for (const Index rows : {1, 2, 3, 16, 31, 100, 197, 1374}) {
    for (const double spread : {1.0, 50.0, 1e4, 1e30}) {
      CAPTURE(rows);
      CAPTURE(spread);
      auto scores = random_values<float>(16 * rows, 1, spread);
      AlignedBuffer<double> columns(scores.size());
      for (Index c = 0; c < 16; ++c) {
        double* const column = columns.data() + c * rows;
        for (Index r = 0; r < rows; ++r) {
          column[r] = double(scores[static_cast<std::size_t>(r * 16 + c)]) * std::log(2.0);
        }
        eigenvit::reference::softmax_row(column, rows);
      }
      AlignedBuffer<float> first;
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        auto found = scores;
        found.push_back(float(support::canary));
        table->softmax_columns(found.data(), rows);
        CHECK(found.back() == float(support::canary));
        for (std::size_t i = 0; i < scores.size(); ++i) {
          const auto r = i / 16, c = i % 16;
          worst = std::max(
              worst,
              support::worst_error(&found[i], &columns[c * static_cast<std::size_t>(rows) + r], 1));
        }
        if (first.empty()) first = found;
        if (support::agree(*table, *kernel_tables().front())) {
          CHECK(support::same_bits(first, found));
        }
      }
    }
  }
  CHECK(worst < 4e-7);  // measured: 1.4e-7
}

TEST_CASE("softmax_columns of NaN and infinities, column by column") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (const Index rows : {1, 5}) {
      auto scores = random_values<float>(16 * rows, 1);
      float* const last = scores.data() + (rows - 1) * 16;
      last[2] = support::not_a_number;
      last[3] = support::infinity;
      last[15] = -support::infinity;
      table->softmax_columns(scores.data(), rows);
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < 16; ++c) {
          // With nothing beside it, the softmax of -inf is 0/0.
          const bool undefined = c == 2 || c == 3 || (c == 15 && rows == 1);
          CHECK(support::is_nan(scores[static_cast<std::size_t>(r * 16 + c)]) == undefined);
        }
      }
      if (rows > 1) CHECK(last[15] == 0);
    }
  }
}

TEST_CASE("weighted_sums is its twin over odd sizes, the same bits for the sets that agree") {
  double worst = 0;
  for (const Index width : {16, 32, 48, 64, 192}) {
    for (const Index rows : {0, 1, 2, 3, 4, 5, 6, 7, 31, 197, 300}) {
      CAPTURE(width);
      CAPTURE(rows);
      const auto p = random_values<float>(rows * 16, 1);
      const Framed<float> x(rows, width, 2);
      Framed<float> expected_sums(16, width, 3);
      eigenvit::reference::weighted_sums(p.data(), 16, x.data(), x.stride, rows, width,
                                         expected_sums.data(), expected_sums.stride);
      Framed<float> first(16, width, 3);
      kernel_tables().front()->weighted_sums(p.data(), x.data(), x.stride, rows, width,
                                             first.data(), first.stride);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        Framed<float> out(16, width, 4);
        table->weighted_sums(p.data(), x.data(), x.stride, rows, width, out.data(), out.stride);
        CHECK(out.frame_is_whole());
        worst = std::max(worst, support::worst_error(out, expected_sums));
        if (support::agree(*table, *kernel_tables().front())) {
          CHECK(out.is_part_of(first));
        }
      }
    }
  }
  CHECK(worst < 1.5e-5);  // measured: 4.8e-6, of 300 rows
}

namespace {

/// The largest errors of a format over widths and numbers of keys, and the least of the largest.
struct Errors {
  double out = 0;
  double probability = 0;
  double least = 1;
};

/// Checks too that a query does not depend on those beside it.
Errors errors_of(const KernelTable& table, AttentionFormat format) {
  Errors errors;
  for (const Index width : {16, 32, 48, 64, 80}) {
    for (const Index keys : {1, 2, 103, 105, 197}) {
      CAPTURE(width);
      CAPTURE(keys);
      const Head head(keys, width, width == 80 ? 72 : width);
      const AlignedBuffer<float> bias = random_bias(keys);
      const Result reference = expected(head, bias);
      const Result whole = attend(table, head, 32, true, 0, bias.data(), format);
      CHECK(whole.out.frame_is_whole());
      const double error = support::worst_error(whole.out, reference.out);
      errors.out = std::max(errors.out, error);
      errors.least = std::min(errors.least, error);
      errors.probability = std::max(
          errors.probability, support::worst_error(whole.probabilities, reference.probabilities));
      for (const Index queries : {1, 15, 17}) {
        CHECK(attend(table, head, queries, true, 0, bias.data(), format).is_part_of(whole));
      }
    }
  }
  return errors;
}

}  // namespace

TEST_CASE("attention in bfloat16 is that of rounded values, whichever queries are beside") {
  for (const KernelTable* const table : support::format_tables()) {
    if (table->attention(AttentionFormat::bfloat16).attend == nullptr) continue;
    const Errors errors = errors_of(*table, AttentionFormat::bfloat16);
    CHECK(errors.out < 1e-2);
    CHECK(errors.probability < 1e-2);
    CHECK(errors.least > 1e-5);  // rounded, not floats
  }
}

TEST_CASE("attention in words is that of 11 bits, the same bits for the sets that agree") {
  const Head head(197, 64, 64);
  const Result first =
      attend(*support::format_tables().front(), head, 32, true, 0, nullptr, AttentionFormat::words);
  for (const KernelTable* const table : support::format_tables()) {
    CAPTURE(support::name_of(table));
    const Errors errors = errors_of(*table, AttentionFormat::words);
    CHECK(errors.out < 3e-3);
    CHECK(errors.probability < 2e-3);
    CHECK(errors.least > 1e-6);  // rounded, not floats
    if (support::agree(*table, *support::format_tables().front())) {
      CHECK(attend(*table, head, 32, true, 0, nullptr, AttentionFormat::words).is_part_of(first));
    }
  }
}

TEST_CASE("attention in words keeps the bits of others beside a token of large values") {
  Head head(197, 64, 64);
  // Token 5 has values a thousand times as large; its key turns most queries away.
  for (Index c = 0; c < 64; ++c) {
    head.qkv(5, 2 * 64 + c) *= 1000;
    head.qkv(5, 64 + c) = 0;
    for (Index q = 0; q < 32; ++q) head.qkv(5, 64 + c) -= head.qkv(q, c);
  }
  const Result reference = expected(head);
  for (const KernelTable* const table : support::format_tables()) {
    CAPTURE(support::name_of(table));
    const Result found = attend(*table, head, 32, true, 0, nullptr, AttentionFormat::words);
    double worst = 0;
    for (Index q = 0; q < 32; ++q) {
      double most = 0, error = 0;
      for (Index c = 0; c < 64; ++c) {
        most = std::max(most, std::abs(double(reference.out(q, c))));
        error = std::max(error, std::abs(double(found.out(q, c)) - double(reference.out(q, c))));
      }
      worst = std::max(worst, error / most);
    }
    CHECK(worst < 1e-2);
  }
}

TEST_CASE("attention of packed heads shows queries, keys and values that are not finite") {
  for (const AttentionFormat format : {AttentionFormat::bfloat16, AttentionFormat::words}) {
    for (const KernelTable* const table : support::format_tables()) {
      if (table->attention(format).attend == nullptr) continue;
      CAPTURE(support::name_of(table));
      for (Index part = 0; part < 3; ++part) {
        Head head(105, 32, 32);
        head.qkv(3, part * 32 + 7) = support::not_a_number;
        const Result found = attend(*table, head, 32, false, 0, nullptr, format);
        CHECK_FALSE(eigenvit::detail::is_finite(found.out(3, 7)));
      }
    }
  }
}
