// The forward pass whose attention is in tests/golden/features/attention.safetensors.
#ifndef EIGENVIT_TESTS_UNIT_FEATURES_ATTENTION_OUTPUT_HPP
#define EIGENVIT_TESTS_UNIT_FEATURES_ATTENTION_OUTPUT_HPP

#include <string>

#include <eigenvit/model/taps.hpp>

#include "feature_golden.hpp"

/// Two images of CLS, one register and 2 x 3 patches; 3 blocks of 4 heads.
inline eigenvit::VitOutput<float> attention_output() {
  const auto store = feature_golden::open("attention.safetensors");
  eigenvit::VitOutput<float> output;
  output.images = 2;
  output.tokens_per_image = 8;
  output.prefix_tokens = 2;
  output.grid_height = 2;
  output.grid_width = 3;
  output.heads = 4;
  for (const std::string block : {"0", "1", "2"}) {
    output.attention.push_back(golden::read(store, "attention." + block).values);
  }
  return output;
}

#endif
