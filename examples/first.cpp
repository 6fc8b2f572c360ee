// Says what a picture shows and gives a vector for each of its patches: first MODEL_FOLDER IMAGE
#include <iostream>

#include <eigenvit/eigenvit.hpp>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: first MODEL_FOLDER IMAGE\n";
    return 2;
  }
  const auto model = eigenvit::load_model(argv[1]);
  const auto image = eigenvit::load_image(argv[2]);
  for (const auto& prediction : model.classify(image, 3)) {
    std::cout << prediction.label << ' ' << int(100 * prediction.score + 0.5F) << " %\n";
  }
  const auto tokens = model.tokens(image);  // after the final norm
  std::cout << tokens.grid_height() << " x " << tokens.grid_width() << " patches of "
            << tokens.patch(0, 0).size() << " values\n";
} catch (const eigenvit::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
