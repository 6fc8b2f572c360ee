/// A small network whose weights are made of integers, and what its forward pass gave when the bits
/// were stored: compilers, flags and instruction sets are held against it.
#ifndef EIGENVIT_TESTS_UNIT_STORED_BITS_HPP
#define EIGENVIT_TESTS_UNIT_STORED_BITS_HPP

#include <cstdint>
#include <cstring>
#include <utility>

#include <eigenvit/model/vision_transformer.hpp>

// A translation unit of a program that mixes flags has functions of its own.
namespace {
namespace stored_bits {

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::kernels::WeightFormat;

/// Multiples of 2^-10 times a power of two, the same whatever the compiler makes of arithmetic.
/// Source: Marsaglia, "Xorshift RNGs".
class Integers {
 public:
  /// `count` values in `[center - spread, center + spread)`; both powers of two, or center 0.
  AlignedBuffer<float> values(Index count, float spread, float center = 0) {
    AlignedBuffer<float> result(static_cast<std::size_t>(count));
    for (float& value : result) {
      state_ ^= state_ << 13;
      state_ ^= state_ >> 17;
      state_ ^= state_ << 5;
      const int integer = static_cast<int>(state_ >> 21) - 1024;
      value = center + static_cast<float>(integer) * (spread / 1024);
    }
    return result;
  }

  eigenvit::Linear<float> linear(Index outputs, Index inputs,
                                 WeightFormat format = WeightFormat::native) {
    auto weight = values(outputs * inputs, 0.125f);
    auto bias = values(outputs, 0.25f);
    return eigenvit::Linear<float>(
        eigenvit::detail::PackedMatrix<float>(weight, outputs, inputs, nullptr, format),
        std::move(bias));
  }

  eigenvit::LayerNorm<float> norm(Index width) {
    auto gamma = values(width, 0.5f, 1);
    return {std::move(gamma), values(width, 0.25f), 0x1p-20f};
  }

 private:
  std::uint32_t state_ = 2463534242;
};

/// 133 tokens, so that attention takes two steps; heads of 24, which are filled up to 32 and whose
/// scale is no power of two; outputs that fill no panel.
inline VitConfig config(Activation activation) {
  VitConfig c;
  c.image_height = 88;
  c.image_width = 96;
  c.patch_height = c.patch_width = 8;
  c.embed_dim = 72;
  c.depth = 2;
  c.num_heads = 3;
  c.mlp_hidden = 150;
  c.num_classes = 37;
  c.layer_scale = true;
  c.pooler_hidden = 9;
  c.act = activation;
  return c;
}

/// The linear layers of its blocks are in a format.
inline eigenvit::VisionTransformer<float> network(Activation activation,
                                                  WeightFormat format = WeightFormat::native) {
  const VitConfig c = config(activation);
  Integers integers;
  eigenvit::VitLayers<float> l;
  auto weight = integers.values(c.embed_dim * 3 * 64, 0.125f);
  l.patch_embed = eigenvit::PatchEmbedding<float>(
      eigenvit::detail::PackedMatrix<float>(weight, c.embed_dim, 3 * 64),
      integers.values(c.embed_dim, 0.25f), 3, 8, 8);
  l.prefix_tokens = integers.values(c.embed_dim, 1);
  l.pos_embed.emplace(integers.values(133 * c.embed_dim, 1), c.embed_dim, 1, 11, 12);
  for (Index i = 0; i < c.depth; ++i) {
    auto norm1 = integers.norm(c.embed_dim);
    auto qkv = integers.linear(3 * c.embed_dim, c.embed_dim, format);
    auto proj = integers.linear(c.embed_dim, c.embed_dim, format);
    auto ls1 = integers.values(c.embed_dim, 0.5f);
    auto norm2 = integers.norm(c.embed_dim);
    auto fc1 = integers.linear(c.mlp_hidden, c.embed_dim, format);
    auto fc2 = integers.linear(c.embed_dim, c.mlp_hidden, format);
    l.blocks.emplace_back(
        std::move(norm1),
        eigenvit::MultiHeadSelfAttention<float>(std::move(qkv), std::move(proj), c.num_heads),
        std::move(ls1), std::move(norm2),
        eigenvit::Mlp<float>(std::move(fc1), std::move(fc2), activation),
        integers.values(c.embed_dim, 0.5f));
  }
  l.norm = integers.norm(c.embed_dim);
  l.head = integers.linear(c.num_classes, c.embed_dim);
  l.pooler = integers.linear(c.pooler_hidden, c.embed_dim);
  return {c, std::move(l)};
}

inline eigenvit::Taps every_tap() {
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = taps.logits = taps.pooler_output = true;
  taps.hidden = taps.attention = {0, 1};
  return taps;
}

/// Without the tokens, the last block is for the pooled ones only and has kernels of its own.
inline eigenvit::Taps logits_only() {
  eigenvit::Taps taps;
  taps.logits = true;
  return taps;
}

/// Two images through the network with such an activation and format.
inline eigenvit::VitOutput<float> forward(Activation activation, const eigenvit::Taps& taps,
                                          WeightFormat format = WeightFormat::native) {
  const auto model = network(activation, format);
  const auto pixels = Integers().values(2 * 3 * 88 * 96, 2);
  return model.forward({pixels.data(), 2, 88, 96}, taps);
}

/// Source: Fowler, Noll and Vo's FNV-1a.
inline std::uint64_t hash(const AlignedBuffer<float>& values, std::uint64_t seed) {
  for (const float value : values) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte) {
      seed = (seed ^ (bits >> (8 * byte) & 0xFF)) * 0x100000001B3;
    }
  }
  return seed;
}

inline std::uint64_t hash(const eigenvit::VitOutput<float>& output) {
  std::uint64_t seed = 0xCBF29CE484222325;
  for (const auto* tap : {&output.tokens, &output.pooled, &output.logits, &output.pooler_output}) {
    seed = hash(*tap, seed);
  }
  for (const auto& hidden : output.hidden) seed = hash(hidden, seed);
  for (const auto& attention : output.attention) seed = hash(attention, seed);
  return seed;
}

/// What was stored for each activation and format: hashes of every tap and of the logits alone, for
/// the sets that agree, and a logit of each image, which the baseline comes close to.
struct Stored {
  Activation activation;
  WeightFormat format;
  std::uint64_t every_tap;
  std::uint64_t logits_only;
  float first_logit;
  float last_logit;
};

constexpr Stored stored[] = {
    {Activation::gelu, WeightFormat::native, 0x0D4B6D2B73D637B1, 0x84B168C504E56A19, -0x1.f9aep-9f,
     0x1.b7a2c8p-1f},
    {Activation::gelu_tanh, WeightFormat::native, 0xB803B2F12552F98B, 0x940CA3A014145BDD,
     -0x1.fce566p-9f, 0x1.b7a11p-1f},
    {Activation::quick_gelu, WeightFormat::native, 0x451C3C4D3BDEFB75, 0x05F2EB6908A6B11E,
     -0x1.fd20b6p-10f, 0x1.b6a294p-1f},
    {Activation::silu, WeightFormat::native, 0xD3B5FEE1C43C6C10, 0x0B6E9D26AAF7AB4D,
     -0x1.6059acp-6f, 0x1.b39e1ep-1f},
    {Activation::relu, WeightFormat::native, 0x07C28AF935751156, 0xAFBAEDFCA5A5171E, 0x1.2d66a6p-5f,
     0x1.a996c2p-1f},
    {Activation::gelu, WeightFormat::int8, 0x8E4B1B0DBB39C610, 0xAAE066E48699027A, -0x1.f526c2p-9f,
     0x1.b67d56p-1f},
};

}  // namespace stored_bits
}  // namespace

#endif
