/// The preprocessing recipe of a model folder, from timm's `config.json` or from transformers'
/// `preprocessor_config.json`.
#ifndef EIGENVIT_IO_PREPROCESSOR_CONFIG_HPP
#define EIGENVIT_IO_PREPROCESSOR_CONFIG_HPP

#include <array>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/preprocess_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// timm's evaluation transform for a folder's `config.json`: its `pretrained_cfg`, or the top level
/// itself where an older file has none.
///
/// Resizes to `floor(input_size / crop_pct)` by `crop_mode` (`center`: the short side, or the size
/// that covers a target that is not square; `squash`: exactly; `border`: fits in), then crops the
/// centre, padding with the mean in `border`. Absent fields: input_size [3,224,224], bicubic,
/// crop_pct 0.875 (0 counts as absent), `center`, ImageNet's mean and std. One mean serves all
/// channels, and one channel has the average of three; where there are other than one or three
/// channels, mean and std are ImageNet's and of no use.
///
/// `image_size` {H, W} takes the place of `input_size`. `source` names the file in messages.
/// Throws ConfigError when a field is of the wrong type or out of range.
/// Source: timm 1.0.31, data/config.py, data/model_config.py and data/transforms_factory.py.
PreprocessConfig timm_preprocess_config(const nlohmann::json& config, const std::string& source,
                                        std::optional<std::array<Index, 2>> image_size = {});

/// The image processor of a transformers folder, in its Pillow form. `preprocessor` is
/// `preprocessor_config.json`, or `processor_config.json` with its `image_processor`.
///
/// Known are the image processors ViT, DeiT, Beit, Bit, CLIP, Siglip, DINOv3ViT, ZoeDepth, Yolos
/// and VitPose, also by the names that end in Fast and FeatureExtractor; absent fields take their
/// class's defaults; a `do_` switch that is null is off. `default_class`, for example
/// "ViTImageProcessor", is used where the file names no class.
///
/// `image_size` {H, W} makes it resize to exactly that size, without a crop. `channels` are those
/// of the network, as above. `source` names the file in messages. Throws ConfigError when a field
/// is of the wrong type or out of range, UnsupportedError for another class or a step that is not
/// done here (padding, an offset, other forms of `size`). DINOv3ViT and ZoeDepth resize numbers as
/// PyTorch does it. Source: transformers 5.23,
/// image_processing_backends.py and the classes' own files.
PreprocessConfig transformers_preprocess_config(const nlohmann::json& preprocessor,
                                                const std::string& default_class,
                                                const std::string& source,
                                                std::optional<std::array<Index, 2>> image_size = {},
                                                Index channels = 3);

/// Whose mean and standard deviation pixels are normalised with.
enum class PixelStatistics { imagenet, clip };

/// The usual evaluation transform of checkpoints that bring no recipe: the short side to `resize`,
/// the centre `crop` x `crop` of it, normalised. `image_size` {H, W} makes it resize to exactly
/// that size, without a crop. Throws ConfigError, its message beginning with `source`, for a size
/// that is out of range. Source: torchvision's transforms, which the releases use.
PreprocessConfig evaluation_preprocess_config(Index resize, Index crop, Filter filter,
                                              PixelStatistics statistics, const std::string& source,
                                              std::optional<std::array<Index, 2>> image_size = {});

/// The recipe of an `open_clip_config.json`: its `preprocess_cfg`, or without one CLIP's bicubic
/// resize of the short side to `size` and crop. `image_size` and `source` as above. Throws
/// ConfigError for fields of another type or value. Source: open_clip, transform.py.
PreprocessConfig open_clip_preprocess_config(const nlohmann::json& config, Index size,
                                             const std::string& source,
                                             std::optional<std::array<Index, 2>> image_size = {});

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/preprocessor_config.inl>
#include <eigenvit/io/transformers_preprocessing.inl>
#endif

#endif
