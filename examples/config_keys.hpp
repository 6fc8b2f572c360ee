// Words for the choices of a configuration: in JSON, and in text where they are plain enough.
#ifndef EIGENVIT_EXAMPLES_CONFIG_KEYS_HPP
#define EIGENVIT_EXAMPLES_CONFIG_KEYS_HPP

#include <eigenvit/eigenvit.hpp>

inline const char* key(eigenvit::Activation activation) {
  switch (activation) {
    case eigenvit::Activation::none:
      return "none";
    case eigenvit::Activation::gelu:
      return "gelu";
    case eigenvit::Activation::gelu_tanh:
      return "gelu_tanh";
    case eigenvit::Activation::quick_gelu:
      return "quick_gelu";
    case eigenvit::Activation::silu:
      return "silu";
    case eigenvit::Activation::relu:
      return "relu";
    case eigenvit::Activation::tanh:
      return "tanh";
  }
  return "";
}

inline const char* key(eigenvit::Filter filter) {
  switch (filter) {
    case eigenvit::Filter::nearest:
      return "nearest";
    case eigenvit::Filter::box:
      return "box";
    case eigenvit::Filter::bilinear:
      return "bilinear";
    case eigenvit::Filter::hamming:
      return "hamming";
    case eigenvit::Filter::bicubic:
      return "bicubic";
    case eigenvit::Filter::lanczos:
      return "lanczos";
  }
  return "";
}

inline const char* key(eigenvit::Pool pool) {
  switch (pool) {
    case eigenvit::Pool::token:
      return "token";
    case eigenvit::Pool::avg:
      return "avg";
    case eigenvit::Pool::max:
      return "max";
    case eigenvit::Pool::avgmax:
      return "avgmax";
    case eigenvit::Pool::map:
      return "map";
    case eigenvit::Pool::token_pair:
      return "token_pair";
    case eigenvit::Pool::prefix_avg:
      return "prefix_avg";
    case eigenvit::Pool::first_two:
      return "first_two";
    case eigenvit::Pool::token_avg:
      return "token_avg";
  }
  return "";
}

inline const char* key(eigenvit::BlockForm form) {
  switch (form) {
    case eigenvit::BlockForm::pre_norm:
      return "pre_norm";
    case eigenvit::BlockForm::post_norm:
      return "post_norm";
    case eigenvit::BlockForm::parallel:
      return "parallel";
    case eigenvit::BlockForm::sum_norm:
      return "sum_norm";
  }
  return "";
}

inline const char* key(eigenvit::RopeKind kind) {
  switch (kind) {
    case eigenvit::RopeKind::none:
      return "none";
    case eigenvit::RopeKind::axial:
      return "axial";
    case eigenvit::RopeKind::mixed:
      return "mixed";
    case eigenvit::RopeKind::centered:
      return "centered";
  }
  return "";
}

inline const char* key(eigenvit::ClassScores scores) {
  switch (scores) {
    case eigenvit::ClassScores::softmax:
      return "softmax";
    case eigenvit::ClassScores::sigmoid:
      return "sigmoid";
    case eigenvit::ClassScores::none:
      return "none";
  }
  return "";
}

inline const char* key(eigenvit::ResizeMode mode) {
  switch (mode) {
    case eigenvit::ResizeMode::none:
      return "none";
    case eigenvit::ResizeMode::exact:
      return "exact";
    case eigenvit::ResizeMode::shortest_edge:
      return "shortest_edge";
    case eigenvit::ResizeMode::cover:
      return "cover";
    case eigenvit::ResizeMode::contain:
      return "contain";
    case eigenvit::ResizeMode::patches:
      return "patches";
    case eigenvit::ResizeMode::padded_square:
      return "padded_square";
    case eigenvit::ResizeMode::nearest_side:
      return "nearest_side";
    case eigenvit::ResizeMode::padded_box:
      return "padded_box";
  }
  return "";
}

#endif
