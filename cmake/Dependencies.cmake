# Every dependency is looked for as an installed package first and fetched at a pinned release
# otherwise. FETCHCONTENT_SOURCE_DIR_<NAME> (EIGEN, JSON, STB, DOCTEST, CLI11, BENCHMARK) names a
# local copy to use in place of the download, CMAKE_DISABLE_FIND_PACKAGE_<Package> skips the search.
# A target that the including project has already made, Eigen3::Eigen say, is used as it is.
include(FetchContent)

# All but Google Benchmark are headers only, so nothing of their own builds is run: SOURCE_SUBDIR
# names a folder that none of them has. `include` is where, below the unpacked source, the headers
# lie. The target is imported, which makes its headers system headers, and global, so that a
# project which includes this one by add_subdirectory sees what EigenViT::EigenViT links to.
function(eigenvit_fetch_headers name target include)
  message(STATUS "EigenViT: ${target} was not found, fetching it")
  FetchContent_Declare(${name} ${ARGN} SOURCE_SUBDIR no-build)
  FetchContent_MakeAvailable(${name})
  FetchContent_GetProperties(${name})
  if(NOT TARGET ${target})
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${${name}_SOURCE_DIR}/${include}")
  endif()
endfunction()

# Macros, since promoting a target works only in the directory that found it, and since package
# files expect to set variables where they are called from.
macro(eigenvit_make_global target)
  get_target_property(eigenvit_is_imported ${target} IMPORTED)
  if(eigenvit_is_imported)
    set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endmacro()

macro(eigenvit_find package target)
  if(NOT TARGET ${target})
    find_package(${package} ${ARGN} QUIET)
    if(TARGET ${target})
      eigenvit_make_global(${target})
    endif()
  endif()
endmacro()

# Unpacked files get the time of unpacking, so that what depends on a changed archive is rebuilt.
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW)
endif()

set(eigenvit_saved_module_path "${CMAKE_MODULE_PATH}")
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})

eigenvit_find(Threads Threads::Threads REQUIRED)

# Without a version bound: the version file of Eigen 5 refuses a request for 3.4.
eigenvit_find(Eigen3 Eigen3::Eigen CONFIG)
if(Eigen3_FOUND AND Eigen3_VERSION VERSION_LESS 3.4)
  message(FATAL_ERROR "EigenViT needs Eigen 3.4 or later and found ${Eigen3_VERSION} in "
          "${Eigen3_DIR}; -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON fetches a newer one")
endif()
if(NOT TARGET Eigen3::Eigen)
  eigenvit_fetch_headers(eigen Eigen3::Eigen .
    URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz
    URL_HASH SHA256=8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72)
endif()

eigenvit_find(nlohmann_json nlohmann_json::nlohmann_json CONFIG)
if(NOT TARGET nlohmann_json::nlohmann_json)
  eigenvit_fetch_headers(json nlohmann_json::nlohmann_json include
    URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
    URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
endif()

# stb has no releases. This is the file of the commit that Debian 12 packages; archives of a commit
# are made anew for each download and have no hash to rely on.
eigenvit_find(Stb Stb::stb MODULE)
if(NOT TARGET Stb::stb)
  eigenvit_fetch_headers(stb Stb::stb .
    URL https://raw.githubusercontent.com/nothings/stb/8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55/stb_image_write.h
    URL_HASH SHA256=cbd5f0ad7a9cf4468affb36354a1d2338034f2c12473cf1a8e32053cb6914a05
    DOWNLOAD_NO_EXTRACT TRUE
    DOWNLOAD_DIR ${FETCHCONTENT_BASE_DIR}/stb-src)
endif()

# EIGENVIT_CODECS_ON: the optional decoders that are built in.
set(EIGENVIT_CODECS_ON)
set(eigenvit_decoders)
foreach(codec IN LISTS EIGENVIT_CODECS)
  if(NOT EIGENVIT_WITH_${codec} AND NOT eigenvit_all_codecs)
    continue()
  endif()
  set(eigenvit_wanted ${EIGENVIT_${codec}_TARGETS})
  foreach(target IN LISTS EIGENVIT_${codec}_TARGETS)
    if(TARGET ${target})
      list(REMOVE_ITEM eigenvit_wanted ${target})
    endif()
  endforeach()
  if(eigenvit_wanted)
    find_package(${EIGENVIT_${codec}_PACKAGE} MODULE QUIET)
  endif()
  set(eigenvit_missing OFF)
  foreach(target IN LISTS eigenvit_wanted)
    if(TARGET ${target})
      eigenvit_make_global(${target})
    else()
      set(eigenvit_missing ON)
    endif()
  endforeach()
  set(eigenvit_library ${EIGENVIT_${codec}_LIBRARY})
  set(eigenvit_advice "(Debian, Ubuntu: apt-get install ${EIGENVIT_${codec}_DEBIAN})")
  if(NOT eigenvit_missing)
    list(APPEND EIGENVIT_CODECS_ON ${codec})
    list(APPEND eigenvit_decoders ${eigenvit_library})
  elseif(EIGENVIT_WITH_${codec})
    message(FATAL_ERROR
            "EIGENVIT_WITH_${codec} is on, but ${eigenvit_library} was not found ${eigenvit_advice}")
  else()
    message(STATUS "EigenViT: ${eigenvit_library} was not found ${eigenvit_advice}")
  endif()
endforeach()
if(eigenvit_decoders)
  list(JOIN eigenvit_decoders ", " eigenvit_decoders)
  message(STATUS "EigenViT: decodes with ${eigenvit_decoders}")
endif()

if(EIGENVIT_WITH_TEXT)
  eigenvit_find(utf8proc utf8proc::utf8proc MODULE)
  if(NOT TARGET utf8proc::utf8proc)
    message(STATUS "EigenViT: utf8proc::utf8proc was not found, fetching it")
    FetchContent_Declare(utf8proc
      URL https://github.com/JuliaStrings/utf8proc/releases/download/v2.11.3/utf8proc-2.11.3.tar.gz
      URL_HASH SHA256=415189fd2c85cd6ee5ff26af500fa387de9ada1e3e316e93f7338551481d557d
      SOURCE_SUBDIR no-build)
    FetchContent_MakeAvailable(utf8proc)
    FetchContent_GetProperties(utf8proc)
    enable_language(C)
    add_library(eigenvit_utf8proc STATIC ${utf8proc_SOURCE_DIR}/utf8proc.c)
    target_compile_definitions(eigenvit_utf8proc PUBLIC UTF8PROC_STATIC)
    set_target_properties(eigenvit_utf8proc PROPERTIES POSITION_INDEPENDENT_CODE ON)
    # Imported, as an installed one is, so that what is installed names it alone.
    add_library(utf8proc::utf8proc INTERFACE IMPORTED GLOBAL)
    set_target_properties(utf8proc::utf8proc PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${utf8proc_SOURCE_DIR}"
      INTERFACE_LINK_LIBRARIES eigenvit_utf8proc)
  endif()
endif()

if(EIGENVIT_BUILD_TESTS)
  eigenvit_find(doctest doctest::doctest CONFIG)
  if(NOT TARGET doctest::doctest)
    eigenvit_fetch_headers(doctest doctest::doctest .
      URL https://github.com/doctest/doctest/archive/refs/tags/v2.4.11.tar.gz
      URL_HASH SHA256=632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186)
  endif()
endif()

if(EIGENVIT_BUILD_EXAMPLES)
  eigenvit_find(CLI11 CLI11::CLI11 CONFIG)
  if(NOT TARGET CLI11::CLI11)
    eigenvit_fetch_headers(cli11 CLI11::CLI11 include
      URL https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz
      URL_HASH SHA256=f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
  endif()
endif()

if(EIGENVIT_BUILD_BENCHMARKS)
  eigenvit_find(benchmark benchmark::benchmark CONFIG)
  if(NOT TARGET benchmark::benchmark)
    message(STATUS "EigenViT: benchmark::benchmark was not found, fetching it")
    set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "Google Benchmark's own tests")
    set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "Install Google Benchmark")
    FetchContent_Declare(benchmark
      URL https://github.com/google/benchmark/archive/refs/tags/v1.8.3.tar.gz
      URL_HASH SHA256=6bc180a57d23d4d9515519f92b0c83d61b05b5bab188961f36ac7b06b0d9e9ce)
    FetchContent_MakeAvailable(benchmark)
  endif()
endif()

set(CMAKE_MODULE_PATH "${eigenvit_saved_module_path}")
