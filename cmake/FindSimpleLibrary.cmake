# What find modules of a library of one header share, where systems package it without a CMake file:
#
#   eigenvit_find_simple_library(PACKAGE header TARGET library [TARGET library]...)
#
# Result: PACKAGE_FOUND, PACKAGE_INCLUDE_DIR, PACKAGE_<library>_LIBRARY and the targets.
include(FindPackageHandleStandardArgs)

macro(eigenvit_find_simple_library package header)
  find_path(${package}_INCLUDE_DIR ${header})
  mark_as_advanced(${package}_INCLUDE_DIR)
  set(eigenvit_pairs ${ARGN})
  set(eigenvit_required ${package}_INCLUDE_DIR)
  while(eigenvit_pairs)
    list(POP_FRONT eigenvit_pairs eigenvit_target eigenvit_library)
    find_library(${package}_${eigenvit_library}_LIBRARY ${eigenvit_library})
    mark_as_advanced(${package}_${eigenvit_library}_LIBRARY)
    list(PREPEND eigenvit_required ${package}_${eigenvit_library}_LIBRARY)
    if(${package}_INCLUDE_DIR AND ${package}_${eigenvit_library}_LIBRARY
       AND NOT TARGET ${eigenvit_target})
      add_library(${eigenvit_target} UNKNOWN IMPORTED)
      set_target_properties(${eigenvit_target} PROPERTIES
        IMPORTED_LOCATION "${${package}_${eigenvit_library}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${${package}_INCLUDE_DIR}")
    endif()
  endwhile()
  find_package_handle_standard_args(${package} REQUIRED_VARS ${eigenvit_required})
endmacro()
