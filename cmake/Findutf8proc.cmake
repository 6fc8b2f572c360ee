# Finds utf8proc: the target utf8proc::utf8proc.
include(${CMAKE_CURRENT_LIST_DIR}/FindSimpleLibrary.cmake)
eigenvit_find_simple_library(utf8proc utf8proc.h utf8proc::utf8proc utf8proc)
