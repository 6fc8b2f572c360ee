// What the example programs share: their common options, and how they end.
#ifndef EIGENVIT_EXAMPLES_COMMON_HPP
#define EIGENVIT_EXAMPLES_COMMON_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <eigenvit/core/available_threads.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/eigenvit.hpp>

#include "checks.hpp"
#include "command_line.hpp"
#include "help.hpp"

struct CommonOptions {
  static constexpr int most_threads = eigenvit::ThreadPoolExecutor::most_threads;

  std::string model;  // paths and all other text in UTF-8
  std::string release;
  std::optional<std::ptrdiff_t> dataset_index;
  eigenvit::Precision precision = eigenvit::Precision::float32;
  std::vector<std::string> float_layers;
  int threads = std::min(eigenvit::available_threads(), most_threads);
  int batch_size = 8;
  bool no_exif = false;

  void add_to(CLI::App& app) {
    app.add_option("--model", model, "Model folder, as downloaded from the Hugging Face Hub")
        ->type_name("DIR")
        ->required();
    app.add_option(
           "--release", release,
           "What weights without a config.json are: torchvision, torchvision_swag_e2e, "
           "torchvision_swag_linear, dino, dinov2, mae, mae_finetuned, deit, openai_clip or "
           "open_clip")
        ->type_name("NAME")
        ->group(common_group);
    app.add_option("--dataset-index", dataset_index,
                   "Which of its training's datasets a network with experts is for (ViTPose+)")
        ->type_name("N")
        ->group(common_group)
        ->check(within(0, 1 << 12));
    add_precision_to(app);
    app.add_option("--threads", threads, "Threads to compute with")
        ->type_name("N")
        ->group(common_group)
        ->check(within(1, most_threads))
        ->default_str("all processors that it may use");
    app.add_option("--batch-size", batch_size, "Images that are computed together")
        ->type_name("N")
        ->group(common_group)
        ->check(within(1, 1 << 16))
        ->capture_default_str();
    app.add_flag("--no-exif", no_exif, "Take pixels as stored, not turned as EXIF says")
        ->group(common_group);
  }

  void add_precision_to(CLI::App& app) {
    std::vector<std::pair<std::string, eigenvit::Precision>> names;
    for (const auto known : eigenvit::precisions) names.emplace_back(name_of(known), known);
    app.add_option("--precision", precision,
                   "In which numbers layers multiply: float32, bfloat16 or int8")
        ->type_name("NAME")
        ->group(common_group)
        ->transform(one_of<eigenvit::Precision>(names))
        ->default_str(name_of(precision));
    app.add_option("--float-layers", float_layers,
                   "Layers that stay in float: blocks.*.mlp.fc2, where * is any text")
        ->type_name("PATTERN")
        ->group(common_group)
        ->allow_extra_args(false);
  }

  eigenvit::ModelOptions model_options() const {
    eigenvit::ModelOptions options;
    options.release = release;
    options.dataset_index = dataset_index;
    options.precision = precision;
    options.float_layers = float_layers;
    return options;
  }

  eigenvit::DecodeOptions decode() const {
    eigenvit::DecodeOptions options;
    options.apply_exif_orientation = !no_exif;
    return options;
  }
};

/// Prints what is no error, on stderr; nothing where the note is empty.
inline void print_note(const char* program, const std::string& note) {
  if (note.empty()) return;
  std::cerr << program << ": note: " << eigenvit::detail::one_line(note) << '\n';
}

/// The option of programs that can do with fewer tokens.
inline void add_merge_tokens(CLI::App& app, std::ptrdiff_t& per_block) {
  app.add_option("--merge-tokens", per_block,
                 "Tokens that each block merges into others like them: faster, less exact")
      ->type_name("N")
      ->check(within(0, 1 << 24))
      ->capture_default_str();
}

/// Milliseconds since it was made or last asked.
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> elapsed = now - last_;
    last_ = now;
    return elapsed.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Text of which each line is as `one_line` has it.
inline std::string without_controls(std::string_view text) {
  std::string lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    lines += eigenvit::detail::one_line(text.substr(0, end)) + '\n';
    text.remove_prefix(end + 1);
  }
  return lines + eigenvit::detail::one_line(text);
}

/// Runs the program and turns what it throws into one line on stderr.
template <class Run>
int run_guarded(CLI::App& app, int argc, char** argv, const Run& run) {
  try {
    leave_whole(app);
    app.parse(reversed_arguments(argc, argv));
    const bool has_commands = !app.get_subcommands([](CLI::App*) { return true; }).empty();
    if (has_commands && app.get_subcommands().empty()) throw CLI::RequiredError("COMMAND");
    return run();
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream errors;
    const int status = app.exit(error, out, errors);
    std::cout << out.str();
    std::string message = errors.str();
    remove_whole_marks(message);
    std::cerr << without_controls(message);
    return status == 0 ? 0 : 2;
  } catch (const std::bad_alloc&) {
    std::cerr << app.get_name() << ": there is not enough memory\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << app.get_name() << ": " << eigenvit::detail::one_line(error.what()) << '\n';
    return 1;
  }
}

/// Parses the command line and runs the program. Exit status: what `run` returns, 1 for bad input
/// and where its output cannot be written, 2 for bad usage.
template <class Run>
int run_program(CLI::App& app, int argc, char** argv, const Run& run) {
  add_help(app);
  const int status = run_guarded(app, argc, argv, run);
  // A stream tells only here that the last of the output was lost, as on a full disk.
  if (std::cout.flush()) return status;
  std::cerr << app.get_name() << ": stdout cannot be written: the disk is full or it was closed\n";
  return status == 0 ? 1 : status;
}

/// Throws `FormatError`, its message beginning with the file's name, where the model cannot take an
/// image of this size.
inline void check_size(const eigenvit::Model& model, const eigenvit::Image& image,
                       const std::string& file) {
  try {
    model.preprocessor().output_size(image.width(), image.height());
  } catch (const eigenvit::ShapeError& error) {
    throw eigenvit::FormatError(file + ": " + error.what());
  }
}

#endif
