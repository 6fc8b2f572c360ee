/// The numbers and choices of ZoeDepth's head, which estimates depth in metres.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_CONFIG_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/model/heads/dpt_neck_config.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Scenes with depths of one range, as those of a data set, and how finely it is divided.
struct ZoeDomain {
  std::string name;  ///< empty where there is only one
  Index bins = 64;
  double min_depth = 1e-3;  ///< in metres
  double max_depth = 10;
};

/// What ZoeDepth's head is made of. Where there are two domains, it chooses the one that an image
/// belongs to.
struct ZoeDepthConfig {
  static constexpr std::size_t levels = DptNeckConfig::levels;
  static constexpr std::size_t most_domains = 2;
  static constexpr Index router_width = 128;  ///< of the tokens by which the domain is chosen
  static constexpr Index router_blocks = 4;

  DptNeckConfig neck;
  bool add_projection = false;  ///< a convolution before the last ones
  Index relative_channels = 32;
  Index embedding = 128;                                 ///< of the bins at each pixel
  std::array<Index, levels> attractors = {16, 8, 4, 1};  ///< from the smallest map to the largest
  bool sums_attraction = false;  ///< of the attractors; else it is their mean
  bool bounded_bins = false;     ///< centres within the domain's depths, else positive
  double min_temperature = 0.0212;
  double max_temperature = 50;
  Index domain_count = 1;
  std::array<ZoeDomain, most_domains> domains;
  Index router_heads = 4;
  Index router_hidden = 1024;

  bool has_router() const noexcept { return domain_count > 1; }
  /// Hidden channels of the layers that make embeddings of the bins.
  Index projector_hidden() const noexcept { return has_router() ? embedding / 2 : 128; }
  /// Hidden channels of the layers that make the first bins.
  Index seed_hidden() const noexcept { return has_router() ? embedding / 2 : 256; }
  /// What the last layers read of a pixel beside the embedding of its bins. With one domain the
  /// relative depth is among it.
  Index last_features() const noexcept { return relative_channels + (has_router() ? 0 : 1); }
  /// Hidden channels of the last layers.
  Index last_hidden() const noexcept {
    return (last_features() + embedding) / (has_router() ? 4 : 2);
  }
  /// The most that a domain has.
  Index most_bins() const noexcept {
    Index most = 0;
    for (Index i = 0; i < domain_count; ++i) {
      most = std::max(most, domains[static_cast<std::size_t>(i)].bins);
    }
    return most;
  }
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const ZoeDepthConfig& head, const VitConfig& encoder,
                     const ConfigCheck& check) {
  constexpr Index most = 1 << 12;
  validate(head.neck, encoder, check);
  check.require(head.neck.doubles, "maps that are doubled from level to level", "others");
  check.require(head.neck.channels % 2 == 0, "an even number of channels of fused maps",
                std::to_string(head.neck.channels));
  check.within("channels of relative depth", head.relative_channels, 1, most);
  check.within("channels of an embedding of bins", head.embedding, 4, most);
  for (const Index attractors : head.attractors) {
    check.within("attractors of a level", attractors, 1, most);
  }
  const auto positive = [&](const char* what, double value) {
    check.require(value > 0 && value <= 1e6, what, std::to_string(value));
  };
  positive("a least temperature above 0 and at most 1e6", head.min_temperature);
  positive("a greatest temperature above 0 and at most 1e6", head.max_temperature);
  check.within("domains", head.domain_count, 1, static_cast<Index>(ZoeDepthConfig::most_domains));
  for (Index i = 0; i < head.domain_count; ++i) {
    const ZoeDomain& domain = head.domains[static_cast<std::size_t>(i)];
    check.within("bins of a domain", domain.bins, 1, most);
    check.require(
        domain.min_depth >= 0 && domain.min_depth < domain.max_depth && domain.max_depth <= 1e6,
        "depths of a domain that rise, from 0 to 1e6",
        std::to_string(domain.min_depth) + " to " + std::to_string(domain.max_depth));
  }
  if (!head.has_router()) return;
  check.within("hidden width of the blocks that choose a domain", head.router_hidden, 1, 1 << 16);
  check.require(head.router_heads > 0 && ZoeDepthConfig::router_width % head.router_heads == 0,
                "a number of heads that divides " + std::to_string(ZoeDepthConfig::router_width),
                std::to_string(head.router_heads));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
