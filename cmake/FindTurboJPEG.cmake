# Finds libjpeg-turbo's TurboJPEG library: the target TurboJPEG::TurboJPEG.
include(${CMAKE_CURRENT_LIST_DIR}/FindSimpleLibrary.cmake)
eigenvit_find_simple_library(TurboJPEG turbojpeg.h TurboJPEG::TurboJPEG turbojpeg)
