#ifndef EIGENVIT_FEATURES_MASK_CLASSES_INL
#define EIGENVIT_FEATURES_MASK_CLASSES_INL

#include <algorithm>
#include <cstdint>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/mask_classes.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Calls `take(x, y, colour, repeated)` for each pixel; `repeated` tells that the colour is that of
/// the pixel before, as most are.
template <class Take>
void for_each_pixel(const ImageView& mask, const Take& take) {
  check(mask);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(mask.width) * 3);
  Colour before{};
  for (Index y = 0; y < mask.height; ++y) {
    copy_as_rgb(mask.row(y), mask.format, mask.width, row.data());
    for (Index x = 0; x < mask.width; ++x) {
      const std::uint8_t* const rgb = row.data() + 3 * x;
      const Colour colour = {rgb[0], rgb[1], rgb[2]};
      take(x, y, colour, x + y > 0 && colour == before);
      before = colour;
    }
  }
}

}  // namespace detail

EIGENVIT_INLINE std::string colour_name(const Colour& colour) {
  constexpr char digits[] = "0123456789abcdef";
  std::string name = "#";
  for (const std::uint8_t value : colour) {
    name += digits[value / 16];
    name += digits[value % 16];
  }
  return name;
}

EIGENVIT_INLINE Colour parse_colour(const std::string& text) {
  const auto fail = [&] {
    detail::raise<ConfigError>(
        {"colour: expected #rrggbb or a grey from 0 to 255, found ", detail::Quoted{text}});
  };
  const bool hexadecimal = !text.empty() && text.front() == '#';
  const std::string digits = hexadecimal ? text.substr(1) : text;
  if (hexadecimal ? digits.size() != 6 : digits.empty() || digits.size() > 3) fail();
  std::uint32_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint32_t>(c >= '0' && c <= '9'   ? c - '0'
                                                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                                         : 16);
    const std::uint32_t base = hexadecimal ? 16 : 10;
    if (digit >= base) fail();
    value = value * base + digit;
  }
  if (!hexadecimal) {
    if (value > 255) fail();
    const auto grey = static_cast<std::uint8_t>(value);
    return {grey, grey, grey};
  }
  return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8 & 255),
          static_cast<std::uint8_t>(value & 255)};
}

EIGENVIT_INLINE MaskClasses::MaskClasses(std::vector<Colour> ignored)
    : ignored_(std::move(ignored)) {}

EIGENVIT_INLINE MaskClasses MaskClasses::from_labels(const std::vector<std::string>& labels) {
  MaskClasses classes;
  for (const std::string& label : labels) {
    const Colour colour = parse_colour(label);
    if (!classes.colours_.empty() && !(classes.colours_.back() < colour)) {
      detail::raise<ConfigError>(
          {"mask: expected the colours of the classes in rising order, found ",
           detail::Quoted{label}, " after ", colour_name(classes.colours_.back())});
    }
    classes.colours_.push_back(colour);
  }
  return classes;
}

EIGENVIT_INLINE bool MaskClasses::is_ignored(const Colour& colour) const noexcept {
  return std::find(ignored_.begin(), ignored_.end(), colour) != ignored_.end();
}

EIGENVIT_INLINE void MaskClasses::add(const ImageView& mask) {
  std::vector<Colour> colours = colours_;
  detail::for_each_pixel(mask, [&](Index, Index, const Colour& colour, bool repeated) {
    if (repeated || is_ignored(colour)) return;
    const auto place = std::lower_bound(colours.begin(), colours.end(), colour);
    if (place != colours.end() && *place == colour) return;
    if (static_cast<Index>(colours.size()) == max_mask_classes) {
      detail::raise<ConfigError>(
          {"mask: expected at most ", max_mask_classes,
           " colours, one a class, found more (not a mask, or blurred, or saved as JPEG?)"});
    }
    colours.insert(place, colour);
  });
  colours_ = std::move(colours);
}

EIGENVIT_INLINE std::vector<std::string> MaskClasses::labels() const {
  std::vector<std::string> labels;
  for (const Colour& colour : colours_) labels.push_back(colour_name(colour));
  return labels;
}

EIGENVIT_INLINE bool MaskClasses::grey() const noexcept {
  return std::all_of(colours_.begin(), colours_.end(), [](const Colour& colour) {
    return colour[0] == colour[1] && colour[1] == colour[2];
  });
}

EIGENVIT_INLINE Matrix<Index> MaskClasses::classes_of(const ImageView& mask) const {
  detail::check(mask);
  Matrix<Index> classes(mask.height, mask.width);
  Index found = no_class;
  detail::for_each_pixel(mask, [&](Index x, Index y, const Colour& colour, bool repeated) {
    if (!repeated) {
      const auto place = std::lower_bound(colours_.begin(), colours_.end(), colour);
      if (is_ignored(colour)) {
        found = no_class;
      } else if (place != colours_.end() && *place == colour) {
        found = static_cast<Index>(place - colours_.begin());
      } else {
        detail::raise<ConfigError>({"mask: expected one of the ", size(), " colours, found ",
                                    colour_name(colour), " at ", x, ",", y});
      }
    }
    classes(y, x) = found;
  });
  return classes;
}

EIGENVIT_INLINE Image MaskClasses::picture(const Matrix<Index>& classes) const {
  Image image(classes.cols(), classes.rows());
  for (Index y = 0; y < classes.rows(); ++y) {
    std::uint8_t* rgb = image.row(y);
    for (Index x = 0; x < classes.cols(); ++x, rgb += 3) {
      const Index c = classes(y, x);
      if (c == no_class) continue;
      if (c < 0 || c >= size()) {
        detail::raise<ConfigError>(
            {"mask: expected classes from 0 to ", size() - 1, ", found ", c});
      }
      std::copy_n(colours_[static_cast<std::size_t>(c)].data(), 3, rgb);
    }
  }
  return image;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
