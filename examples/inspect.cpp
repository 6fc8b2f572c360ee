// Prints what was recognised in a model folder.
#include <algorithm>
#include <iomanip>
#include <variant>

#include <eigenvit/dense.hpp>

#include "common.hpp"
#include "config_keys.hpp"
#include "json_line.hpp"
#include "model_json.hpp"
#include "precision_rows.hpp"

namespace {

const char* name(eigenvit::Pool pool) {
  switch (pool) {
    case eigenvit::Pool::map:
      return "attention";
    case eigenvit::Pool::token_pair:
      return "class and distillation token";
    case eigenvit::Pool::prefix_avg:
      return "mean of the class tokens";
    case eigenvit::Pool::first_two:
      return "the first two tokens, side by side";
    case eigenvit::Pool::token_avg:
      return "class token and mean of the patches, side by side";
    default:
      return key(pool);
  }
}

const char* name(eigenvit::BlockForm form) {
  switch (form) {
    case eigenvit::BlockForm::pre_norm:
      return "norms before";
    case eigenvit::BlockForm::post_norm:
      return "norms after";
    case eigenvit::BlockForm::parallel:
      return "attention and mlp side by side";
    case eigenvit::BlockForm::sum_norm:
      return "norms of sums";
  }
  return "";
}

const char* positions(const eigenvit::VitConfig& c) {
  switch (c.rope.kind) {
    case eigenvit::RopeKind::axial:
      return c.pos_embed ? "table, rotary" : "rotary";
    case eigenvit::RopeKind::mixed:
      return c.pos_embed ? "table, rotary with learned frequencies"
                         : "rotary with learned frequencies";
    case eigenvit::RopeKind::centered:
      return c.pos_embed ? "table, rotary of centred places" : "rotary of centred places";
    case eigenvit::RopeKind::none:
      break;
  }
  if (c.rel_pos_bias) return c.pos_embed ? "table, relative bias" : "relative bias";
  return c.pos_embed ? "table" : c.sine_positions ? "sines and cosines" : "none";
}

const char* name(eigenvit::ClassScores scores) {
  switch (scores) {
    case eigenvit::ClassScores::softmax:
      return "softmax: one class out of all";
    case eigenvit::ClassScores::sigmoid:
      return "sigmoid: each class on its own";
    case eigenvit::ClassScores::none:
      return "the logits themselves: a regression";
  }
  return "";
}

std::ostream& row(const char* key) {
  return std::cout << std::left << std::setw(16) << key;
}

void print_network(const eigenvit::VitConfig& c) {
  row("image") << c.in_chans << " x " << c.image_height << " x " << c.image_width << '\n';
  row("patch") << c.patch_height << " x " << c.patch_width;
  if (c.patch_padding > 0) {
    std::cout << ", the first from " << c.patch_padding << " pixels outside of the image on";
  }
  std::cout << '\n';
  row("tokens") << c.tokens() << ": " << c.prefix_tokens() << " prefix";
  if (c.class_token) std::cout << ", CLS";
  if (c.dist_token) std::cout << ", distillation";
  if (c.reg_tokens > 0) std::cout << ", " << c.reg_tokens << " registers";
  std::cout << "; grid " << c.grid_height() << " x " << c.grid_width();
  if (c.det_tokens > 0) std::cout << "; " << c.det_tokens << " detection";
  if (c.query_tokens > 0) {
    std::cout << "; " << c.query_tokens << " queries, which join before block " << c.query_block;
  }
  std::cout << '\n';
  row("width") << c.embed_dim << '\n';
  row("depth") << c.depth << '\n';
  row("positions") << positions(c) << '\n';
  row("block") << name(c.block);
  if (c.num_parallel > 1) std::cout << ", " << c.num_parallel << " of each half side by side";
  std::cout << '\n';
  row("heads") << c.num_heads << " of " << c.embed_dim / c.num_heads;
  if (c.diff_attention) std::cout << ", differential";
  if (!c.kv_heads.empty()) {
    const auto [least, most] = std::minmax_element(c.kv_heads.begin(), c.kv_heads.end());
    std::cout << ", sharing " << *least << (*least < *most ? " or more" : "")
              << " of keys and values";
  }
  if (c.qk_norm) std::cout << ", queries and keys normed";
  if (c.attn_norm) std::cout << ", normed together";
  std::cout << '\n';
  row("mlp") << c.mlp_hidden << ", " << key(c.act) << (c.mlp_gate ? ", gated" : "")
             << (c.mlp_norm ? ", normed inside" : "");
  if (c.expert_outputs > 0)
    std::cout << ", " << c.expert_outputs << " outputs of expert " << c.expert;
  std::cout << '\n';
  row("norm") << (c.norm == eigenvit::NormKind::rms_norm ? "RMSNorm" : "LayerNorm") << ", eps "
              << c.norm_eps << '\n';
  row("layer scale") << (!c.layer_scale      ? "no"
                         : c.mlp_layer_scale ? "yes"
                                             : "of the attention only")
                     << '\n';
  row("pool") << name(c.global_pool) << (c.fc_norm ? ", normed after pooling" : "") << '\n';
  row("classes") << c.num_classes << (c.dist_head ? ", mean of two heads" : "")
                 << (c.detects() ? ", of each detection token" : "") << '\n';
  if (c.image_embeds) {
    row("image embeds") << c.image_embeds_width() << (c.normalize_embeds ? ", of length 1" : "")
                        << '\n';
  }
}

void print_dense_head(const eigenvit::DenseConfig& head) {
  if (const auto* const depth = std::get_if<eigenvit::DepthConfig>(&head)) {
    row("depth maps") << (depth->is_metric ? "in metres" : "relative") << ", of blocks";
    for (const eigenvit::Index block : depth->neck.blocks) std::cout << ' ' << block;
    std::cout << '\n';
  }
  if (const auto* const zoe = std::get_if<eigenvit::ZoeDepthConfig>(&head)) {
    row("depth maps") << "in metres, of blocks";
    for (const eigenvit::Index block : zoe->neck.blocks) std::cout << ' ' << block;
    for (eigenvit::Index i = 0; i < zoe->domain_count; ++i) {
      const eigenvit::ZoeDomain& domain = zoe->domains[std::size_t(i)];
      std::cout << ", " << domain.name << (domain.name.empty() ? "" : " ") << domain.bins
                << " bins from " << domain.min_depth << " to " << domain.max_depth;
    }
    std::cout << '\n';
  }
  if (const auto* const pose = std::get_if<eigenvit::PoseConfig>(&head)) {
    row("keypoints") << pose->keypoints << ", of block " << pose->block << ", heatmaps of "
                     << pose->enlargement() << " times the grid\n";
  }
  const auto print_segmentation = [](eigenvit::Index classes, const auto& blocks) {
    row("segmentation") << "each pixel, " << classes << " classes, of blocks";
    for (const eigenvit::Index block : blocks) std::cout << ' ' << block;
    std::cout << '\n';
  };
  if (const auto* const uper = std::get_if<eigenvit::UperConfig>(&head)) {
    print_segmentation(uper->classes, uper->blocks);
  }
  if (const auto* const dpt = std::get_if<eigenvit::DptSegmentationConfig>(&head)) {
    print_segmentation(dpt->classes, dpt->neck.blocks);
  }
  if (const auto* const eomt = std::get_if<eigenvit::EomtConfig>(&head)) {
    row("masks") << "of " << eomt->classes << " classes, of " << (1 << eomt->enlargements)
                 << " times the grid"
                 << (eomt->takes_windows ? "; images in square windows side by side" : "") << '\n';
  }
}

void print_preprocessing(const eigenvit::PreprocessConfig& p) {
  row("resize");
  switch (p.resize_mode) {
    case eigenvit::ResizeMode::none:
      std::cout << "none";
      break;
    case eigenvit::ResizeMode::exact:
      std::cout << "exactly " << p.resize_height << " x " << p.resize_width;
      break;
    case eigenvit::ResizeMode::shortest_edge:
      std::cout << "shortest edge to " << p.resize_height;
      break;
    case eigenvit::ResizeMode::cover:
      std::cout << "cover " << p.resize_height << " x " << p.resize_width;
      break;
    case eigenvit::ResizeMode::contain:
      std::cout << "fit into " << p.resize_height << " x " << p.resize_width;
      break;
    case eigenvit::ResizeMode::patches:
      std::cout << "any aspect, at most " << p.max_patches << " patches of " << p.size_multiple
                << " x " << p.size_multiple;
      break;
    case eigenvit::ResizeMode::padded_square:
      std::cout << "in a square, that to " << p.resize_height << " x " << p.resize_width;
      break;
    case eigenvit::ResizeMode::nearest_side:
      std::cout << "a side of " << p.resize_height << " x " << p.resize_width << ", multiples of ";
      if (p.size_parts > 1) std::cout << "1/" << p.size_parts << " pixel, rounded down";
      if (p.size_parts == 1) std::cout << p.size_multiple;
      break;
    case eigenvit::ResizeMode::padded_box:
      std::cout << "a box, a quarter larger, to " << p.resize_height << " x " << p.resize_width;
      break;
  }
  if (p.resize_mode != eigenvit::ResizeMode::none) std::cout << ", " << key(p.filter);
  if (p.mirror_border) std::cout << ", with a border that is mirrored";
  std::cout << '\n';
  row("crop");
  if (p.crop) {
    std::cout << (p.crop_rounding == eigenvit::CropRounding::corner ? "from the corner "
                                                                    : "centre ")
              << p.crop_height << " x " << p.crop_width << '\n';
  } else {
    std::cout << "none\n";
  }
  if (p.normalize) {
    row("mean") << p.mean[0] << ' ' << p.mean[1] << ' ' << p.mean[2] << '\n';
    row("std") << p.std[0] << ' ' << p.std[1] << ' ' << p.std[2] << '\n';
  }
}

void print(const eigenvit::Model& model, const std::vector<PrecisionRow>& precisions,
           const CommonOptions& options) {
  const eigenvit::VitConfig& config = model.network().config();
  const double parameters = double(model.network().parameters());
  row("family") << eigenvit::detail::one_line(model.checkpoint().family) << '\n';
  row("architecture") << eigenvit::detail::one_line(model.checkpoint().architecture) << '\n';
  print_network(config);
  print_dense_head(model.checkpoint().dense_head);
  print_preprocessing(model.checkpoint().preprocessing);
  row("labels") << model.labels().size() << '\n';
  if (model.has_head()) row("scores") << name(model.checkpoint().scores) << '\n';
  std::cout << std::fixed << std::setprecision(2);
  row("parameters") << parameters / 1e6 << " M\n";
  const eigenvit::ModelMemory memory =
      model.memory(config.image_width, config.image_height, inspected_taps(model),
                   options.batch_size, options.threads);
  row("weights") << double(memory.weights) / 1e6 << " MB in memory (float32)\n";
  for (const PrecisionRow& precision : precisions) {
    row(precision.name) << double(precision.packed) / 1e6 << " MB of packed matrices, by "
                        << precision.instructions << '\n';
  }
  row("workspace") << double(memory.workspace()) / 1e6 << " MB for a batch of "
                   << options.batch_size << " on " << options.threads << " threads\n";
  row("peak") << double(memory.peak()) / 1e6 << " MB: weights, workspace"
              << (memory.maps > 0 ? " and maps" : "") << '\n';
  row("flops") << double(model.network().flops(config.image_height, config.image_width)) / 1e9
               << " G an image\n";
  for (const std::string& note : model.checkpoint().notes) {
    row("note") << eigenvit::detail::one_line(note) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Says what a model folder holds: its network, preprocessing, memory and cost",
               "inspect");
  app.footer("inspect --model vit_base");
  CommonOptions options;
  options.add_to(app);
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object");

  return run_program(app, argc, argv, [&] {
    const eigenvit::Model model =
        eigenvit::load_dense_model(eigenvit::utf8_path(options.model), options.model_options());
    const auto precisions =
        precision_rows(eigenvit::utf8_path(options.model), options.model_options());
    if (json) {
      auto line = model_json(model, options.batch_size, options.threads);
      line["precisions"] = precisions_json(precisions);
      print_json_line(line);
    } else {
      print(model, precisions, options);
    }
    return 0;
  });
}
