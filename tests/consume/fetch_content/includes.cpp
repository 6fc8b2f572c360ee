// What EigenViT fetches for those who include its headers.
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

double sum_of(const char* numbers) {
  const auto values = nlohmann::json::parse(numbers).get<std::vector<double>>();
  return Eigen::VectorXd::Map(values.data(), Eigen::Index(values.size())).sum();
}
