# Lays out the headers of installed packages as the projects' own releases have them, in folders
# that FETCHCONTENT_SOURCE_DIR_<NAME> can name: for trying the fetching of dependencies without a
# network, and for cross compilers, which must not see the whole of /usr/include.
#
#   cmake -D OUTPUT=<folder> -P tests/dependency_copies.cmake
#
# makes <folder>/{eigen,json,stb,doctest,cli11} of links into /usr/include or /usr/local/include,
# as many of them as are installed.
cmake_minimum_required(VERSION 3.18)

foreach(copy
    "eigen/Eigen|eigen3/Eigen"
    "eigen/unsupported|eigen3/unsupported"
    "json/include/nlohmann|nlohmann"
    "stb|stb"
    "doctest/doctest|doctest"
    "cli11/include/CLI|CLI")
  string(REGEX MATCH "^(.*)[|](.*)$" matched ${copy})
  set(link ${OUTPUT}/${CMAKE_MATCH_1})
  set(installed ${CMAKE_MATCH_2})
  set(original)
  foreach(root /usr/include /usr/local/include)
    if(NOT original AND IS_DIRECTORY ${root}/${installed})
      set(original ${root}/${installed})
    endif()
  endforeach()
  if(NOT original)
    message(STATUS "No ${installed} below /usr/include or /usr/local/include")
    continue()
  endif()
  get_filename_component(folder ${link} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  if(NOT EXISTS ${link})
    file(CREATE_LINK ${original} ${link} SYMBOLIC)
  endif()
endforeach()
