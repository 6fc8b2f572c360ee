// Models with dense heads, a real model's tensors, all of them zeros.
#ifndef EIGENVIT_TESTS_ALLOCATION_DENSE_MODELS_HPP
#define EIGENVIT_TESTS_ALLOCATION_DENSE_MODELS_HPP

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "zero_tensors.hpp"

namespace dense_models {

constexpr int patch = 16;
constexpr int classes = 150;  ///< of pixels

/// Those of a small ViT of few blocks, unless they are changed.
struct Sizes {
  int width = 384;
  int heads = 6;
  int blocks = 4;
  int side = 24;                             ///< of the patch grid
  std::array<int, 4> stages = {1, 2, 3, 4};  ///< what a decoder reads, as configurations say it
  std::array<int, 4> channels = {48, 96, 192, 384};  ///< of a DPT decoder's levels
  int fusion = 64;                                   ///< channels of its maps
  int queries = 100;
  int query_blocks = 2;  ///< last ones, which have them

  int mlp() const { return 4 * width; }
};

/// A folder's files, and the size of the image that it takes.
struct Model {
  std::string config;
  std::string preprocessor;
  ZeroTensors tensors;
  int image_height = 0;
  int image_width = 0;

  void write(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << config;
    if (!preprocessor.empty()) std::ofstream(folder / "preprocessor_config.json") << preprocessor;
    tensors.write(folder / "model.safetensors");
  }
};

/// A model of square images.
inline Model square_model(int side) {
  Model model;
  model.image_height = model.image_width = side;
  return model;
}

inline std::string number(int value) {
  return std::to_string(value);
}

/// A list of whole numbers.
inline std::string list(const std::array<int, 4>& values) {
  std::string text = "[";
  for (const int value : values) text += (text.size() == 1 ? "" : ", ") + number(value);
  return text + "]";
}

/// What all classes call so.
inline std::string sizes(const Sizes& s, int patch_size = patch) {
  return R"("hidden_size": )" + number(s.width) + R"(, "num_hidden_layers": )" + number(s.blocks) +
         R"(, "num_attention_heads": )" + number(s.heads) + R"(, "patch_size": )" +
         number(patch_size) + ", ";
}

/// The same of BEiT, with its image size.
inline std::string beit_sizes(const Sizes& s) {
  return sizes(s) + R"("intermediate_size": )" + number(s.mlp()) + R"(, "image_size": )" +
         number(patch * s.side) +
         R"(, "layer_scale_init_value": 0.1, "use_relative_position_bias": true, "out_indices": )" +
         list(s.stages) + ", ";
}

inline std::string preprocessor(const std::string& processor, int height, int width,
                                const std::string& more = "") {
  return R"({"image_processor_type": ")" + processor + R"(", "size": {"height": )" +
         number(height) + R"(, "width": )" + number(width) + R"(}, "do_resize": true)" + more + "}";
}

/// The part of a block that transformers' older classes share.
inline void add_attention(ZeroTensors& t, const std::string& block, int width,
                          bool key_bias = true) {
  const std::string attention = block + "attention.attention.";
  for (const std::string part : {"query", "key", "value"}) {
    t.add(attention + part + ".weight", {width, width});
    if (key_bias || part != "key") t.add(attention + part + ".bias", {width});
  }
  t.add_layer(block + "attention.output.dense", {width, width});
}

inline void add_mlp(ZeroTensors& t, const std::string& fc1, const std::string& fc2, int width) {
  t.add_layer(fc1, {4 * width, width});
  t.add_layer(fc2, {width, 4 * width});
}

inline void add_patches(ZeroTensors& t, const std::string& embeddings, int width,
                        int size = patch) {
  t.add_layer(embeddings + "patch_embeddings.projection", {width, 3, size, size});
}

/// ViT's encoder, with the names that DPT and BEiT have of it.
inline void add_vit_block(ZeroTensors& t, const std::string& block, int width,
                          bool key_bias = true) {
  add_attention(t, block, width, key_bias);
  add_mlp(t, block + "intermediate.dense", block + "output.dense", width);
  t.add_norm(block + "layernorm_before", width);
  t.add_norm(block + "layernorm_after", width);
}

inline void add_beit(ZeroTensors& t, const std::string& beit, const Sizes& s) {
  t.add(beit + "embeddings.cls_token", {1, 1, s.width});
  add_patches(t, beit + "embeddings.", s.width);
  for (int i = 0; i < s.blocks; ++i) {
    const std::string block = beit + "encoder.layer." + number(i) + ".";
    add_vit_block(t, block, s.width, false);
    t.add(block + "lambda_1", {s.width});
    t.add(block + "lambda_2", {s.width});
    t.add(block + "attention.attention.relative_position_bias.relative_position_bias_table",
          {(2 * s.side - 1) * (2 * s.side - 1) + 3, s.heads});
  }
}

/// A DPT decoder up to its head.
inline void add_neck(ZeroTensors& t, const Sizes& s, bool reads_cls, bool batch_norm) {
  const int kernels[] = {4, 2, 0, 3};
  const int width = s.width, fusion = s.fusion;
  for (int i = 0; i < 4; ++i) {
    const std::string stage = "neck.reassemble_stage.";
    const std::string level = stage + "layers." + number(i) + ".";
    const int c = s.channels[static_cast<std::size_t>(i)], k = kernels[i];
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

inline std::string neck_config(const Sizes& s) {
  return R"("neck_hidden_sizes": )" + list(s.channels) + R"(, "fusion_hidden_size": )" +
         number(s.fusion);
}

inline Model depth_anything(const Sizes& s) {
  constexpr int own_patch = 14;
  Model model = square_model(own_patch * s.side);
  model.config = R"({"architectures": ["DepthAnythingForDepthEstimation"],
    "model_type": "depth_anything", "backbone_config": {"model_type": "dinov2", )" +
                 sizes(s, own_patch) + R"("image_size": )" + number(model.image_height) +
                 R"(, "out_indices": )" + list(s.stages) +
                 R"(, "apply_layernorm": true, "reshape_hidden_states": false}, "patch_size": 14,
    "reassemble_hidden_size": )" +
                 number(s.width) + ", " + neck_config(s) + "}";
  ZeroTensors& t = model.tensors;
  const std::string backbone = "backbone.";
  t.add(backbone + "embeddings.cls_token", {1, 1, s.width});
  t.add(backbone + "embeddings.position_embeddings", {1, s.side * s.side + 1, s.width});
  add_patches(t, backbone + "embeddings.", s.width, own_patch);
  for (int i = 0; i < s.blocks; ++i) {
    const std::string block = backbone + "encoder.layer." + number(i) + ".";
    add_attention(t, block, s.width);
    add_mlp(t, block + "mlp.fc1", block + "mlp.fc2", s.width);
    t.add(block + "layer_scale1.lambda1", {s.width});
    t.add(block + "layer_scale2.lambda1", {s.width});
    t.add_norm(block + "norm1", s.width);
    t.add_norm(block + "norm2", s.width);
  }
  t.add_norm(backbone + "layernorm", s.width);
  add_neck(t, s, false, false);
  t.add_layer("head.conv1", {s.fusion / 2, s.fusion, 3, 3});
  t.add_layer("head.conv2", {32, s.fusion / 2, 3, 3});
  t.add_layer("head.conv3", {1, 32, 1, 1});
  return model;
}

inline Model beit_segmentation(const Sizes& s) {
  Model model = square_model(patch * s.side);
  model.config = R"({"architectures": ["BeitForSemanticSegmentation"], "model_type": "beit", )" +
                 beit_sizes(s) + R"("use_mean_pooling": true, "use_auxiliary_head": false})";
  model.preprocessor = preprocessor("BeitImageProcessor", model.image_height, model.image_width);
  ZeroTensors& t = model.tensors;
  const int width = s.width;
  add_beit(t, "beit.", s);
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

/// The plain ViT of DPT's own classes, with what their configurations say of it.
inline void add_dpt_vit(Model& model, const std::string& architecture, const Sizes& s,
                        bool batch_norm) {
  model.config = R"({"architectures": [")" + architecture + R"("], "model_type": "dpt", )" +
                 sizes(s) + R"("intermediate_size": )" + number(s.mlp()) + R"(, "image_size": )" +
                 number(patch * s.side) + R"(, "is_hybrid": false, "backbone_out_indices": )" +
                 list(s.stages) +
                 R"(, "readout_type": "project", "use_batch_norm_in_fusion_residual": )" +
                 (batch_norm ? "true, " : "false, ") + neck_config(s) + "}";
  ZeroTensors& t = model.tensors;
  const std::string dpt = "dpt.";
  t.add(dpt + "embeddings.cls_token", {1, 1, s.width});
  t.add(dpt + "embeddings.position_embeddings", {1, s.side * s.side + 1, s.width});
  add_patches(t, dpt + "embeddings.", s.width);
  for (int i = 0; i < s.blocks; ++i) {
    add_vit_block(t, dpt + "encoder.layer." + number(i) + ".", s.width);
  }
  t.add_norm(dpt + "layernorm", s.width);
  add_neck(t, s, true, batch_norm);
}

inline void add_dpt_depth(ZeroTensors& t, const Sizes& s) {
  t.add_layer("head.head.0", {s.fusion / 2, s.fusion, 3, 3});
  t.add_layer("head.head.2", {32, s.fusion / 2, 3, 3});
  t.add_layer("head.head.4", {1, 32, 1, 1});
}

inline Model dpt_depth(const Sizes& s) {
  Model model = square_model(patch * s.side);
  add_dpt_vit(model, "DPTForDepthEstimation", s, false);
  model.preprocessor = preprocessor("DPTImageProcessor", model.image_height, model.image_width);
  add_dpt_depth(model.tensors, s);
  return model;
}

/// For images of `image` rows and columns, which may differ from the size of its position table.
inline Model dpt_segmentation(const Sizes& s, int image) {
  Model model = square_model(image);
  add_dpt_vit(model, "DPTForSemanticSegmentation", s, true);
  model.preprocessor = preprocessor("DPTImageProcessor", image, image);
  ZeroTensors& t = model.tensors;
  t.add("head.head.0.weight", {s.fusion, s.fusion, 3, 3});
  t.add_batch_norm("head.head.1", s.fusion);
  t.add_layer("head.head.4", {classes, s.fusion, 1, 1});
  return model;
}

inline Model dpt_beit(const Sizes& s) {
  Model model = square_model(patch * s.side);
  model.config = R"({"architectures": ["DPTForDepthEstimation"], "model_type": "dpt",
    "backbone_config": {"model_type": "beit", )" +
                 beit_sizes(s) + R"("reshape_hidden_states": false}, "hidden_size": )" +
                 number(s.width) + R"(, "readout_type": "project", )" + neck_config(s) + "}";
  model.preprocessor = preprocessor("DPTImageProcessor", model.image_height, model.image_width);
  add_beit(model.tensors, "backbone.", s);
  add_neck(model.tensors, s, true, false);
  add_dpt_depth(model.tensors, s);
  return model;
}

/// Of the class on DINOv2, or of that on DINOv3, which has rotary positions and no bias of keys.
inline Model eomt(const Sizes& s, bool dinov3 = false) {
  const int side = patch * s.side, width = s.width, things = 133;
  Model model = square_model(side);
  model.config = std::string(R"({"architectures": [)") +
                 (dinov3 ? R"("EomtDinov3ForUniversalSegmentation"], "model_type": "eomt_dinov3", )"
                         : R"("EomtForUniversalSegmentation"], "model_type": "eomt", )") +
                 sizes(s) + R"("image_size": )" + number(side) + R"(, "mlp_ratio": 4,
    "intermediate_size": )" +
                 number(s.mlp()) + R"(, "num_blocks": )" + number(s.query_blocks) +
                 R"(, "num_queries": )" + number(s.queries) +
                 R"(, "num_register_tokens": 4, "num_upscale_blocks": 2})";
  model.preprocessor = R"({"image_processor_type": "EomtImageProcessor", "do_resize": true,
    "do_pad": true, "do_split_image": false, "size": {"shortest_edge": )" +
                       number(side) + R"(, "longest_edge": )" + number(side) + "}}";
  ZeroTensors& t = model.tensors;
  t.add("embeddings.cls_token", {1, 1, width});
  t.add("embeddings.register_tokens", {1, 4, width});
  if (dinov3) {
    t.add_layer("embeddings.patch_embeddings", {width, 3, patch, patch});
  } else {
    t.add("embeddings.position_embeddings.weight", {s.side * s.side, width});
    add_patches(t, "embeddings.", width);
  }
  for (int i = 0; i < s.blocks; ++i) {
    const std::string block = "layers." + number(i) + ".";
    const std::string attention = block + "attention.";
    t.add_layer(attention + "q_proj", {width, width});
    t.add(attention + "k_proj.weight", {width, width});
    if (!dinov3) t.add(attention + "k_proj.bias", {width});
    t.add_layer(attention + "v_proj", {width, width});
    t.add_layer(attention + (dinov3 ? "o_proj" : "out_proj"), {width, width});
    add_mlp(t, block + (dinov3 ? "mlp.up_proj" : "mlp.fc1"),
            block + (dinov3 ? "mlp.down_proj" : "mlp.fc2"), width);
    t.add(block + "layer_scale1.lambda1", {width});
    t.add(block + "layer_scale2.lambda1", {width});
    t.add_norm(block + "norm1", width);
    t.add_norm(block + "norm2", width);
  }
  t.add_norm("layernorm", width);
  t.add("attn_mask_probs", {s.query_blocks});
  t.add("query.weight", {s.queries, width});
  t.add_layer("class_predictor", {things + 1, width});
  for (int i = 1; i <= 3; ++i) t.add_layer("mask_head.fc" + number(i), {width, width});
  for (int i = 0; i < 2; ++i) {
    const std::string block = "upscale_block.block." + number(i) + ".";
    t.add_layer(block + "conv1", {width, width, 2, 2});
    t.add(block + "conv2.weight", {width, 1, 3, 3});
    t.add_norm(block + "layernorm2d", width);
  }
  return model;
}

inline Model vitpose(const Sizes& s, bool simple = false) {
  constexpr int keypoints = 17, channels = 256;
  const int width = s.width;
  Model model;
  model.image_height = 256;
  model.image_width = 192;
  model.config =
      R"({"architectures": ["VitPoseForPoseEstimation"], "model_type": "vitpose",
    "use_simple_decoder": )" +
      std::string(simple ? "true" : "false") +
      R"(, "backbone_config": {"model_type": "vitpose_backbone", )" + sizes(s) +
      R"("image_size": [256, 192], "mlp_ratio": 4, "out_indices": [)" + number(s.blocks) + "]}}";
  model.preprocessor = preprocessor("VitPoseImageProcessor", model.image_height, model.image_width);
  ZeroTensors& t = model.tensors;
  const std::string backbone = "backbone.";
  const int patches = model.image_height / patch * (model.image_width / patch);
  add_patches(t, backbone + "embeddings.", width);
  t.add(backbone + "embeddings.position_embeddings", {1, patches + 1, width});
  for (int i = 0; i < s.blocks; ++i) {
    const std::string block = backbone + "encoder.layer." + number(i) + ".";
    add_attention(t, block, width);
    add_mlp(t, block + "mlp.fc1", block + "mlp.fc2", width);
    t.add_norm(block + "layernorm_before", width);
    t.add_norm(block + "layernorm_after", width);
  }
  t.add_norm(backbone + "layernorm", width);
  if (simple) {
    t.add_layer("head.conv", {keypoints, width, 3, 3});
    return model;
  }
  t.add("head.deconv1.weight", {width, channels, 4, 4});
  t.add("head.deconv2.weight", {channels, channels, 4, 4});
  t.add_batch_norm("head.batchnorm1", channels);
  t.add_batch_norm("head.batchnorm2", channels);
  t.add_layer("head.conv", {keypoints, channels, 1, 1});
  return model;
}

/// Of two domains, for images of so many columns.
inline Model zoedepth(const Sizes& s, int image_width) {
  constexpr int embedding = 128, bins = 64, attractors = 16, router = 128, router_hidden = 1024;
  const int fusion = s.fusion;
  Model model;
  model.image_height = patch * s.side;
  model.image_width = image_width;
  model.config = R"({"architectures": ["ZoeDepthForDepthEstimation"], "model_type": "zoedepth",
    "backbone_config": {"model_type": "beit", )" +
                 beit_sizes(s) + R"("reshape_hidden_states": false}, "backbone_hidden_size": )" +
                 number(s.width) + R"(, "readout_type": "project", "bottleneck_features": )" +
                 number(fusion) + R"(, "bin_embedding_dim": 128, "num_relative_features": 32,
    "bin_configurations": [{"name": "nyu", "n_bins": 64, "min_depth": 0.001, "max_depth": 10.0},
      {"name": "kitti", "n_bins": 64, "min_depth": 0.001, "max_depth": 80.0}],
    "num_patch_transformer_layers": 4, "patch_transformer_hidden_size": 128,
    "patch_transformer_intermediate_size": 1024, "patch_transformer_num_attention_heads": 4, )" +
                 neck_config(s) + "}";
  model.preprocessor = preprocessor("ZoeDepthImageProcessor", model.image_height, image_width,
                                    R"(, "do_pad": false, "ensure_multiple_of": 32,
    "keep_aspect_ratio": true)");
  ZeroTensors& t = model.tensors;
  add_beit(t, "backbone.", s);
  add_neck(t, s, true, false);
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
