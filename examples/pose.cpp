// Finds the joints of bodies in an image, draws skeletons and writes the places.
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/dense.hpp>
#include <eigenvit/image/encode.hpp>

#include "common.hpp"
#include "draw_pose.hpp"
#include "json_line.hpp"
#include "picture_output.hpp"

namespace {

/// "X,Y,W,H" as a box.
eigenvit::ImageBox parse_box(const std::string& text) {
  double numbers[4] = {};
  const char* next = text.c_str();
  for (std::size_t i = 0; i < 4; ++i) {
    char* end = nullptr;
    numbers[i] = std::strtod(next, &end);
    if (end == next || *end != (i < 3 ? ',' : '\0')) {
      throw CLI::ValidationError("--box", "expected X,Y,W,H, found " + text);
    }
    next = end + 1;
  }
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

nlohmann::ordered_json json_of(const std::vector<eigenvit::Pose>& poses, float threshold) {
  auto json = nlohmann::ordered_json::array();
  for (const eigenvit::Pose& pose : poses) {
    auto joints = nlohmann::ordered_json::array();
    for (const eigenvit::Keypoint& joint : pose.keypoints) {
      if (!(joint.score > threshold)) continue;
      joints.push_back({{"index", joint.index},
                        {"label", joint.label},
                        {"score", joint.score},
                        {"x", joint.x},
                        {"y", joint.y}});
    }
    const eigenvit::ImageBox& box = pose.box;
    json.push_back({{"box", {box.left, box.top, box.width, box.height}}, {"keypoints", joints}});
  }
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Finds the joints of bodies in an image and draws their skeletons", "pose");
  app.footer("pose --model vitpose --output pose.png --box 120,40,80,210 people.jpg");
  CommonOptions options;
  options.add_to(app);
  PictureOutput picture;
  picture.add_to(app);
  std::vector<std::string> box_texts;
  app.add_option("--box", box_texts,
                 "Where a body is: left, top, width and height in pixels; may be given several "
                 "times; without it the image is one box")
      ->type_name("X,Y,W,H")
      ->allow_extra_args(false);
  std::string json_name;
  app.add_option("--json", json_name, "Write boxes and joints with labels, places and scores too")
      ->type_name("FILE");
  float threshold = 0.3F;
  app.add_option("--threshold", threshold, "Joints of lower scores are left out")
      ->type_name("SCORE")
      ->check(within(0.0F, 1.0F))
      ->capture_default_str();
  std::string path;
  app.add_option("IMAGE", path, "An image file")->required();

  return run_program(app, argc, argv, [&] {
    std::vector<eigenvit::ImageBox> boxes;
    for (const std::string& text : box_texts) boxes.push_back(parse_box(text));
    picture.check();
    eigenvit::Image image = eigenvit::load_image(eigenvit::utf8_path(path), options.decode());
    const auto model =
        eigenvit::load_dense_model(eigenvit::utf8_path(options.model), options.model_options());

    eigenvit::ThreadPoolExecutor executor(options.threads);
    const std::vector<eigenvit::Pose> poses = model.keypoints(image, boxes, &executor);
    const auto& head = std::get<eigenvit::PoseConfig>(model.checkpoint().dense_head);
    for (const eigenvit::Pose& pose : poses) draw_pose(pose, head.edges, threshold, image);
    picture.save(image);
    if (!json_name.empty()) {
      write_json(eigenvit::utf8_path(json_name), json_of(poses, threshold));
    }
    return 0;
  });
}
