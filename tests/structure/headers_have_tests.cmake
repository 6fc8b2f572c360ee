# Every header that docs/api.md names, include/eigenvit/<folder>/<name>.hpp, has its tests in
# tests/unit/<folder>/<name>_test.cpp; what <name>.inl defines is tested there too. Other headers are
# tested where it suits, often through these.
cmake_minimum_required(VERSION 3.18)

file(STRINGS ${ROOT}/docs/api.md rows REGEX "^\\| `[a-z0-9_/]+\\.hpp`")
set(count 0)
foreach(row IN LISTS rows)
  string(REGEX MATCH "[a-z0-9_/]+\\.hpp" header "${row}")
  if(NOT EXISTS ${ROOT}/include/eigenvit/${header})
    message(SEND_ERROR "docs/api.md names ${header}, which does not exist")
  endif()
  string(REGEX REPLACE "\\.hpp$" "_test.cpp" test ${header})
  if(NOT EXISTS ${ROOT}/tests/unit/${test})
    message(SEND_ERROR "include/eigenvit/${header} has no tests/unit/${test}")
  endif()
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "No headers found in docs/api.md")
endif()
message(STATUS "${count} headers")
