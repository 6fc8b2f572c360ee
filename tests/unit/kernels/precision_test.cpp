#include <string>

#include <doctest/doctest.h>

#include <eigenvit/kernels/precision.hpp>

using eigenvit::Precision;

TEST_CASE("the names of precisions are read as they are written") {
  CHECK(name_of(Precision::float32) == std::string("float32"));
  CHECK(name_of(Precision::bfloat16) == std::string("bfloat16"));
  CHECK(name_of(Precision::int8) == std::string("int8"));
  for (const Precision precision : eigenvit::precisions) {
    CHECK(eigenvit::precision_of(name_of(precision)) == precision);
  }
}

TEST_CASE("another name is an error that lists those that are known") {
  for (const char* const name : {"", "INT8", "int", "int88", "float16"}) {
    CAPTURE(name);
    std::string message;
    try {
      eigenvit::precision_of(name);
    } catch (const eigenvit::ConfigError& error) {
      message = error.what();
    }
    CHECK(message ==
          "precision: expected float32, bfloat16 or int8, found '" + std::string(name) + "'");
  }
}
