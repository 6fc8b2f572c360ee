// Draws the joints of a body, and lines between them.
#ifndef EIGENVIT_EXAMPLES_DRAW_POSE_HPP
#define EIGENVIT_EXAMPLES_DRAW_POSE_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <eigenvit/eigenvit.hpp>

/// Draws with soft edges on an image.
class PosePen {
 public:
  using Colour = std::array<double, 3>;  // red, green, blue, from 0 to 255

  /// `radius` is half of the lines' width, in pixels.
  PosePen(eigenvit::Image& image, double radius) : image_(image), radius_(radius) {}

  void line(const eigenvit::Keypoint& from, const eigenvit::Keypoint& to, const Colour& colour) {
    stroke(from, to, radius_, colour);
  }
  void dot(const eigenvit::Keypoint& at, const Colour& colour) {
    stroke(at, at, 2 * radius_ + 1, {255, 255, 255});
    stroke(at, at, 2 * radius_, colour);
  }

 private:
  /// All that is no farther than `radius` from the line, which may leave the image.
  void stroke(const eigenvit::Keypoint& from, const eigenvit::Keypoint& to, double radius,
              const Colour& colour) {
    const double across = double(to.x) - from.x, down = double(to.y) - from.y;
    const double square = across * across + down * down;
    const auto [top, bottom] = range(from.y, to.y, radius, image_.height());
    for (std::ptrdiff_t y = top; y < bottom; ++y) {
      // The part of the line that comes near to this row.
      const auto along_at = [&](double row) { return std::clamp((row - from.y) / down, 0.0, 1.0); };
      const double reach = radius + 1;
      const bool is_level = std::abs(down) < 1;
      const double a = from.x + across * (is_level ? 0 : along_at(double(y) - reach));
      const double b = from.x + across * (is_level ? 1 : along_at(double(y) + reach));
      const auto [left, right] = range(a, b, radius, image_.width());
      for (std::ptrdiff_t x = left; x < right; ++x) {
        const double dx = double(x) - from.x, dy = double(y) - from.y;
        const double along =
            square > 0 ? std::clamp((dx * across + dy * down) / square, 0.0, 1.0) : 0.0;
        const double distance = std::hypot(dx - along * across, dy - along * down);
        const double share = std::clamp(radius + 0.5 - distance, 0.0, 1.0);
        std::uint8_t* const pixel = image_.row(y) + 3 * x;
        for (std::size_t c = 0; c < 3; ++c) {
          pixel[c] = std::uint8_t(share * colour[c] + (1 - share) * pixel[c] + 0.5);
        }
      }
    }
  }

  /// Of the pixels of an axis, from the first to past the last, that a stroke can reach.
  static std::array<std::ptrdiff_t, 2> range(double a, double b, double radius,
                                             std::ptrdiff_t size) {
    const double reach = radius + 1;
    const auto within = [size](double place) {
      return std::ptrdiff_t(std::clamp(place, 0.0, double(size)));
    };
    return {within(std::min(a, b) - reach), within(std::max(a, b) + reach + 1)};
  }

  eigenvit::Image& image_;
  double radius_;
};

/// Joint `index` of `count` in a colour of the circle of hues.
inline PosePen::Colour joint_colour(std::ptrdiff_t index, std::size_t count) {
  PosePen::Colour colour{};
  const double hue = 6.0 * double(index) / double(count);
  for (std::size_t c = 0; c < 3; ++c) {
    // Red, green and blue are two sixths of the circle apart.
    const double from = std::abs(std::fmod(hue + 6.0 - 2.0 * double(c), 6.0));
    colour[c] = 255 * std::clamp(2.0 - std::min(from, 6.0 - from), 0.0, 1.0);
  }
  return colour;
}

/// The joints whose scores are above `threshold`, and the edges between two such.
inline void draw_pose(const eigenvit::Pose& pose,
                      const std::vector<std::array<std::ptrdiff_t, 2>>& edges, float threshold,
                      eigenvit::Image& image) {
  const auto side = double(std::max(image.width(), image.height()));
  const double size = std::min(std::max(pose.box.width, pose.box.height), side);
  PosePen pen(image, std::max(1.0, size / 150));
  const auto& joints = pose.keypoints;
  for (const auto& [from, to] : edges) {
    const auto& a = joints[std::size_t(from)];
    const auto& b = joints[std::size_t(to)];
    if (a.score > threshold && b.score > threshold) {
      pen.line(a, b, joint_colour(from, joints.size()));
    }
  }
  for (const auto& joint : joints) {
    if (joint.score > threshold) pen.dot(joint, joint_colour(joint.index, joints.size()));
  }
}

#endif
