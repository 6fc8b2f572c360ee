// What every task checks of the maps of a dense head.
#ifndef EIGENVIT_PIPELINE_FINITE_MAPS_INL
#define EIGENVIT_PIPELINE_FINITE_MAPS_INL

#include <algorithm>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/model/dense_output.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `ConfigError` unless all maps and logits are finite; a class that is chosen by a NaN has
/// finite maps too. `what` says of which task they are what: "depth: the depths".
inline void check_finite(const DenseOutput<float>& output, const char* what) {
  const auto is_number = [](float x) { return is_finite(x); };
  if (std::all_of(output.maps.begin(), output.maps.end(), is_number) &&
      std::all_of(output.class_logits.begin(), output.class_logits.end(), is_number)) {
    return;
  }
  raise<ConfigError>({what, " are not finite: found NaN or an infinity, as from weights or pixel ",
                      "values that hold one"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
