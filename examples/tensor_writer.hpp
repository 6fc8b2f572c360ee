// Writes what a run over several batches was asked for, under the names by which it was asked for.
#ifndef EIGENVIT_EXAMPLES_TENSOR_WRITER_HPP
#define EIGENVIT_EXAMPLES_TENSOR_WRITER_HPP

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <eigenvit/eigenvit.hpp>

class TensorWriter {
 public:
  // `names` out of pixel_values, tokens, cls, patches, pooled, pooler_output, image_embeds, logits,
  // pred_boxes, depth, domain_logits, segment_logits, mask_logits, class_logits, heatmaps,
  // merge_source, hidden.K, attention.K, query.K, key.K, value.K, rotated_query.K and
  // rotated_key.K; none ask for those of tokens, pooled and
  // logits that the network has. Throws `UnsupportedError` for a name that it does not have.
  TensorWriter(const eigenvit::Checkpoint& checkpoint, const std::vector<std::string>& names)
      : config_(checkpoint.config), dense_head_(checkpoint.dense_head) {
    std::vector<std::string> wanted = names;
    if (names.empty()) {
      wanted = {"tokens", "pooled"};
      if (config_.num_classes > 0) wanted.push_back("logits");
    }
    for (const std::string& name : wanted) {
      if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
      request(name);
      names_.push_back(name);
    }
  }

  const eigenvit::Taps& taps() const { return taps_; }

  // Writes one batch; the first one opens the file, for `total` images. Throws `ShapeError` when
  // the patch grid differs from that of the batches before.
  void add(const eigenvit::PixelBatch<float>& pixels, const eigenvit::VitOutput<float>& output,
           const std::filesystem::path& path, std::size_t total,
           const std::map<std::string, std::string>& metadata) {
    std::vector<Piece> pieces;
    for (const std::string& name : names_) pieces.push_back(find(name, pixels, output));
    if (!file_) {
      std::vector<eigenvit::TensorLayout> layout;
      for (std::size_t i = 0; i < names_.size(); ++i) {
        layout.push_back({names_[i], {total}, pieces[i].dtype});
        for (const std::ptrdiff_t size : pieces[i].shape) {
          layout.back().shape.push_back(std::uint64_t(size));
        }
      }
      file_.emplace(path, layout, metadata);
      grid_ = {output.grid_height, output.grid_width};
    }
    if (grid_ != std::array<std::ptrdiff_t, 2>{output.grid_height, output.grid_width}) {
      throw eigenvit::ShapeError("expected every image to have a patch grid of " +
                                 std::to_string(grid_[0]) + " x " + std::to_string(grid_[1]) +
                                 ", found " + std::to_string(output.grid_height) + " x " +
                                 std::to_string(output.grid_width));
    }
    for (std::ptrdiff_t image = 0; image < output.images; ++image, ++written_) {
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::size_t size = 1;
        for (const std::ptrdiff_t extent : pieces[i].shape) size *= std::size_t(extent);
        file_->write_elements(i, written_ * size, pieces[i].of(image), size);
      }
    }
  }

  // Completes the file.
  void commit() { file_->commit(); }

 private:
  // Where in a batch's result a tensor lies: `shape` of one image, images `step` values apart.
  struct Piece {
    std::vector<std::ptrdiff_t> shape;
    const float* values;
    std::ptrdiff_t step;
    // In place of `values`, where the tensor is of whole numbers.
    const eigenvit::Index* integers = nullptr;
    eigenvit::DType dtype = eigenvit::DType::f32;

    const void* of(std::ptrdiff_t image) const {
      if (integers) return integers + image * step;
      return values + image * step;
    }
  };

  using Output = eigenvit::VitOutput<float>;

  // What a pass gives of single blocks, under names as "hidden.3".
  struct BlockTap {
    std::string kind;
    std::vector<std::ptrdiff_t> eigenvit::Taps::*asked;
    std::vector<eigenvit::AlignedBuffer<float>> Output::*given;
  };

  // The tap that `name` is of; null when of none.
  static const BlockTap* block_tap(const std::string& name) {
    using eigenvit::Taps;
    static const std::array<BlockTap, 7> taps = {{
        {"hidden.", &Taps::hidden, &Output::hidden},
        {"attention.", &Taps::attention, &Output::attention},
        {"query.", &Taps::query, &Output::query},
        {"key.", &Taps::key, &Output::key},
        {"value.", &Taps::value, &Output::value},
        {"rotated_query.", &Taps::rotated_query, &Output::rotated_query},
        {"rotated_key.", &Taps::rotated_key, &Output::rotated_key},
    }};
    const auto found = std::find_if(taps.begin(), taps.end(), [&name](const BlockTap& tap) {
      return name.compare(0, tap.kind.size(), tap.kind) == 0;
    });
    return found == taps.end() ? nullptr : &*found;
  }

  // The block that "hidden.3" or "attention.3" names; nothing when `name` is not of that kind.
  std::optional<std::ptrdiff_t> block(const std::string& name, const std::string& kind) const {
    if (name.compare(0, kind.size(), kind) != 0) return std::nullopt;
    for (std::ptrdiff_t i = 0; i < config_.depth; ++i) {
      if (name == kind + std::to_string(i)) return i;
    }
    throw eigenvit::UnsupportedError("expected " + kind + "0 to " + kind +
                                     std::to_string(config_.depth - 1) + ", found " + name);
  }

  void request(const std::string& name) {
    const auto require = [&](bool present, const std::string& what) {
      if (!present) {
        throw eigenvit::UnsupportedError("expected a model with " + what + " for '" + name +
                                         "', found one without");
      }
    };
    if (name == "tokens" || name == "patches" || name == "cls") {
      require(name != "cls" || config_.class_token, "a class token");
      taps_.tokens = true;
    } else if (name == "pooled") {
      taps_.pooled = true;
    } else if (name == "pooler_output") {
      require(config_.has_pooler_output(), "a pooler");
      taps_.pooler_output = true;
    } else if (name == "image_embeds") {
      require(config_.image_embeds, "embeddings of images beside texts");
      taps_.image_embeds = true;
    } else if (name == "pred_boxes") {
      require(config_.detects(), "detection heads");
      taps_.pred_boxes = true;
    } else if (name == "depth") {
      require(eigenvit::estimates_depth(dense_head_), "a depth head");
      taps_.dense = true;
    } else if (name == "domain_logits") {
      const auto* const zoe = std::get_if<eigenvit::ZoeDepthConfig>(&dense_head_);
      require(zoe && zoe->has_router(), "a depth head of several domains");
      taps_.dense = true;
    } else if (name == "mask_logits" || name == "class_logits") {
      require(std::holds_alternative<eigenvit::EomtConfig>(dense_head_), "masks of queries");
      taps_.dense = true;
    } else if (name == "segment_logits") {
      require(std::holds_alternative<eigenvit::UperConfig>(dense_head_) ||
                  std::holds_alternative<eigenvit::DptSegmentationConfig>(dense_head_),
              "a head that scores classes of pixels");
      taps_.dense = true;
    } else if (name == "heatmaps") {
      require(std::holds_alternative<eigenvit::PoseConfig>(dense_head_), "a pose head");
      taps_.dense = true;
    } else if (name == "merge_source") {
      taps_.merge_source = true;
    } else if (name == "logits") {
      require(config_.num_classes > 0, "a head");
      taps_.logits = true;
    } else if (const auto tap = block_tap(name)) {
      (taps_.*tap->asked).push_back(*block(name, tap->kind));
    } else if (name != "pixel_values") {
      throw eigenvit::UnsupportedError(
          "expected pixel_values, tokens, cls, patches, pooled, pooler_output, image_embeds, "
          "logits, pred_boxes, depth, domain_logits, segment_logits, mask_logits, class_logits, "
          "heatmaps, merge_source, hidden.K, attention.K, query.K, key.K, value.K, rotated_query.K "
          "or rotated_key.K, found " +
          name);
    }
  }

  Piece find(const std::string& name, const eigenvit::PixelBatch<float>& pixels,
             const eigenvit::VitOutput<float>& o) const {
    const std::ptrdiff_t tokens = o.tokens_per_image * o.width;
    if (name == "pixel_values") {
      return {{config_.in_chans, pixels.height, pixels.width},
              pixels.values,
              config_.in_chans * pixels.height * pixels.width};
    }
    if (name == "tokens") return {{o.tokens_per_image, o.width}, o.tokens.data(), tokens};
    if (name == "cls") return {{o.width}, o.tokens.data(), tokens};
    if (name == "patches") {
      return {{o.grid_height, o.grid_width, o.width},
              o.tokens.data() + o.prefix_tokens * o.width,
              tokens};
    }
    if (name == "pooled") return {{o.pooled_width}, o.pooled.data(), o.pooled_width};
    if (name == "pooler_output") {
      const std::ptrdiff_t size = config_.pooler_output_width();
      return {{size}, o.pooler_output.data(), size};
    }
    if (name == "image_embeds") return {{o.embeds_width}, o.image_embeds.data(), o.embeds_width};
    if (name == "pred_boxes") return {{o.detections, 4}, o.pred_boxes.data(), o.detections * 4};
    if (name == "depth") {
      const auto& depths = o.dense;
      return {{depths.height, depths.width}, depths.maps.data(), depths.height * depths.width};
    }
    if (name == "domain_logits")
      return {{o.dense.classes}, o.dense.class_logits.data(), o.dense.classes};
    if (name == "class_logits") {
      const auto& dense = o.dense;
      return {{dense.channels, dense.classes},
              dense.class_logits.data(),
              dense.channels * dense.classes};
    }
    if (name == "segment_logits" || name == "mask_logits" || name == "heatmaps") {
      const auto& maps = o.dense;
      return {{maps.height, maps.width, maps.channels},
              maps.maps.data(),
              maps.height * maps.width * maps.channels};
    }
    if (name == "merge_source") {
      return {{o.tokens_per_image},
              nullptr,
              o.tokens_per_image,
              o.merge_source.data(),
              sizeof(eigenvit::Index) == 8 ? eigenvit::DType::i64 : eigenvit::DType::i32};
    }
    if (name == "logits" && config_.detects()) {
      return {{o.detections, o.classes}, o.logits.data(), o.detections * o.classes};
    }
    if (name == "logits") return {{o.classes}, o.logits.data(), o.classes};
    const BlockTap& tap = *block_tap(name);
    const std::ptrdiff_t i = *block(name, tap.kind);
    const std::vector<std::ptrdiff_t>& blocks = taps_.*tap.asked;
    const auto place = std::find(blocks.begin(), blocks.end(), i) - blocks.begin();
    const float* const values = (o.*tap.given)[std::size_t(place)].data();
    if (tap.given == &Output::hidden) return {{o.tokens_per_image, o.width}, values, tokens};
    if (tap.given == &Output::attention) {
      return {{o.heads, o.tokens_per_image, o.tokens_per_image},
              values,
              o.heads * o.tokens_per_image * o.tokens_per_image};
    }
    return {
        {o.tokens_per_image, o.projection_width}, values, o.tokens_per_image * o.projection_width};
  }

  const eigenvit::VitConfig config_;
  const eigenvit::DenseConfig dense_head_;
  std::vector<std::string> names_;
  eigenvit::Taps taps_;
  std::optional<eigenvit::SafetensorsWriter> file_;
  std::array<std::ptrdiff_t, 2> grid_{};
  std::size_t written_ = 0;
};

#endif
