// Models with dense heads, a real model's tensors but for fewer blocks, all of them zeros.
#ifndef EIGENVIT_TESTS_ALLOCATION_DENSE_MODELS_HPP
#define EIGENVIT_TESTS_ALLOCATION_DENSE_MODELS_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "zero_tensors.hpp"

namespace dense_models {

constexpr int width = 384;
constexpr int heads = 6;
constexpr int blocks = 4;
constexpr int patch = 16;
constexpr int side = 24;  ///< of the patch grid
constexpr int fusion = 64;
constexpr int classes = 150;

/// A folder's files, and the size of the image that it takes.
struct Model {
  std::string config;
  std::string preprocessor;
  ZeroTensors tensors;
  int image_height = patch * side;
  int image_width = patch * side;
};

inline std::string number(int value) {
  return std::to_string(value);
}

/// What all classes call so.
inline std::string sizes() {
  return R"("hidden_size": 384, "num_hidden_layers": 4, "num_attention_heads": 6, )"
         R"("patch_size": 16, )";
}

inline std::string square_preprocessor(const std::string& processor) {
  return R"({"image_processor_type": ")" + processor +
         R"(", "size": {"height": 384, "width": 384}, "do_resize": true})";
}

/// The part of a block that transformers' older classes share.
inline void add_attention(ZeroTensors& t, const std::string& block, bool key_bias = true) {
  const std::string attention = block + "attention.attention.";
  for (const std::string part : {"query", "key", "value"}) {
    t.add(attention + part + ".weight", {width, width});
    if (key_bias || part != "key") t.add(attention + part + ".bias", {width});
  }
  t.add_layer(block + "attention.output.dense", {width, width});
}

inline void add_mlp(ZeroTensors& t, const std::string& fc1, const std::string& fc2) {
  t.add_layer(fc1, {4 * width, width});
  t.add_layer(fc2, {width, 4 * width});
}

inline void add_patches(ZeroTensors& t, const std::string& embeddings, int size = patch) {
  t.add_layer(embeddings + "patch_embeddings.projection", {width, 3, size, size});
}

/// ViT's encoder, with the names that DPT and BEiT have of it.
inline void add_vit_block(ZeroTensors& t, const std::string& block, bool key_bias = true) {
  add_attention(t, block, key_bias);
  add_mlp(t, block + "intermediate.dense", block + "output.dense");
  t.add_norm(block + "layernorm_before", width);
  t.add_norm(block + "layernorm_after", width);
}

inline void add_beit(ZeroTensors& t, const std::string& beit) {
  t.add(beit + "embeddings.cls_token", {1, 1, width});
  add_patches(t, beit + "embeddings.");
  for (int i = 0; i < blocks; ++i) {
    const std::string block = beit + "encoder.layer." + number(i) + ".";
    add_vit_block(t, block, false);
    t.add(block + "lambda_1", {width});
    t.add(block + "lambda_2", {width});
    t.add(block + "attention.attention.relative_position_bias.relative_position_bias_table",
          {(2 * side - 1) * (2 * side - 1) + 3, heads});
  }
}

/// A DPT decoder up to its head.
inline void add_neck(ZeroTensors& t, bool reads_cls, bool batch_norm) {
  const int channels[] = {48, 96, 192, 384};
  const int kernels[] = {4, 2, 0, 3};
  for (int i = 0; i < 4; ++i) {
    const std::string stage = "neck.reassemble_stage.";
    const std::string level = stage + "layers." + number(i) + ".";
    const int c = channels[i], k = kernels[i];
    t.add_layer(level + "projection", {c, width, 1, 1});
    if (k > 0) t.add_layer(level + "resize", {c, c, k, k});
    if (reads_cls) t.add_layer(stage + "readout_projects." + number(i) + ".0", {width, 2 * width});
    t.add("neck.convs." + number(i) + ".weight", {fusion, c, 3, 3});
    const std::string fused = "neck.fusion_stage.layers." + number(i) + ".";
    t.add_layer(fused + "projection", {fusion, fusion, 1, 1});
    for (const std::string unit : {"residual_layer1.", "residual_layer2."}) {
      for (const char* const half : {"1", "2"}) {
        const std::string convolution = fused + unit + "convolution" + half;
        if (batch_norm) {
          t.add(convolution + ".weight", {fusion, fusion, 3, 3});
          t.add_batch_norm(fused + unit + "batch_norm" + half, fusion);
        } else {
          t.add_layer(convolution, {fusion, fusion, 3, 3});
        }
      }
    }
  }
}

inline const char* neck_config() {
  return R"("neck_hidden_sizes": [48, 96, 192, 384], "fusion_hidden_size": 64)";
}

inline Model depth_anything() {
  constexpr int own_patch = 14, own_side = 28;
  Model model;
  model.image_height = model.image_width = own_patch * own_side;
  model.config = R"({"architectures": ["DepthAnythingForDepthEstimation"],
    "model_type": "depth_anything", "backbone_config": {"model_type": "dinov2",
    "hidden_size": 384, "num_hidden_layers": 4, "num_attention_heads": 6, "image_size": 392,
    "patch_size": 14, "out_indices": [1, 2, 3, 4], "apply_layernorm": true,
    "reshape_hidden_states": false}, "patch_size": 14, "reassemble_hidden_size": 384, )" +
                 std::string(neck_config()) + "}";
  ZeroTensors& t = model.tensors;
  const std::string backbone = "backbone.";
  t.add(backbone + "embeddings.cls_token", {1, 1, width});
  t.add(backbone + "embeddings.position_embeddings", {1, own_side * own_side + 1, width});
  add_patches(t, backbone + "embeddings.", own_patch);
  for (int i = 0; i < blocks; ++i) {
    const std::string block = backbone + "encoder.layer." + number(i) + ".";
    add_attention(t, block);
    add_mlp(t, block + "mlp.fc1", block + "mlp.fc2");
    t.add(block + "layer_scale1.lambda1", {width});
    t.add(block + "layer_scale2.lambda1", {width});
    t.add_norm(block + "norm1", width);
    t.add_norm(block + "norm2", width);
  }
  t.add_norm(backbone + "layernorm", width);
  add_neck(t, false, false);
  t.add_layer("head.conv1", {fusion / 2, fusion, 3, 3});
  t.add_layer("head.conv2", {32, fusion / 2, 3, 3});
  t.add_layer("head.conv3", {1, 32, 1, 1});
  return model;
}

inline Model beit_segmentation() {
  Model model;
  model.config = R"({"architectures": ["BeitForSemanticSegmentation"], "model_type": "beit", )" +
                 sizes() + R"("intermediate_size": 1536, "image_size": 384,
    "layer_scale_init_value": 0.1, "use_mean_pooling": true, "use_relative_position_bias": true,
    "out_indices": [2, 3, 4, 0], "use_auxiliary_head": false})";
  model.preprocessor = square_preprocessor("BeitImageProcessor");
  ZeroTensors& t = model.tensors;
  add_beit(t, "beit.");
  t.add_layer("fpn1.0", {width, width, 2, 2});
  t.add_batch_norm("fpn1.1", width);
  t.add_layer("fpn1.3", {width, width, 2, 2});
  t.add_layer("fpn2.0", {width, width, 2, 2});
  const auto add_convolution = [&](const std::string& name, int inputs, int kernel) {
    t.add("decode_head." + name + ".conv.weight", {width, inputs, kernel, kernel});
    t.add_batch_norm("decode_head." + name + ".bn", width);
  };
  for (int i = 0; i < 4; ++i) add_convolution("psp_modules." + number(i) + ".1", width, 1);
  add_convolution("bottleneck", 5 * width, 3);
  for (int i = 0; i < 3; ++i) {
    add_convolution("lateral_convs." + number(i), width, 1);
    add_convolution("fpn_convs." + number(i), width, 3);
  }
  add_convolution("fpn_bottleneck", 4 * width, 3);
  t.add_layer("decode_head.classifier", {classes, width, 1, 1});
  return model;
}

inline Model dpt_segmentation() {
  Model model;
  model.config = R"({"architectures": ["DPTForSemanticSegmentation"], "model_type": "dpt", )" +
                 sizes() + R"("intermediate_size": 1536, "image_size": 384, "is_hybrid": false,
    "backbone_out_indices": [0, 1, 2, 3], "readout_type": "project",
    "use_batch_norm_in_fusion_residual": true, )" +
                 neck_config() + "}";
  model.preprocessor = square_preprocessor("DPTImageProcessor");
  ZeroTensors& t = model.tensors;
  const std::string dpt = "dpt.";
  t.add(dpt + "embeddings.cls_token", {1, 1, width});
  t.add(dpt + "embeddings.position_embeddings", {1, side * side + 1, width});
  add_patches(t, dpt + "embeddings.");
  for (int i = 0; i < blocks; ++i) {
    add_vit_block(t, dpt + "encoder.layer." + number(i) + ".");
  }
  t.add_norm(dpt + "layernorm", width);
  add_neck(t, true, true);
  t.add("head.head.0.weight", {fusion, fusion, 3, 3});
  t.add_batch_norm("head.head.1", fusion);
  t.add_layer("head.head.4", {classes, fusion, 1, 1});
  return model;
}

inline Model eomt() {
  constexpr int queries = 100;
  Model model;
  model.config = R"({"architectures": ["EomtForUniversalSegmentation"], "model_type": "eomt", )" +
                 sizes() +
                 R"("image_size": 384, "mlp_ratio": 4, "num_blocks": 2, "num_queries": 100,
    "num_register_tokens": 4, "num_upscale_blocks": 2})";
  model.preprocessor = R"({"image_processor_type": "EomtImageProcessor", "do_resize": true,
    "do_pad": true, "do_split_image": false, "size": {"shortest_edge": 384, "longest_edge": 384}})";
  ZeroTensors& t = model.tensors;
  t.add("embeddings.cls_token", {1, 1, width});
  t.add("embeddings.register_tokens", {1, 4, width});
  t.add("embeddings.position_embeddings.weight", {side * side, width});
  add_patches(t, "embeddings.");
  for (int i = 0; i < blocks; ++i) {
    const std::string block = "layers." + number(i) + ".";
    for (const char* const part : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      t.add_layer(block + "attention." + part, {width, width});
    }
    add_mlp(t, block + "mlp.fc1", block + "mlp.fc2");
    t.add(block + "layer_scale1.lambda1", {width});
    t.add(block + "layer_scale2.lambda1", {width});
    t.add_norm(block + "norm1", width);
    t.add_norm(block + "norm2", width);
  }
  t.add_norm("layernorm", width);
  t.add("attn_mask_probs", {2});
  t.add("query.weight", {queries, width});
  t.add_layer("class_predictor", {classes + 1, width});
  for (int i = 1; i <= 3; ++i) t.add_layer("mask_head.fc" + number(i), {width, width});
  for (int i = 0; i < 2; ++i) {
    const std::string block = "upscale_block.block." + number(i) + ".";
    t.add_layer(block + "conv1", {width, width, 2, 2});
    t.add(block + "conv2.weight", {width, 1, 3, 3});
    t.add_norm(block + "layernorm2d", width);
  }
  return model;
}

inline Model vitpose() {
  constexpr int keypoints = 17, channels = 256;
  Model model;
  model.image_height = 256;
  model.image_width = 192;
  model.config =
      R"({"architectures": ["VitPoseForPoseEstimation"], "model_type": "vitpose",
    "use_simple_decoder": false, "backbone_config": {"model_type": "vitpose_backbone", )" +
      sizes() + R"("image_size": [256, 192], "mlp_ratio": 4, "out_indices": [4]}})";
  model.preprocessor = R"({"image_processor_type": "VitPoseImageProcessor",
    "size": {"height": 256, "width": 192}})";
  ZeroTensors& t = model.tensors;
  const std::string backbone = "backbone.";
  const int patches = model.image_height / patch * (model.image_width / patch);
  add_patches(t, backbone + "embeddings.");
  t.add(backbone + "embeddings.position_embeddings", {1, patches + 1, width});
  for (int i = 0; i < blocks; ++i) {
    const std::string block = backbone + "encoder.layer." + number(i) + ".";
    add_attention(t, block);
    add_mlp(t, block + "mlp.fc1", block + "mlp.fc2");
    t.add_norm(block + "layernorm_before", width);
    t.add_norm(block + "layernorm_after", width);
  }
  t.add_norm(backbone + "layernorm", width);
  t.add("head.deconv1.weight", {width, channels, 4, 4});
  t.add("head.deconv2.weight", {channels, channels, 4, 4});
  t.add_batch_norm("head.batchnorm1", channels);
  t.add_batch_norm("head.batchnorm2", channels);
  t.add_layer("head.conv", {keypoints, channels, 1, 1});
  return model;
}

/// Of two domains.
inline Model zoedepth() {
  constexpr int embedding = 128, bins = 64, attractors = 16, router = 128, router_hidden = 1024;
  Model model;
  model.config = R"({"architectures": ["ZoeDepthForDepthEstimation"], "model_type": "zoedepth",
    "backbone_config": {"model_type": "beit", )" +
                 sizes() + R"("intermediate_size": 1536, "image_size": 384,
    "layer_scale_init_value": 0.1, "use_relative_position_bias": true, "out_indices": [1, 2, 3, 4],
    "reshape_hidden_states": false}, "backbone_hidden_size": 384, "readout_type": "project",
    "bottleneck_features": 64, "bin_embedding_dim": 128, "num_relative_features": 32,
    "bin_configurations": [{"name": "nyu", "n_bins": 64, "min_depth": 0.001, "max_depth": 10.0},
      {"name": "kitti", "n_bins": 64, "min_depth": 0.001, "max_depth": 80.0}],
    "num_patch_transformer_layers": 4, "patch_transformer_hidden_size": 128,
    "patch_transformer_intermediate_size": 1024, "patch_transformer_num_attention_heads": 4, )" +
                 neck_config() + "}";
  model.preprocessor = R"({"image_processor_type": "ZoeDepthImageProcessor", "do_pad": false,
    "ensure_multiple_of": 32, "keep_aspect_ratio": true, "size": {"height": 384, "width": 384}})";
  ZeroTensors& t = model.tensors;
  add_beit(t, "backbone.");
  add_neck(t, true, false);
  t.add_layer("relative_head.conv1", {fusion / 2, fusion, 3, 3});
  t.add_layer("relative_head.conv2", {32, fusion / 2, 3, 3});
  const std::string metric = "metric_head.";
  const auto add_mlp_of_pixels = [&](const std::string& name, int in, int hidden, int out) {
    t.add_layer(metric + name + ".conv1", {hidden, in, 1, 1});
    t.add_layer(metric + name + ".conv2", {out, hidden, 1, 1});
  };
  t.add_layer(metric + "conv2", {fusion, fusion, 1, 1});
  add_mlp_of_pixels("seed_projector", fusion, embedding / 2, embedding);
  for (int i = 0; i < 4; ++i) {
    add_mlp_of_pixels("projectors." + number(i), fusion, embedding / 2, embedding);
  }
  for (const std::string domain : {"nyu", "kitti"}) {
    add_mlp_of_pixels("seed_bin_regressors." + domain, fusion, embedding / 2, bins);
    for (int i = 0; i < 4; ++i) {
      add_mlp_of_pixels("attractors." + domain + "." + number(i), embedding, embedding, attractors);
    }
    const std::string last = metric + "conditional_log_binomial." + domain + ".mlp.";
    t.add_layer(last + "0", {(32 + embedding) / 4, 32 + embedding, 1, 1});
    t.add_layer(last + "2", {4, (32 + embedding) / 4, 1, 1});
  }
  const std::string encoder = metric + "patch_transformer.";
  t.add_layer(encoder + "embedding_convPxP", {router, fusion, 1, 1});
  for (int i = 0; i < 4; ++i) {
    const std::string block = encoder + "transformer_encoder." + number(i) + ".";
    for (const char* const part : {"query", "key", "value", "out_proj"}) {
      t.add_layer(block + "self_attn." + part, {router, router});
    }
    t.add_layer(block + "linear1", {router_hidden, router});
    t.add_layer(block + "linear2", {router, router_hidden});
    t.add_norm(block + "norm1", router);
    t.add_norm(block + "norm2", router);
  }
  t.add_layer(metric + "mlp_classifier.linear1", {router, router});
  t.add_layer(metric + "mlp_classifier.linear2", {2, router});
  return model;
}

}  // namespace dense_models

#endif
