#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_builder.hpp>
#include <eigenvit/features/precision_note.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"

using namespace eigenvit;

namespace {

Model model_in(Precision precision, std::vector<std::string> float_layers = {}) {
  ModelOptions options;
  options.precision = precision;
  options.float_layers = std::move(float_layers);
  return load_model(golden::shipped_model(), options);
}

}  // namespace

TEST_CASE("a model records its precision, and its fingerprint is the same in each") {
  const Model model = model_in(Precision::float32);
  const Model int8 = model_in(Precision::int8, {"blocks.*.mlp.fc2", "blocks.0.*"});
  CHECK(model.precision() == Precision::float32);
  CHECK(model.precision_record() == "float32");
  CHECK(model_in(Precision::float32, {"blocks.0.*"}).precision_record() == "float32");
  CHECK(int8.precision() == Precision::int8);
  CHECK(int8.precision_record() == "int8, float blocks.*.mlp.fc2, float blocks.0.*");
  CHECK(int8.fingerprint() == model.fingerprint());
}

TEST_CASE("packed matrices take less in a narrower format") {
  Taps taps;
  taps.tokens = true;
  const ModelMemory wide = model_in(Precision::float32).memory(32, 32, taps);
  const ModelMemory narrow = model_in(Precision::int8).memory(32, 32, taps);
  CHECK(wide.weights == narrow.weights);
  // Two bytes a weight or four, as the instructions are.
  CHECK(wide.packed % (12 * 128 * 128 * 6 + 48 * 128) == 0);
  const std::size_t patches = wide.packed / (12 * 128 * 128 * 6 + 48 * 128) * 48 * 128;
  CHECK(narrow.packed == 12 * 128 * 128 * 6 + 6 * 12 * (384 + 128 + 512 + 128) + patches);
}

TEST_CASE("an index that was made in float32 is searched in int8, with a note") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "photographs.index";
  const Model model = model_in(Precision::float32);
  const ImageEmbedder embedder(model);
  const auto images = golden::source_folder() / "examples" / "images";
  {
    ImageIndexBuilder builder(
        path, {embedder.fingerprint(), "", "", embedder.width(), model.precision_record()});
    embedder.embed({images / "chelsea.png", images / "coffee.png"},
                   [&](const EmbeddedImages& embedded) {
                     for (Index i = 0; i < embedded.vectors.rows(); ++i) {
                       builder.add(i == 0 ? "cat" : "cup", {1, 1}, embedded.vectors.row(i));
                     }
                     return true;
                   });
    builder.commit({"cat", "cup"});
  }
  const ImageIndex index = ImageIndex::open(path);
  CHECK(index.info().precision == "float32");
  CHECK(index.precision_note(model).empty());
  const Model int8 = model_in(Precision::int8);
  const ImageEmbedder queries(int8);
  index.check(queries);
  CHECK(test_files::contains(index.precision_note(int8),
                             ": made in float32 and used in int8: results are close"));
  queries.embed({images / "coffee.png"}, [&](const EmbeddedImages& embedded) {
    const auto found = index.search(embedded.vectors, 1);
    CHECK(index.name(found[0][0].image) == "cup");
    CHECK(found[0][0].score > 0.999F);
    return true;
  });
}

TEST_CASE("what was made before there were precisions was made in float32") {
  CHECK(detail::precision_note("head", "", model_in(Precision::float32)).empty());
  CHECK(detail::precision_note("head", "", model_in(Precision::bfloat16)) ==
        "head: made in float32 and used in bfloat16: results are close to those of one precision, "
        "not the same");
  CHECK(detail::precision_note("head", "int8", model_in(Precision::int8)).empty());
}
