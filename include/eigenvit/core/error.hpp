/// The exceptions that the library throws. A message is one line and names the file and the tensor
/// where there is one, what was expected and what was found.
#ifndef EIGENVIT_CORE_ERROR_HPP
#define EIGENVIT_CORE_ERROR_HPP

#include <stdexcept>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Base of all errors of the library. `std::bad_alloc` and a caller's own exceptions, for example
/// from an executor's task, pass through unchanged.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file or folder is missing, cannot be read or cannot be written.
class FileError : public Error {
 public:
  using Error::Error;
};

/// The bytes are not what they claim to be: safetensors, JSON or an image.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// Sizes do not fit together: a tensor against the configuration, an input against a layer.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A configuration contradicts itself, lacks a field or holds a value out of range.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// Well-formed, but something this library does not do: an unknown model family, an unknown
/// activation, a tap that the model does not have.
class UnsupportedError : public Error {
 public:
  using Error::Error;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
