#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::KernelTable;
using support::Framed;
using support::kernel_tables;
using support::random_values;

TEST_CASE("gate is its twin in every place of a row, in place too, and writes no more") {
  double worst = 0;
  for (int choice = 0; choice < 7; ++choice) {
    CAPTURE(choice);
    const auto activation = static_cast<Activation>(choice);
    const Framed<float> a(1, 70, 1, 4), b(1, 70, 5, 2);
    Framed<float> expected(1, 70, 2), first(1, 70, 2);
    eigenvit::reference::gate(activation, a.data(), b.data(), 70, expected.data());
    kernel_tables().front()->gate(activation, a.data(), b.data(), 70, first.data());
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      Framed<float> whole(1, 70, 2);
      table->gate(activation, a.data(), b.data(), 70, whole.data());
      CHECK(whole.frame_is_whole());
      worst = std::max(worst, support::worst_error(whole, expected));
      if (support::agree(*table, *kernel_tables().front())) CHECK(whole.is_part_of(first));
      bool same = true;
      for (Index count = 0; count <= 40; ++count) {
        Framed<float> y(1, count, 2);
        table->gate(activation, a.data(), b.data(), count, y.data());
        same = same && y.is_part_of(whole);
        std::copy_n(a.data() + 17, count, y.data());
        table->gate(activation, y.data(), b.data() + 17, count, y.data());
        same = same && y.frame_is_whole() && support::same_bits(y.data(), whole.data() + 17, count);
        // Without a factor it is that of ones.
        const AlignedBuffer<float> ones(40, 1.0f);
        Framed<float> activated(1, count, 2);
        table->gate(activation, a.data(), ones.data(), count, y.data());
        table->gate(activation, a.data(), nullptr, count, activated.data());
        same = same && activated.is_part_of(y);
      }
      CHECK(same);
    }
  }
  CHECK(worst < 1e-6);
}

TEST_CASE("gate keeps NaN and infinities in their place") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    AlignedBuffer<float> a(20, 1.0f), b(20, 2.0f), y(20);
    a[18] = support::not_a_number;
    b[3] = support::infinity;
    AlignedBuffer<float> signs(20, -1.0f), positive(20);
    signs[1] = -0.0f;
    signs[18] = support::not_a_number;
    table->gate(Activation::relu, signs.data(), nullptr, 20, positive.data());
    CHECK(support::is_nan(positive[18]));
    CHECK(support::same_bits(positive[1], -0.0f));
    CHECK(support::same_bits(positive[0], 0.0f));
    table->gate(Activation::none, a.data(), b.data(), 20, y.data());
    for (std::size_t i = 0; i < 20; ++i) {
      if (i == 18) {
        CHECK(support::is_nan(y[i]));
      } else {
        CHECK(support::same_bits(y[i], i == 3 ? support::infinity : 2.0f));
      }
    }
  }
}

TEST_CASE("sum_rows and add_row are their twins over odd sizes, the same bits on every set") {
  double worst = 0;
  for (const Index rows : {0, 1, 2, 3, 7, 196}) {
    for (const Index width : {1, 7, 16, 33, 64}) {
      CAPTURE(rows);
      CAPTURE(width);
      const Framed<float> x(rows, width, 1);
      const Framed<float> before(1, width, 2);
      Framed<float> sums(1, width, 3), added = before;
      eigenvit::reference::sum_rows(x.data(), rows, x.stride, width, 0.25f, sums.data());
      eigenvit::reference::add_row(x.data(), rows > 0 ? width : 0, added.data());
      Framed<float> first(1, width, 3);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        Framed<float> y(1, width, 3);
        table->sum_rows(x.data(), rows, x.stride, width, 0.25f, y.data());
        CHECK(y.frame_is_whole());
        worst = std::max(worst, support::worst_error(y, sums));
        if (table == kernel_tables().front()) first = y;
        CHECK(y.is_part_of(first));
        y = before;
        // A sum of two numbers, rounded once: exactly its twin.
        table->add_row(x.data(), rows > 0 ? width : 0, y.data());
        CHECK(y.is_part_of(added));
      }
    }
  }
  CHECK(worst < 1.5e-6);  // measured: 5.7e-7
}

TEST_CASE("blend_rows is its twin over odd sizes, the same bits on every set") {
  const float weights[4] = {0.3f, 0.2f, 0.375f, 0.125f};
  double worst = 0;
  for (const Index width : {1, 7, 16, 33, 64}) {
    CAPTURE(width);
    const Framed<float> x(4, width, 1);
    const Framed<float> before(1, width, 2);
    const float* const rows[4] = {x.data(), x.data() + x.stride, x.data() + 2 * x.stride,
                                  x.data() + 3 * x.stride};
    for (const bool add : {false, true}) {
      Framed<float> expected = before, first = before;
      eigenvit::reference::blend_rows(rows, weights, width, add, expected.data());
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        Framed<float> y = before;
        table->blend_rows(rows, weights, width, add, y.data());
        CHECK(y.frame_is_whole());
        worst = std::max(worst, support::worst_error(y, expected));
        if (table == kernel_tables().front()) first = y;
        if (support::agree(*table, *kernel_tables().front())) CHECK(y.is_part_of(first));
      }
    }
  }
  CHECK(worst < 3e-7);
}

TEST_CASE("blend_pixels is its twin over odd sizes, and blend_rows of each pixel bit for bit") {
  using Tap = eigenvit::kernels::PixelTap<float>;
  const Tap taps[] = {{0, 1, 0.25f}, {4, 4, 0.0f}, {2, 0, 0.9f}, {3, 4, 0.5f}};
  double worst = 0;
  for (const Index channels : {1, 7, 16, 33, 64}) {
    const Framed<float> x(2, 5 * channels, 1);
    const Framed<float> before(1, 4 * channels, 2);
    for (const Index pixels : {0, 1, 4}) {
      for (const bool add : {false, true}) {
        CAPTURE(channels);
        eigenvit::kernels::BlendArguments<float> task;
        task.above = x.data();
        task.below = x.data() + x.stride;
        task.weight = 0.3f;
        task.taps = taps;
        task.pixels = pixels;
        task.channels = channels;
        task.add = add;
        Framed<float> expected = before;
        task.y = expected.data();
        eigenvit::reference::blend_pixels(task);
        for (const KernelTable* const table : kernel_tables()) {
          CAPTURE(support::name_of(table));
          Framed<float> y = before, single = before;
          task.y = y.data();
          table->blend_pixels(task);
          CHECK(y.frame_is_whole());
          worst = std::max(worst, support::worst_error(y, expected));
          for (Index i = 0; i < pixels; ++i) {
            const float* const rows[4] = {
                task.above + taps[i].first * channels, task.above + taps[i].second * channels,
                task.below + taps[i].first * channels, task.below + taps[i].second * channels};
            const float up = 1.0f - task.weight, left = 1.0f - taps[i].weight;
            const float weights[4] = {up * left, up * taps[i].weight, task.weight * left,
                                      task.weight * taps[i].weight};
            table->blend_rows(rows, weights, channels, add, single.data() + i * channels);
          }
          CHECK(y.is_part_of(single));
        }
      }
    }
  }
  CHECK(worst < 3e-7);
}

TEST_CASE("sum_rows and add_row keep NaN and infinities in their column") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (const float bad : {support::not_a_number, support::infinity}) {
      AlignedBuffer<float> x(3 * 20, 1.0f), y(20, 1.0f);
      x[20 + 7] = bad;
      table->add_row(x.data() + 20, 20, y.data());
      const auto is_bad = [&](float value) {
        return support::is_nan(bad) ? support::is_nan(value) : support::same_bits(value, bad);
      };
      for (std::size_t i = 0; i < 20; ++i) CHECK((i == 7 ? is_bad(y[i]) : y[i] == 2));
      table->sum_rows(x.data(), 3, 20, 20, 1.0f, y.data());
      for (std::size_t i = 0; i < 20; ++i) CHECK((i == 7 ? is_bad(y[i]) : y[i] == 3));
    }
  }
}
