/// Masks: pictures in which each colour means a class.
#ifndef EIGENVIT_FEATURES_MASK_CLASSES_HPP
#define EIGENVIT_FEATURES_MASK_CLASSES_HPP

#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/colour_map.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The class of what has none: ignored pixels, and patches that show too little of any class.
constexpr Index no_class = -1;

/// The most colours that masks may have.
constexpr Index max_mask_classes = 256;

/// A colour as `#rrggbb`.
std::string colour_name(const Colour& colour);

/// The colour of `#rrggbb`, or that grey of a number from 0 to 255. Throws `ConfigError` for other
/// texts.
Colour parse_colour(const std::string& text);

/// Which colours masks are made of, and which class each means: those of the darkest red
/// first, then green, then blue, so that grey masks have their classes in the order of their
/// numbers.
class MaskClasses {
 public:
  /// Pixels of the `ignored` colours are of no class.
  explicit MaskClasses(std::vector<Colour> ignored = {});

  /// The classes whose labels are colours, as `labels` gives them. Throws `ConfigError` for other
  /// labels, and when they are not in their order.
  static MaskClasses from_labels(const std::vector<std::string>& labels);

  /// Makes classes of the mask's colours; the number of a class that was there may change. Throws
  /// `ShapeError` where the view is not valid, `ConfigError` for more than `max_mask_classes`
  /// colours, which tell of a picture that is no mask or was blurred or saved as JPEG.
  void add(const ImageView& mask);

  Index size() const noexcept { return static_cast<Index>(colours_.size()); }  ///< C
  const std::vector<Colour>& colours() const noexcept { return colours_; }     ///< by class
  std::vector<std::string> labels() const;                                     ///< `#rrggbb`
  /// Whether red, green and blue are the same in every colour.
  bool grey() const noexcept;

  /// The class of each pixel `[height, width]`, `no_class` for ignored ones. Throws as `add`, and
  /// `ConfigError` for a colour that is no class.
  Matrix<Index> classes_of(const ImageView& mask) const;

  /// A mask of these classes `[height, width]`; `no_class` is black. Throws `ShapeError` for an
  /// empty matrix, `ConfigError` for another class.
  Image picture(const Matrix<Index>& classes) const;

 private:
  bool is_ignored(const Colour& colour) const noexcept;

  std::vector<Colour> ignored_;
  std::vector<Colour> colours_;  ///< in rising order
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/mask_classes.inl>
#endif

#endif
