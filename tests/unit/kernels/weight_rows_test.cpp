#include <memory>

#include <doctest/doctest.h>

#include <eigenvit/kernels/weight_rows.hpp>

// What is asked of an implementation is tested with PackedMatrix, which asks it.
TEST_CASE("WeightRows stand nowhere by default, and can be destroyed through their base") {
  struct Rows final : eigenvit::detail::WeightRows<float> {
    explicit Rows(bool& gone_flag) : gone(gone_flag) {}
    ~Rows() override { gone = true; }
    void read(eigenvit::Index, eigenvit::Index, float*) const noexcept override {}
    void release() const noexcept override {}
    bool& gone;
  };
  bool gone = false;
  std::unique_ptr<const eigenvit::detail::WeightRows<float>> rows = std::make_unique<Rows>(gone);
  CHECK(rows->in_place(0) == nullptr);
  rows.reset();
  CHECK(gone);
}
