# Every header include/eigenvit/<folder>/<name>.hpp has its tests in
# tests/unit/<folder>/<name>_test.cpp; what <name>.inl defines is tested there too. The umbrella
# header and version.hpp, which lie in no folder, define nothing to test. The headers of kernels/isa
# are alternatives to each other and tested together: kernels/isa_test.cpp.
cmake_minimum_required(VERSION 3.18)

set(include_dir ${ROOT}/include/eigenvit)
file(GLOB_RECURSE headers RELATIVE ${include_dir} ${include_dir}/*.hpp)
list(FILTER headers INCLUDE REGEX "/")
set(count 0)
foreach(header IN LISTS headers)
  string(REGEX REPLACE "^(kernels/isa)/.*\\.hpp$" "\\1.hpp" tested ${header})
  string(REGEX REPLACE "\\.hpp$" "_test.cpp" test ${tested})
  if(NOT EXISTS ${ROOT}/tests/unit/${test})
    message(SEND_ERROR "include/eigenvit/${header} has no tests/unit/${test}")
  endif()
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "No headers found below ${include_dir}")
endif()
message(STATUS "${count} headers")
