# Finds libavif: the target avif, as its own package file calls it.
include(${CMAKE_CURRENT_LIST_DIR}/FindSimpleLibrary.cmake)
eigenvit_find_simple_library(libavif avif/avif.h avif avif)
