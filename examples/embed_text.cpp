// Writes the vectors of texts, which are compared with those of images.
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "common.hpp"
#include "text_side.hpp"

int main(int argc, char** argv) {
  CLI::App app("Writes the vectors of texts, which are compared with those of images",
               "embed_text");
  app.footer("embed_text --model clip_vit_base --output texts.safetensors \"a cat\"");
  CommonOptions options;
  options.add_to(app);
  std::string output;
  app.add_option("--output", output, "The safetensors file to write")
      ->type_name("FILE")
      ->required();
  Templates templates;
  templates.add_to(app);
  std::string language;
  add_language(app, language);
  std::vector<std::string> texts;
  app.add_option("WORDS", texts, "Texts, each an argument of its own")->required();

  return run_program(app, argc, argv, [&] {
    eigenvit::ThreadPoolExecutor executor(options.threads);
    const eigenvit::TextEmbeddings embedded =
        embed_classes(options, texts, templates.read(), executor, {options.float_layers, language});
    std::map<std::string, std::string> metadata = {
        {"names", nlohmann::json(embedded.names).dump()}};
    if (embedded.logits.log_scale) {
      metadata["logit_scale"] = nlohmann::json(*embedded.logits.log_scale).dump();
    }
    if (embedded.logits.bias) {
      metadata["logit_bias"] = nlohmann::json(*embedded.logits.bias).dump();
    }
    const auto& vectors = embedded.vectors;
    eigenvit::write_safetensors(eigenvit::utf8_path(output),
                                {{"text_embeds",
                                  {std::uint64_t(vectors.rows()), std::uint64_t(vectors.cols())},
                                  vectors.data()}},
                                metadata);
    std::cout << eigenvit::detail::one_line(output) << ": " << vectors.rows() << " texts of width "
              << vectors.cols() << '\n';
    return 0;
  });
}
