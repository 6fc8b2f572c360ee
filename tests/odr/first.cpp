#include <iostream>

#include <eigenvit/eigenvit.hpp>

eigenvit::Image image_of_second(const char* file);

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto model = eigenvit::load_model(argv[1]);
  const auto label = model.classify(image_of_second(argv[2]), 1).at(0).label;
  std::cout << label << '\n';
  return label.empty() ? 1 : 0;
}
