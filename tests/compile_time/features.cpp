// A unit that uses features by their declarations.
#include <eigenvit/features.hpp>

eigenvit::Matrix<float> features_used(const char* folder, const char* file) {
  const eigenvit::Model model = eigenvit::load_model(folder);
  const eigenvit::Image image = eigenvit::load_image(file);
  eigenvit::Taps taps;
  taps.tokens = true;
  taps.attention = {0};
  const auto output = model.run({image}, taps);
  const eigenvit::VisualTokens tokens = model.tokens(image);
  const auto colours = eigenvit::pca_colours({tokens});
  const auto groups = eigenvit::k_means(tokens.patches(), 3);
  const auto query = eigenvit::attention_query(model.network().config());
  return eigenvit::mean_attention_map(output, 0, 0, query) + colours.front().rgb[0] +
         eigenvit::similarity_map(tokens, groups.centres.row(0));
}
