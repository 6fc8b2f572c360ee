#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/packed_matrix.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::detail::PackedMatrix;
using eigenvit::kernels::panel_width;

namespace {

const float* values_of(const PackedMatrix<float>::PanelView& view) {
  return static_cast<const float*>(view.data());
}

template <class Scalar>
bool holds(const PackedMatrix<Scalar>& packed, const eigenvit::ConstMatrixRef<Scalar>& source) {
  bool same = packed.outputs() == source.rows() && packed.inputs() == source.cols();
  for (Index o = 0; same && o < source.rows(); ++o) {
    for (Index i = 0; i < source.cols(); ++i) same = same && packed(o, i) == source(o, i);
  }
  return same;
}

/// How often each row was read, and whether its source was told that it is done.
struct Reads {
  explicit Reads(Index rows) : of_row(static_cast<std::size_t>(rows)) {}
  int total() const { return std::accumulate(of_row.begin(), of_row.end(), 0); }

  std::vector<int> of_row;
  bool released = false;
};

class CountedRows final : public eigenvit::detail::WeightRows<float> {
 public:
  CountedRows(const AlignedBuffer<float>& values, Index inputs, std::shared_ptr<Reads> reads)
      : values_(values), inputs_(inputs), reads_(std::move(reads)) {}

  void read(Index first, Index count, float* rows) const noexcept override {
    std::copy_n(values_.data() + first * inputs_, count * inputs_, rows);
    for (Index o = first; o < first + count; ++o) ++reads_->of_row[static_cast<std::size_t>(o)];
  }
  void release() const noexcept override { reads_->released = true; }

 private:
  const AlignedBuffer<float>& values_;
  Index inputs_;
  std::shared_ptr<Reads> reads_;
};

/// As above, but every row below `first_to_read` is found where it stands.
class PlacedRows final : public eigenvit::detail::WeightRows<float> {
 public:
  PlacedRows(const AlignedBuffer<float>& values, Index inputs, Index first_to_read,
             std::shared_ptr<Reads> reads)
      : rows_(values, inputs, std::move(reads)),
        values_(values),
        inputs_(inputs),
        first_to_read_(first_to_read) {}

  const float* in_place(Index output) const noexcept override {
    return output < first_to_read_ ? values_.data() + output * inputs_ : nullptr;
  }
  void read(Index first, Index count, float* rows) const noexcept override {
    rows_.read(first, count, rows);
  }
  void release() const noexcept override { rows_.release(); }

 private:
  CountedRows rows_;
  const AlignedBuffer<float>& values_;
  Index inputs_;
  Index first_to_read_;
};

}  // namespace

TEST_CASE_TEMPLATE("PackedMatrix holds what it was packed from", Scalar, float, double) {
  for (const Index outputs : {1, 5, 16, 17, 40}) {
    CAPTURE(outputs);
    const auto values = support::random_values<Scalar>(outputs * 7, 1);
    const eigenvit::ConstMatrixView<Scalar> source(values.data(), outputs, 7);
    CHECK(holds<Scalar>(PackedMatrix<Scalar>{eigenvit::ConstMatrixRef<Scalar>(source)}, source));
    CHECK(holds<Scalar>(PackedMatrix<Scalar>(values, outputs, 7), source));
    // From a block, whose rows are not next to each other.
    const auto block = source.block(outputs / 2, 2, outputs - outputs / 2, 4);
    CHECK(holds<Scalar>(PackedMatrix<Scalar>{eigenvit::ConstMatrixRef<Scalar>(block)}, block));
  }
}

TEST_CASE("PackedMatrix lies in panels of sixteen outputs, the last filled up with zeros") {
  constexpr Index outputs = 21, inputs = 3;
  const auto values = support::random_values<float>(outputs * inputs, 1);
  const PackedMatrix<float> packed(values, outputs, inputs);
  CHECK(packed.group() == outputs);
  CHECK(packed.group_panels() == 2);
  CHECK(packed.panels() == 2);
  CHECK(packed.bytes() == 2 * panel_width * inputs * sizeof(float));
  for (Index panel = 0; panel < 2; ++panel) {
    for (Index i = 0; i < inputs; ++i) {
      for (Index lane = 0; lane < panel_width; ++lane) {
        const Index o = panel * panel_width + lane;
        const float expected = o < outputs ? values[static_cast<std::size_t>(o * inputs + i)] : 0;
        CHECK(values_of(packed.panel(panel))[i * panel_width + lane] == expected);
      }
    }
  }
}

TEST_CASE("PackedMatrix in groups packs a panel when it is first used, and each row once") {
  constexpr Index inputs = 4;
  for (const Index group : {1, 5, 16, 20, 36}) {
    CAPTURE(group);
    const Index outputs = 3 * group;
    const auto values = support::random_values<float>(outputs * inputs, 1);
    const eigenvit::ConstMatrixView<float> source(values.data(), outputs, inputs);
    const auto reads = std::make_shared<Reads>(outputs);
    const PackedMatrix<float> packed(std::make_unique<CountedRows>(values, inputs, reads), outputs,
                                     inputs, group);
    CHECK(packed.panels() == 3 * ((group + 15) / 16));
    CHECK(reads->total() == 0);
    // The last group alone, then a copy that shares what has been packed, then all.
    CHECK(packed(outputs - 1, 2) == source(outputs - 1, 2));
    CHECK(reads->total() == (group % 16 ? group % 16 : 16));
    CHECK_FALSE(reads->released);
    const PackedMatrix<float> copy = packed;
    CHECK(holds<float>(copy, source));
    CHECK(reads->released);
    CHECK(holds<float>(packed, source));
    CHECK(std::all_of(reads->of_row.begin(), reads->of_row.end(), [](int n) { return n == 1; }));
    // What is missing in the last panel of each group is zero.
    double sum = 0, all = 0;
    for (const float value : values) sum += std::abs(static_cast<double>(value));
    for (Index i = 0; i < packed.panels() * panel_width * inputs; ++i) {
      all += std::abs(static_cast<double>(values_of(packed.panel(0))[i]));
    }
    CHECK(all == doctest::Approx(sum).epsilon(1e-12));
  }
}

TEST_CASE(
    "PackedMatrix packs from where weights stand, and reads only panels that lack one there") {
  constexpr Index inputs = 6, outputs = 72, group = 36;
  const auto values = support::random_values<float>(outputs * inputs, 1);
  const eigenvit::ConstMatrixView<float> source(values.data(), outputs, inputs);
  // Panels begin at outputs 0, 16, 32, 36, 52 and 68.
  const struct {
    Index first_to_read;
    int reads;
  } cases[] = {{72, 0}, {71, 4}, {68, 4}, {60, 20}, {36, 36}, {33, 40}, {0, 72}};
  for (const auto& expected : cases) {
    CAPTURE(expected.first_to_read);
    const auto rows = [&](const std::shared_ptr<Reads>& reads) {
      return std::make_unique<PlacedRows>(values, inputs, expected.first_to_read, reads);
    };
    const auto reads = std::make_shared<Reads>(outputs);
    const PackedMatrix<float> kept(rows(reads), outputs, inputs, group);
    CHECK(holds<float>(kept, source));
    CHECK(reads->total() == expected.reads);
    CHECK(reads->released);
    const auto again = std::make_shared<Reads>(outputs);
    const PackedMatrix<float> passing(rows(again), outputs, inputs, group,
                                      std::make_shared<eigenvit::detail::PanelPool<float>>());
    const auto all = passing.panels(0, passing.panels());
    CHECK(again->total() == expected.reads);
    CHECK(support::same_bits(values_of(all), values_of(kept.panel(0)),
                             static_cast<Index>(kept.bytes() / sizeof(float))));
  }
}

TEST_CASE("PackedMatrix is packed once, however many threads use it first") {
  constexpr Index inputs = 33, outputs = 160;
  const auto values = support::random_values<float>(outputs * inputs, 1);
  const eigenvit::ConstMatrixView<float> source(values.data(), outputs, inputs);
  const auto reads = std::make_shared<Reads>(outputs);
  const PackedMatrix<float> packed(std::make_unique<CountedRows>(values, inputs, reads), outputs,
                                   inputs, outputs);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { right += holds<float>(packed, source) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 4);
  CHECK(std::all_of(reads->of_row.begin(), reads->of_row.end(), [](int n) { return n == 1; }));
}

TEST_CASE("PackedMatrix packs at once where it is told to, and lets its source go") {
  const auto values = support::random_values<float>(20 * 3, 1);
  const auto reads = std::make_shared<Reads>(20);
  PackedMatrix<float> packed(std::make_unique<CountedRows>(values, 3, reads), 20, 3, 20);
  packed.pack();
  CHECK(reads->total() == 20);
  CHECK(reads->released);
  CHECK(reads.use_count() == 1);
  CHECK(holds<float>(packed, eigenvit::ConstMatrixView<float>(values.data(), 20, 3)));
}

TEST_CASE("PackedMatrix with a pool packs for each use, in the same memory") {
  constexpr Index inputs = 5, outputs = 70, group = 35;
  const auto values = support::random_values<float>(outputs * inputs, 1);
  const eigenvit::ConstMatrixView<float> source(values.data(), outputs, inputs);
  const auto reads = std::make_shared<Reads>(outputs);
  const auto pool = std::make_shared<eigenvit::detail::PanelPool<float>>();
  const PackedMatrix<float> passing(std::make_unique<CountedRows>(values, inputs, reads), outputs,
                                    inputs, group, pool);
  CHECK_FALSE(passing.keeps_panels());
  const PackedMatrix<float> kept = PackedMatrix<float>(values, outputs, inputs).regrouped(group);
  CHECK(kept.keeps_panels());
  const float* memory = nullptr;
  for (int use = 1; use <= 3; ++use) {
    const auto all = passing.panels(0, passing.panels());
    const auto expected = kept.panels(0, kept.panels());
    CHECK(std::equal(values_of(expected), values_of(expected) + kept.bytes() / sizeof(float),
                     values_of(all)));
    CHECK(reads->total() == use * outputs);
    if (use > 1) CHECK(values_of(all) == memory);
    memory = values_of(all);
  }
  const auto last = passing.panel(5);
  const auto other = passing.panel(0);
  CHECK(last.data() != other.data());
  CHECK(values_of(last)[2] == values[static_cast<std::size_t>((35 + 34) * inputs)]);
  CHECK(holds<float>(passing, source));
  CHECK(holds<float>(passing.regrouped(outputs), source));
  CHECK_FALSE(reads->released);
}

TEST_CASE("PackedMatrix regrouped holds the same weights") {
  const auto values = support::random_values<float>(48 * 3, 1);
  const eigenvit::ConstMatrixView<float> source(values.data(), 48, 3);
  const PackedMatrix<float> packed(values, 48, 3);
  for (const Index group : {1, 6, 8, 12, 16, 24, 48}) {
    CAPTURE(group);
    const PackedMatrix<float> regrouped = packed.regrouped(group);
    CHECK(holds<float>(regrouped, source));
    // Groups that fill whole panels lie where they lay before.
    CHECK((regrouped.panel(0).data() == packed.panel(0).data()) == (group % 16 == 0));
    CHECK(holds<float>(regrouped.regrouped(48), source));
  }
}

TEST_CASE("PackedMatrix shares its weights with copies") {
  const PackedMatrix<float> packed(AlignedBuffer<float>{1, 2, 3, 4, 5, 6}, 2, 3);
  const PackedMatrix<float> copy = packed;
  CHECK(copy.panel(0).data() == packed.panel(0).data());
  CHECK(copy(1, 0) == 4);
}

TEST_CASE("PackedMatrix is empty by default") {
  const PackedMatrix<float> packed;
  CHECK(packed.outputs() == 0);
  CHECK(packed.inputs() == 0);
  CHECK(packed.panels() == 0);
  CHECK(packed.bytes() == 0);
}
