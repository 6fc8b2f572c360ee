// The options --tile and --overlap of the programs that take large images tile by tile.
#ifndef EIGENVIT_EXAMPLES_TILE_OPTION_HPP
#define EIGENVIT_EXAMPLES_TILE_OPTION_HPP

#include <cstddef>
#include <optional>

#include <CLI/CLI.hpp>

#include <eigenvit/pipeline/tiles.hpp>

#include "checks.hpp"

class TileOption {
 public:
  void add_to(CLI::App& app) {
    constexpr std::ptrdiff_t most = std::ptrdiff_t{1} << 16;
    auto* const tile =
        app.add_option(
               "--tile", size_,
               "Cut large images into squares of so many pixels, each an image to the model")
            ->type_name("N")
            ->check(within<std::ptrdiff_t>(1, most));
    app.add_option("--overlap", overlap_, "Pixels that tiles share with their neighbours")
        ->type_name("N")
        ->check(within<std::ptrdiff_t>(0, most))
        ->default_str("a quarter of the tile")
        ->needs(tile);
  }

  /// The tiles, where they were asked for.
  std::optional<eigenvit::TileOptions> value() const {
    if (!size_) return std::nullopt;
    return eigenvit::TileOptions{*size_, overlap_.value_or(*size_ / 4)};
  }

 private:
  std::optional<std::ptrdiff_t> size_;
  std::optional<std::ptrdiff_t> overlap_;
};

#endif
