#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>

TEST_CASE_TEMPLATE("Every error is an Error and keeps its message", T, eigenvit::FileError,
                   eigenvit::FormatError, eigenvit::ShapeError, eigenvit::ConfigError,
                   eigenvit::UnsupportedError) {
  static_assert(std::is_base_of_v<eigenvit::Error, T>);
  static_assert(std::is_base_of_v<std::runtime_error, T>);
  std::string message;
  try {
    throw T("model.safetensors: expected this, found that");
  } catch (const eigenvit::Error& error) {
    message = error.what();
  }
  CHECK(message == "model.safetensors: expected this, found that");
}

TEST_CASE("The kinds of errors are told apart") {
  CHECK_FALSE(std::is_base_of_v<eigenvit::FileError, eigenvit::FormatError>);
  CHECK_FALSE(std::is_base_of_v<eigenvit::ShapeError, eigenvit::ConfigError>);
  CHECK_THROWS_AS(throw eigenvit::ConfigError(std::string("text")), eigenvit::ConfigError);
}
