# Finds libwebp: the targets WebP::webp, the decoder, and WebP::webpdemux, the container's reader.
include(${CMAKE_CURRENT_LIST_DIR}/FindSimpleLibrary.cmake)
eigenvit_find_simple_library(WebP webp/demux.h WebP::webp webp WebP::webpdemux webpdemux)
