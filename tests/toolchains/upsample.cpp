// A matrix that the library allocates and this program frees: with other settings of Eigen's than
// the library was built with it must not link.
#include <eigenvit/features/patch_map.hpp>
#include <eigenvit/image/decode.hpp>

// Usage: PROGRAM MODEL_FOLDER IMAGE
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const eigenvit::Model model = eigenvit::load_model(argv[1]);
  const eigenvit::Image image = eigenvit::load_image(argv[2]);
  const eigenvit::PatchMap map(model, image);
  const eigenvit::VisualTokens tokens = model.tokens(image);
  const eigenvit::Matrix<float> upsampled = map.upsample(tokens.channel(0));
  return upsampled.rows() == image.height() && upsampled.cols() == image.width() ? 0 : 1;
}
