#include <iostream>
#include <string>

#include <eigenvit/eigenvit.hpp>

std::string second_label(const char* model_folder, const char* image_file);

static std::string first_label(const char* model_folder, const char* image_file) {
  const auto model = eigenvit::load_model(model_folder);
  return model.classify(eigenvit::load_image(image_file), 1).at(0).label;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto first = first_label(argv[1], argv[2]);
  const auto second = second_label(argv[1], argv[2]);
  std::cout << "first unit: " << first << ", second unit: " << second << '\n';
  return !first.empty() && second == first ? 0 : 1;
}
