#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/layers/upsampling.hpp>
#include <eigenvit/pipeline/dense_model.hpp>
#include <eigenvit/pipeline/tile_sweep.hpp>

#include "../golden.hpp"
#include "../support.hpp"
#include "nan_weights.hpp"

using eigenvit::Image;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::TileOptions;
using eigenvit::detail::MapSize;
using eigenvit::detail::TileAxis;
using eigenvit::detail::TileTaps;
using test_files::message_of;

namespace {

const auto photograph = [] {
  return eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" /
                              "chelsea.png");
};

/// A model whose pixels are taken as they are where tiles have its size.
eigenvit::Model model_of(const std::string& name, Index height, Index width) {
  eigenvit::ModelOptions options;
  options.image_size = {{height, width}};
  return eigenvit::load_dense_model(golden::models_folder() / name, options);
}

/// Of the pixel `place` of the image, of a tile that it is in.
double weight_at(const TileAxis& axis, Index tile, Index place) {
  double found = 0;
  axis.at(double(place) + 0.5, [&](Index other, double weight) {
    if (other == tile) found = weight;
  });
  return found;
}

}  // namespace

TEST_CASE("tiles lie where mmseg's windows do, and their weights sum to 1") {
  for (const auto& sizes : {std::array<Index, 3>{100, 40, 30},
                            {101, 40, 30},
                            {40, 40, 30},
                            {41, 40, 39},
                            {7, 40, 30},
                            {97, 16, 5},
                            {97, 16, 16},
                            {64, 1, 1}}) {
    const Index size = sizes[0], tile = sizes[1], step = sizes[2];
    CAPTURE(size);
    CAPTURE(tile);
    CAPTURE(step);
    const TileAxis axis(size, tile, step);
    CHECK(axis.count() == std::max<Index>(size - tile + step - 1, 0) / step + 1);
    for (Index i = 0; i < axis.count(); ++i) {
      CHECK(axis.end(i) == std::min(i * step + tile, size));
      CHECK(axis.begin(i) == std::max<Index>(axis.end(i) - tile, 0));
    }
    for (Index pixel = 0; pixel < size; ++pixel) {
      double sum = 0;
      Index covering = 0;
      axis.at(double(pixel) + 0.5, [&](Index i, double weight) {
        CHECK(axis.begin(i) <= pixel);
        CHECK(pixel < axis.end(i));
        CHECK(weight > 0);
        sum += weight;
        ++covering;
      });
      CHECK(sum == doctest::Approx(1).epsilon(1e-12));
      Index expected = 0;
      for (Index i = 0; i < axis.count(); ++i) {
        if (axis.begin(i) <= pixel && pixel < axis.end(i)) ++expected;
      }
      CHECK(covering == expected);
    }
  }
}

TEST_CASE("weights fall in a line across the pixels that two tiles share") {
  const TileAxis axis(16, 10, 6);
  for (Index pixel = 6; pixel < 10; ++pixel) {
    axis.at(double(pixel) + 0.5, [&](Index tile, double weight) {
      const double second = (double(pixel) - 5.5) / 4;
      CHECK(weight == doctest::Approx(tile == 0 ? 1 - second : second));
    });
  }
}

TEST_CASE("maps of tiles that are parts of one plane give the plane, in rows as they are done") {
  // Linear in both axes, so that interpolation inside of a tile is exact but at its edges.
  const TileAxis down(50, 20, 15), across(33, 20, 10);
  const MapSize size{20, 20};
  const TileTaps rows(down, 20, 50), columns(across, 20, 33);
  const auto value = [](Index y, Index x, Index c) { return float(3 * y + 2 * x + 100 * c); };
  eigenvit::ThreadPoolExecutor pool(3);
  Matrix<float> found(50 * 33, 2);
  std::atomic<Index> taken{0};
  eigenvit::detail::sweep_tiles(
      down, across, size, 2, rows, columns, pool,
      [&](Index r, Index c, float* map) {
        // Those that this row of tiles is no part of, and no others.
        CHECK(taken.load() == down.begin(r));
        for (Index i = 0; i < 20 * 20 * 2; ++i) {
          map[i] = value(down.begin(r) + i / 40, across.begin(c) + i / 2 % 20, i % 2);
        }
      },
      [&](Index row, const auto& pixel_of) {
        for (Index x = 0; x < 33; ++x) pixel_of(x, found.row(row * 33 + x).data());
        ++taken;
      });
  for (Index i = 0; i < found.size(); ++i) {
    CHECK(found.data()[i] == doctest::Approx(value(i / 66, i / 2 % 33, i % 2)).epsilon(1e-5));
  }
  CHECK(taken.load() == 50);
}

TEST_CASE("a tile that holds the image gives the same bits") {
  const Image image = photograph();
  const TileOptions tiles{128, 32};
  const auto depth_model =
      eigenvit::load_dense_model(golden::models_folder() / "hf_depth_anything");
  CHECK((depth_model.depth(image, tiles).array() == depth_model.depth(image).array()).all());
  const auto tokens = depth_model.tokens(image, tiles);
  const auto whole = depth_model.tokens(image);
  CHECK(tokens.prefix_tokens() == whole.prefix_tokens());
  CHECK((tokens.all().array() == whole.all().array()).all());
  const auto segmenter =
      eigenvit::load_dense_model(golden::models_folder() / "hf_beit_segmentation");
  CHECK(
      (segmenter.segment(image, tiles).ids.array() == segmenter.segment(image).ids.array()).all());
}

TEST_CASE("metres of one tile are as they are, and blends lie between those of the tiles") {
  const auto of_one_colour = [](Index width, Index height) {
    Image image(width, height);
    std::fill_n(image.data(), 3 * width * height, std::uint8_t{90});
    return image;
  };
  // Each tile is the same input.
  const auto model = model_of("hf_depth_anything_metric", 16, 16);
  const Matrix<float> depths = model.depth(of_one_colour(70, 50), TileOptions{16, 4});
  const Matrix<float> tile = model.depth(of_one_colour(16, 16));
  CHECK(depths.rows() == 50);
  CHECK(depths.cols() == 70);
  CHECK((depths.block(0, 0, 12, 12).array() == tile.block(0, 0, 12, 12).array()).all());
  CHECK((depths.block(16, 16, 8, 8).array() == tile.block(4, 4, 8, 8).array()).all());
  CHECK(depths.maxCoeff() <= tile.maxCoeff() * 1.00001F);
  CHECK(depths.minCoeff() >= tile.minCoeff() * 0.99999F);
}

TEST_CASE("the border that a recipe mirrors around a tile is left out of its depths") {
  const auto model = eigenvit::load_dense_model(golden::models_folder() / "hf_zoedepth");
  REQUIRE(model.preprocessor().config().mirror_border);
  const Image image = photograph();
  const TileOptions tiles{40, 10};
  const Matrix<float> depths = model.depth(image, tiles);
  const TileAxis down(image.height(), 40, 30), across(image.width(), 40, 30);
  const Matrix<float> tile = model.depth(eigenvit::detail::tile_of(image, down, across, 0, 0));
  REQUIRE(tile.rows() == 40);
  CHECK((depths.block(0, 0, 30, 30).array() == tile.block(0, 0, 30, 30).array()).all());
}

TEST_CASE("a constant field stays constant") {
  const TileAxis down(61, 20, 7), across(45, 20, 13);
  const TileTaps rows(down, 5, 61), columns(across, 5, 45);
  eigenvit::SerialExecutor serial;
  eigenvit::detail::sweep_tiles(
      down, across, {5, 5}, 3, rows, columns, serial,
      [](Index, Index, float* map) { std::fill_n(map, 75, 7.25F); },
      [](Index, const auto& pixel_of) {
        float values[3];
        for (Index x = 0; x < 45; ++x) {
          pixel_of(x, values);
          for (const float value : values) CHECK(value == doctest::Approx(7.25F).epsilon(1e-6));
        }
      });
}

TEST_CASE("relative depths of a tile have the scale and the offset of the whole image") {
  const Image image = photograph();
  const auto model = model_of("hf_depth_anything", 32, 48);
  const Matrix<float> whole = model.depth(image);
  const Matrix<float> tiled = model.depth(image, TileOptions{48, 16});
  CHECK(tiled.minCoeff() >= 0);
  // The formula in sums of double, tile by tile.
  const TileAxis down(image.height(), 48, 32), across(image.width(), 48, 32);
  Matrix<double> expected = Matrix<double>::Zero(image.height(), image.width());
  int fitted = 0;
  for (Index r = 0; r < down.count(); ++r) {
    for (Index c = 0; c < across.count(); ++c) {
      const Matrix<float> tile = model.depth(eigenvit::detail::tile_of(image, down, across, r, c));
      const Index top = down.begin(r), left = across.begin(c);
      double x = 0, y = 0, xx = 0, xy = 0;
      for (Index i = 0; i < tile.size(); ++i) {
        const double from = double(tile.data()[i]);
        const double to = double(whole(top + i / 48, left + i % 48));
        x += from, y += to, xx += from * from, xy += from * to;
      }
      const double count = double(tile.size());
      const double scale = (count * xy - x * y) / (count * xx - x * x);
      const double offset = (y - scale * x) / count;
      fitted += scale > 0;
      for (Index i = 0; i < tile.size(); ++i) {
        const Index row = top + i / 48, column = left + i % 48;
        const double depth = scale > 0 ? std::max(0.0, scale * double(tile.data()[i]) + offset)
                                       : double(whole(row, column));
        expected(row, column) += weight_at(down, r, row) * weight_at(across, c, column) * depth;
      }
    }
  }
  CHECK(fitted > down.count());
  CHECK((tiled.cast<double>() - expected).cwiseAbs().maxCoeff() < 1e-5 * expected.maxCoeff());
  eigenvit::ThreadPoolExecutor pool(3);
  CHECK((model.depth(image, TileOptions{48, 16}, &pool).array() == tiled.array()).all());
}

TEST_CASE("classes of tiles are those of the means of their scores") {
  const Image image = photograph();
  const auto model = model_of("hf_beit_segmentation", 28, 20);
  const TileOptions tiles{40, 12};
  const auto found = model.segment(image, tiles);
  // The formula over the whole image at once.
  const TileAxis down(image.height(), 40, 28), across(image.width(), 40, 28);
  eigenvit::Taps taps;
  taps.dense = true;
  const Index classes = Index(model.labels().size());
  std::vector<Matrix<float>> sums(std::size_t(classes),
                                  Matrix<float>::Zero(image.height(), image.width()));
  for (Index r = 0; r < down.count(); ++r) {
    for (Index c = 0; c < across.count(); ++c) {
      const auto output = model.run({eigenvit::detail::tile_of(image, down, across, r, c)}, taps);
      const auto& maps = output.dense;
      for (Index y = 0; y < 40; ++y) {
        const double down_weight = weight_at(down, r, down.begin(r) + y);
        const auto rows = eigenvit::detail::BilinearTap::of(maps.height, 40, y, false);
        for (Index x = 0; x < 40; ++x) {
          const double across_weight = weight_at(across, c, across.begin(c) + x);
          const auto columns = eigenvit::detail::BilinearTap::of(maps.width, 40, x, false);
          for (Index k = 0; k < classes; ++k) {
            const auto at = [&](Index row, Index column) {
              return maps.maps[std::size_t((row * maps.width + column) * classes + k)];
            };
            const float upper = (1 - columns.weight) * at(rows.first, columns.first) +
                                columns.weight * at(rows.first, columns.second);
            const float lower = (1 - columns.weight) * at(rows.second, columns.first) +
                                columns.weight * at(rows.second, columns.second);
            sums[std::size_t(k)](down.begin(r) + y, across.begin(c) + x) +=
                float(down_weight * across_weight) *
                ((1 - rows.weight) * upper + rows.weight * lower);
          }
        }
      }
    }
  }
  Index same = 0;
  for (Index i = 0; i < found.ids.size(); ++i) {
    Index best = 0;
    for (Index k = 1; k < classes; ++k) {
      if (sums[std::size_t(k)].data()[i] > sums[std::size_t(best)].data()[i]) best = k;
    }
    if (found.ids.data()[i] == best) ++same;
  }
  CHECK(double(same) >= 0.999 * double(found.ids.size()));
  eigenvit::ThreadPoolExecutor pool(3);
  CHECK((model.segment(image, tiles, &pool).ids.array() == found.ids.array()).all());
}

TEST_CASE("patches of tiles are one grid") {
  const auto model = model_of("hf_dinov2", 16, 16);
  const Image image = photograph();
  // Two tiles side by side without overlap, of a part that they fill.
  const eigenvit::ImageView view(image);
  eigenvit::ImageView part = view;
  part.stride = view.row_bytes();
  part.width = 32;
  part.height = 16;
  const auto joint = model.tokens(part, TileOptions{16, 0});
  CHECK(joint.prefix_tokens() == 0);
  CHECK(!joint.has_cls());
  CHECK(joint.grid_height() == 4);
  CHECK(joint.grid_width() == 8);
  eigenvit::ImageView right = part;
  right.width = 16;
  right.data += 3 * 16;
  eigenvit::ImageView left = part;
  left.width = 16;
  const auto first = model.tokens(left), second = model.tokens(right);
  for (Index y = 0; y < 4; ++y) {
    for (Index x = 0; x < 4; ++x) {
      CHECK((joint.patch(y, x).array() == first.patch(y, x).array()).all());
      CHECK((joint.patch(y, x + 4).array() == second.patch(y, x).array()).all());
    }
  }
  // Overlaps are whole patches, so that grids of tiles lie over each other.
  const auto overlapped = model.tokens(part, TileOptions{16, 6});
  CHECK(overlapped.grid_width() == 8);
  CHECK((overlapped.patch(1, 0).array() == first.patch(1, 0).array()).all());
  CHECK((overlapped.patch(1, 7).array() == second.patch(1, 3).array()).all());
}

TEST_CASE("tiles that mean nothing are refused in one line") {
  const auto model = model_of("hf_depth_anything", 16, 16);
  const Image image(40, 40);
  const auto message = [&](const TileOptions& tiles) {
    return message_of<eigenvit::ConfigError>([&] { model.depth(image, tiles); });
  };
  CHECK(message({0, 0}) == "tiles: expected sides of at least 1 pixel, found 0");
  CHECK(message({-5, 0}) == "tiles: expected sides of at least 1 pixel, found -5");
  CHECK(message({16, 16}) ==
        "tiles: expected an overlap from 0 to 15 pixels for tiles of 16, found 16");
  CHECK(message({16, -1}) ==
        "tiles: expected an overlap from 0 to 15 pixels for tiles of 16, found -1");
  CHECK_THROWS_AS(model.tokens(image, TileOptions{16, 16}), eigenvit::ConfigError);
  CHECK_THROWS_AS(model.segment(image, TileOptions{16, 4}), eigenvit::UnsupportedError);
  // Whatever the size of the image.
  const auto things = eigenvit::load_dense_model(golden::models_folder() / "hf_eomt");
  for (const Index size : {Index{50}, Index{2000}}) {
    CHECK(message_of<eigenvit::UnsupportedError>([&] {
            things.segment(image, TileOptions{size, 4});
          }) ==
          "segment: expected a model that scores the classes of pixels for tiles, found another");
  }
  CHECK_THROWS_AS(model.depth(eigenvit::ImageView{}, TileOptions{}), eigenvit::ShapeError);
  // It resizes to 15 pixels and cuts 12 of them out.
  const auto cropped = eigenvit::load_model(golden::models_folder() / "hf_dinov2");
  CHECK(message_of<eigenvit::UnsupportedError>([&] {
          cropped.tokens(image, TileOptions{20, 4});
        }).find("found one that makes of 20x20 pixels 15x15 and of these 12x12") !=
        std::string::npos);
}
