#include <iostream>

#include <eigenvit/eigenvit.hpp>

// Usage: PROGRAM MODEL_FOLDER IMAGE
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto model = eigenvit::load_model(argv[1]);
  const auto image = eigenvit::load_image(argv[2]);
  const auto best = model.classify(image, 1).at(0);
  std::cout << best.label << ' ' << best.score << '\n';
  // The best of ten classes cannot have less than a tenth; that it is the right one is tested
  // elsewhere.
  return !best.label.empty() && best.score > 0.1 && best.score <= 1 ? 0 : 1;
}
