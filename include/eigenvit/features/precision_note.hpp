/// What to say where stored results and those beside them are in different precisions.
#ifndef EIGENVIT_FEATURES_PRECISION_NOTE_HPP
#define EIGENVIT_FEATURES_PRECISION_NOTE_HPP

#include <string>

#include <eigenvit/core/message.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// One line where `made`, a `Model::precision_record`, is not that of the model; empty where it is.
/// Files that were made before there were precisions have none, which means float32.
inline std::string precision_note(const std::string& source, const std::string& made,
                                  const Model& model) {
  const std::string now = model.precision_record();
  const std::string before = made.empty() ? name_of(Precision::float32) : made;
  if (before == now) return {};
  return message({source, ": made in ", before, " and used in ", now,
                  ": results are close to those of one precision, not the same"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
