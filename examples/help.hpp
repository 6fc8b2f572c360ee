// Help texts of the example programs: what a program is for, how it is called, and an example.
#ifndef EIGENVIT_EXAMPLES_HELP_HPP
#define EIGENVIT_EXAMPLES_HELP_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <eigenvit/version.hpp>

/// The group of options that many programs have, which their help lists last.
constexpr const char* common_group = "Common options";

/// The help text of a program or of one of its commands. CLI11's own text shows types and checks
/// as C++ has them ("INT:INT in [1 - 64]").
class Help {
 public:
  /// `name` is what is typed: the program, and the command where `app` is one.
  Help(const CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  std::string text() const {
    std::vector<Row> commands, required, positionals, options, common;
    std::string usage = name_, operands;
    for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
      commands.push_back({command->get_name(), command->get_description()});
    }
    for (const CLI::Option* option : app_.get_options()) {
      const Row row = {term(*option), description(*option)};
      if (option->get_positional()) {
        positionals.push_back(row);
        operands += option->get_required() ? ' ' + row.term : " [" + row.term + ']';
      } else if (option->get_required()) {
        required.push_back(row);
        usage += ' ' + row.term;
      } else {
        (option->get_group() == common_group ? common : options).push_back(row);
      }
    }
    usage += commands.empty() ? " [options]" + operands : " COMMAND [options]";
    required.insert(required.end(), positionals.begin(), positionals.end());
    std::string text = wrapped(app_.get_description() + '.', 0) + "\nUsage: " + usage + '\n' +
                       table("Commands (more by " + name_ + " COMMAND --help)", commands) +
                       table("Arguments", required) + table("Options", options) +
                       table(common_group, common);
    if (!app_.get_footer().empty()) text += "\nExample:\n  " + app_.get_footer() + '\n';
    return text;
  }

 private:
  static constexpr std::size_t columns = 80;
  static constexpr std::size_t indent = 24;

  struct Row {
    std::string term;
    std::string description;
  };

  static std::string term(const CLI::Option& option) {
    if (option.get_positional()) {
      const bool many = option.get_expected_max() > 1;
      return option.get_single_name() + (many ? "..." : "");
    }
    std::string names;
    for (const std::string& letter : option.get_snames()) names += '-' + letter + ", ";
    names += "--" + option.get_lnames().front();
    return option.get_items_expected_max() == 0 ? names : names + ' ' + option.get_type_name();
  }

  static std::string description(const CLI::Option& option) {
    const std::string value = option.get_default_str();
    return option.get_description() + (value.empty() ? "" : " (default: " + value + ')');
  }

  static std::string table(const std::string& title, const std::vector<Row>& rows) {
    if (rows.empty()) return {};
    std::string text = '\n' + title + ":\n";
    for (const Row& row : rows) {
      std::string left = "  " + row.term;
      if (left.size() + 2 > indent) {
        text += left + '\n';
        left.clear();
      }
      std::string right = wrapped(row.description, indent);
      text += left + right.substr(left.size());
    }
    return text;
  }

  /// Lines of at most `columns` characters, each after so many spaces.
  static std::string wrapped(const std::string& words, std::size_t margin) {
    std::string text, line(margin, ' ');
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      const std::string word = words.substr(at, end - at);
      if (line.size() > margin && line.size() + 1 + word.size() > columns) {
        text += line + '\n';
        line.assign(margin, ' ');
      }
      line += (line.size() > margin ? " " : "") + word;
      at = end + 1;
    }
    return text + line + '\n';
  }

  const CLI::App& app_;
  std::string name_;
};

/// Gives a program and its commands these texts, and the program --version.
inline void add_help(CLI::App& app) {
  const auto dress = [](CLI::App& one) {
    one.set_help_flag("-h,--help", "Print this text")->group(common_group);
    one.formatter_fn([](const CLI::App* shown, const std::string& name,
                        CLI::AppFormatMode) -> std::string { return Help(*shown, name).text(); });
  };
  dress(app);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) dress(*command);
  const std::string version =
      app.get_name() + " of EigenViT " + std::to_string(EIGENVIT_VERSION_MAJOR) + '.' +
      std::to_string(EIGENVIT_VERSION_MINOR) + '.' + std::to_string(EIGENVIT_VERSION_PATCH);
  app.set_version_flag("--version", version, "Print the version")->group(common_group);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return failed->get_name() + ": " + error.what() + "; --help tells more\n";
  });
}

#endif
