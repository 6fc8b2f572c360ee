# Finds libheif: the target heif, as its own package file calls it.
include(${CMAKE_CURRENT_LIST_DIR}/FindSimpleLibrary.cmake)
eigenvit_find_simple_library(libheif libheif/heif.h heif heif)
