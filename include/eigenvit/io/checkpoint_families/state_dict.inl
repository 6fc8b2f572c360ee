/// What families share that are recognised by their tensors: sizes are read off the shapes.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_STATE_DICT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_STATE_DICT_INL

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The sizes of a tensor of `rank` dimensions, each of a sane extent. Throws `FormatError` when it
/// is missing and `ShapeError` when it has other dimensions.
inline std::vector<Index> state_dict_shape(const TensorStore& tensors, std::string_view name,
                                           std::size_t rank) {
  const TensorInfo& info = tensors.at(name);
  std::vector<Index> shape;
  for (const std::uint64_t size : info.shape) {
    if (size >= 1 && size <= 1U << 24) shape.push_back(static_cast<Index>(size));
  }
  if (info.shape.size() != rank || shape.size() != rank) {
    raise<ShapeError>({tensors.source(), ": tensor '", name, "': expected ", rank,
                       " dimensions from 1 to ", 1 << 24, ", found ", info.description()});
  }
  return shape;
}

/// How many blocks there are whose tensor `name` is in the file; `{}` in it is the block's index.
inline Index state_dict_depth(const TensorStore& tensors, std::string_view name) {
  const std::size_t place = name.find("{}");
  Index depth = 0;
  const auto present = [&] {
    return tensors.find(message({name.substr(0, place), depth, name.substr(place + 2)})) != nullptr;
  };
  while (depth < 1 << 12 && present()) ++depth;
  return depth;
}

/// Rows and columns of the square grid that a position table of `rows` rows has after `prefix`
/// ones. Throws `ShapeError` when it is none.
inline Index state_dict_grid(const TensorStore& tensors, std::string_view name, Index rows,
                             Index prefix) {
  Index side = 0;
  while ((side + 1) * (side + 1) <= rows - prefix) ++side;
  if (side < 1 || side * side != rows - prefix) {
    raise<ShapeError>({tensors.source(), ": tensor '", name, "': expected ", prefix,
                       " rows and those of a square grid, found ", rows});
  }
  return side;
}

/// The published vision transformers have heads of 64 values, but for the huge and larger ones,
/// which have 16 heads.
inline Index state_dict_heads(Index width) {
  const bool huge = width == 1280 || width == 1408 || width == 1664;
  return huge ? 16 : std::max<Index>(1, width / 64);
}

/// Weights that bring no configuration.
struct BareWeights {
  const TensorStore& tensors;
  const std::string& release;       ///< what the caller says they are; empty where they shall tell
  std::vector<std::string>& notes;  ///< of the checkpoint
};

/// A published way to read weights that bring no configuration.
struct StateDictRelease {
  std::string_view name;  ///< as `ModelOptions::release` has it
  bool fits;              ///< whether its weights have these names and shapes
};

/// The release that the caller names, or the only one that fits. `others` says what else has such
/// tensors, and is empty where nothing has. Throws `UnsupportedError`, which names what fits, where
/// neither tells.
inline std::string_view state_dict_release(const BareWeights& weights,
                                           std::initializer_list<StateDictRelease> releases,
                                           std::string_view others) {
  const std::string& source = weights.tensors.source();
  std::string all;
  std::string fitting;
  std::vector<std::string_view> fit;
  for (const StateDictRelease& release : releases) {
    all += message({all.empty() ? "" : ", ", release.name});
    if (release.name == weights.release) {
      weights.notes.push_back(message(
          {source, ": no configuration, read as the release ", release.name, ", as asked"}));
      return release.name;
    }
    if (!release.fits) continue;
    fitting += message({fitting.empty() ? "" : ", ", release.name});
    fit.push_back(release.name);
  }
  if (!weights.release.empty()) {
    raise<UnsupportedError>({source, ": expected one of the releases ", all,
                             ", whose names these tensors have, found release ",
                             Quoted{weights.release}});
  }
  if (fit.size() == 1 && others.empty()) {
    weights.notes.push_back(message({source, ": no configuration, read as the release ",
                                     fit.front(), ", whose shapes it has"}));
    return fit.front();
  }
  raise<UnsupportedError>(
      {source,
       ": expected a config.json beside the weights, or shapes of one published release, "
       "found those of ",
       fit.empty() ? "none" : "several", " (", fit.empty() ? all : fitting,
       others.empty() ? "" : ", ", others,
       "): name the one that they are of by ModelOptions::release, in the programs --release"});
}

/// Grid, patches and width of a network, from the kernel `[D, C, p, p]` of the patch embedding and
/// the position table, whose last two dimensions are its rows, `prefix` of them not of the grid,
/// and D.
inline void state_dict_sizes(const TensorStore& tensors, std::string_view kernel,
                             std::string_view pos_embed, Index prefix, VitConfig& config) {
  const std::vector<Index> patch = state_dict_shape(tensors, kernel, 4);
  const std::size_t rank = tensors.at(pos_embed).shape.size();
  const std::vector<Index> table = state_dict_shape(tensors, pos_embed, rank < 3 ? 2 : 3);
  config.embed_dim = patch[0];
  config.in_chans = patch[1];
  config.patch_height = patch[2];
  config.patch_width = patch[3];
  const Index side = state_dict_grid(tensors, pos_embed, table[table.size() - 2], prefix);
  config.image_height = side * config.patch_height;
  config.image_width = side * config.patch_width;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
