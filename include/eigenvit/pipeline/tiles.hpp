/// Large images in tiles that overlap.
#ifndef EIGENVIT_PIPELINE_TILES_HPP
#define EIGENVIT_PIPELINE_TILES_HPP

#include <algorithm>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How an image is cut into square tiles, each of which is a whole image to the network. The first
/// begins at the edge, each further one `size - overlap` pixels after the one before, and the last
/// ends at the other edge: where mmseg's `slide_inference` has its windows. An image that is
/// smaller than a tile along an axis has one tile there, which is as short.
///
/// Where tiles overlap, their weights fall in a line to the edges that they share, and sum to 1.
/// Tiles of tokens are whole patches apart, rounded down and one at least.
struct TileOptions {
  Index size = 512;     ///< pixels of the image along a side
  Index overlap = 128;  ///< pixels that neighbours share at least, less than `size`
};

namespace detail {

/// Throws `ConfigError` unless a tile has a pixel and the overlap leaves some of it.
inline void validate(const TileOptions& tiles) {
  if (tiles.size < 1) {
    raise<ConfigError>({"tiles: expected sides of at least 1 pixel, found ", tiles.size});
  }
  if (tiles.overlap < 0 || tiles.overlap >= tiles.size) {
    raise<ConfigError>({"tiles: expected an overlap from 0 to ", tiles.size - 1,
                        " pixels for tiles of ", tiles.size, ", found ", tiles.overlap});
  }
}

/// The tiles along an axis of `size` pixels, each `step` after the one before.
class TileAxis {
 public:
  TileAxis(Index size, Index tile, Index step)
      : size_(size),
        length_(std::min(tile, size)),
        step_(step),
        count_(1 + ceil_div(size - length_, step)) {}

  Index size() const noexcept { return size_; }
  Index length() const noexcept { return length_; }  ///< of a tile
  Index count() const noexcept { return count_; }
  Index begin(Index tile) const noexcept { return std::min(tile * step_, size_ - length_); }
  Index end(Index tile) const noexcept { return begin(tile) + length_; }

  /// Calls `visit(tile, weight)` for the tiles that cover a place, from 0 to the size; the centre
  /// of pixel `i` is `i + 0.5`. The weights sum to 1.
  template <class Visit>
  void at(double place, const Visit& visit) const {
    const auto pixel = std::min(static_cast<Index>(place), size_ - 1);
    const Index first = std::min(std::max<Index>(pixel - length_ + step_, 0) / step_, count_ - 1);
    Index last = first;
    double sum = 0;
    for (; last < count_ && begin(last) <= pixel; ++last) sum += ramp(last, place);
    for (Index tile = first; tile < last; ++tile) visit(tile, ramp(tile, place) / sum);
  }

 private:
  /// From 0 at an edge inside of the image to 1 where the neighbour ends; more than 0 at every
  /// place that `at` is asked for.
  double ramp(Index tile, double place) const noexcept {
    double weight = 1;
    if (tile > 0 && end(tile - 1) > begin(tile)) {
      weight = std::min(weight, (place - static_cast<double>(begin(tile))) /
                                    static_cast<double>(end(tile - 1) - begin(tile)));
    }
    if (tile + 1 < count_ && end(tile) > begin(tile + 1)) {
      weight = std::min(weight, (static_cast<double>(end(tile)) - place) /
                                    static_cast<double>(end(tile) - begin(tile + 1)));
    }
    return std::max(weight, 1e-9);
  }

  Index size_;
  Index length_;
  Index step_;
  Index count_;
};

/// What of the image a tile shows.
inline ImageView tile_of(const ImageView& image, const TileAxis& down, const TileAxis& across,
                         Index row, Index column) noexcept {
  ImageView tile = image;
  tile.stride = image.row_bytes();
  tile.data = image.row(down.begin(row)) + across.begin(column) * channels(image.format);
  tile.height = down.length();
  tile.width = across.length();
  return tile;
}

/// What a map that is put together of the tiles' maps has at each of its places along an axis: a
/// sum over some tiles and some of their places, bilinear within a tile.
class TileTaps {
 public:
  struct Tap {
    Index tile;
    Index place;  ///< in the map of the tile
    float weight;
  };

  /// Of `places` in maps of tiles, and `total` in the map of the image.
  TileTaps(const TileAxis& axis, Index places, Index total) {
    first_.reserve(static_cast<std::size_t>(total + 1));
    const double step = static_cast<double>(axis.size()) / static_cast<double>(total);
    for (Index i = 0; i < total; ++i) {
      first_.push_back(static_cast<Index>(taps_.size()));
      const double centre = (static_cast<double>(i) + 0.5) * step;
      axis.at(centre, [&](Index tile, double weight) {
        const double within = (centre - static_cast<double>(axis.begin(tile))) *
                              static_cast<double>(places) / static_cast<double>(axis.length());
        const double place = std::min(std::max(within - 0.5, 0.0), static_cast<double>(places - 1));
        const auto left = static_cast<Index>(place);
        const auto right = static_cast<float>(place - static_cast<double>(left));
        const auto whole = static_cast<float>(weight);
        if (right < 1) taps_.push_back({tile, left, whole * (1 - right)});
        if (right > 0) taps_.push_back({tile, std::min(left + 1, places - 1), whole * right});
      });
    }
    first_.push_back(static_cast<Index>(taps_.size()));
  }

  Index size() const noexcept { return static_cast<Index>(first_.size()) - 1; }
  const Tap* begin(Index i) const noexcept {
    return taps_.data() + first_[static_cast<std::size_t>(i)];
  }
  const Tap* end(Index i) const noexcept { return begin(i + 1); }

 private:
  std::vector<Tap> taps_;
  std::vector<Index> first_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
