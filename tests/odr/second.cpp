#include <string>

#include <eigenvit/eigenvit.hpp>

std::string second_label(const char* model_folder, const char* image_file) {
  const auto model = eigenvit::load_model(model_folder);
  return model.classify(eigenvit::load_image(image_file), 1).at(0).label;
}
