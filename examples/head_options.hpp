// How a head is fitted, as options of a command line.
#ifndef EIGENVIT_EXAMPLES_HEAD_OPTIONS_HPP
#define EIGENVIT_EXAMPLES_HEAD_OPTIONS_HPP

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <eigenvit/features/head.hpp>

#include "checks.hpp"

inline void add_head_options(CLI::App& app, eigenvit::HeadOptions& options) {
  const std::vector<std::pair<std::string, eigenvit::HeadMethod>> methods = {
      {"prototypes", eigenvit::HeadMethod::prototypes},
      {"knn", eigenvit::HeadMethod::knn},
      {"ridge", eigenvit::HeadMethod::ridge},
      {"logistic", eigenvit::HeadMethod::logistic}};
  app.add_option("--method", options.method, "How to learn: prototypes, knn, ridge or logistic")
      ->type_name("NAME")
      ->transform(one_of(methods))
      ->default_str("logistic");
  const std::vector<std::pair<std::string, eigenvit::ScalingKind>> scalings = {
      {"none", eigenvit::ScalingKind::none},
      {"unit_length", eigenvit::ScalingKind::unit_length},
      {"standardize", eigenvit::ScalingKind::standardize}};
  app.add_option_function<eigenvit::ScalingKind>(
         "--scaling",
         [&options](eigenvit::ScalingKind kind) {
           options.ridge.scaling = options.logistic.scaling = kind;
         },
         "Scaling of vectors before (ridge, logistic): none, unit_length or standardize")
      ->type_name("NAME")
      ->transform(one_of(scalings))
      ->default_str("unit_length");
  app.add_option("--k", options.knn.neighbours, "Neighbours that vote (knn)")
      ->type_name("N")
      ->check(within(1, 1 << 24))
      ->capture_default_str();
  app.add_option("--temperature", options.knn.temperature, "Temperature of the votes (knn)")
      ->type_name("X")
      ->check(positive())
      ->capture_default_str();
  app.add_option("--alpha", options.ridge.alpha, "Weight of the penalty (ridge)")
      ->type_name("X")
      ->check(positive())
      ->capture_default_str();
  app.add_option("--c", options.logistic.c, "Inverse weight of the penalty (logistic)")
      ->type_name("X")
      ->check(positive())
      ->capture_default_str();
}

#endif
