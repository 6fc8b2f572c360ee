# Settings of the project's own programs, each set on one target at a time.
# A build without a type is neither fast nor easy to debug, and single-configuration generators
# choose none. Only for the project itself: an including project chooses its own.
get_property(eigenvit_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(EIGENVIT_TOP_LEVEL AND NOT eigenvit_multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# What every program of the project is compiled with.
function(eigenvit_own_program target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /bigobj /utf-8)
    if(EIGENVIT_WARNINGS_AS_ERRORS)
      target_compile_options(${target} PRIVATE /WX)
    endif()
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
    if(EIGENVIT_WARNINGS_AS_ERRORS)
      target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(WIN32)
      # Eigen's templates make more sections than a plain Windows object file can number.
      target_compile_options(${target} PRIVATE -Wa,-mbig-obj)
    endif()
  endif()
endfunction()
