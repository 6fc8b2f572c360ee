# The guard of include/eigenvit/<folder>/<name>.hpp is EIGENVIT_<FOLDER>_<NAME>_HPP (.inl: _INL).
# The bodies of the kernels, which are included once for each instruction set, have none.
cmake_minimum_required(VERSION 3.18)

set(include_dir ${ROOT}/include)
file(GLOB_RECURSE files RELATIVE ${include_dir}
     ${include_dir}/eigenvit/*.hpp ${include_dir}/eigenvit/*.inl ${include_dir}/eigenvit/*.inc)
foreach(file IN LISTS files)
  string(TOUPPER ${file} guard)
  string(REGEX REPLACE "[/.]" "_" guard ${guard})
  file(READ ${include_dir}/${file} content)
  if(file MATCHES "^eigenvit/kernels/generic/.*\\.inc$")
    if(content MATCHES "_INL\n|#pragma once")
      message(SEND_ERROR "include/${file}: an include guard lets one instruction set in only")
    endif()
    continue()
  endif()
  if(NOT content MATCHES "#ifndef ${guard}\n#define ${guard}\n")
    message(SEND_ERROR "include/${file}: the include guard is not ${guard}")
  endif()
endforeach()
