# Toolchain file: 64-bit Windows programs with Debian's g++-mingw-w64-x86-64-posix, tried under wine.
# The dependencies are headers, but the compiler's own folders hold none of them and /usr/include
# must not be searched; name copies with FETCHCONTENT_SOURCE_DIR_<NAME>
# (tests/dependency_copies.cmake makes them out of the Debian packages).
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# The posix flavour has std::thread and std::mutex.
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Programs carry the runtime, so that they start without its DLLs on the path.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
find_program(EIGENVIT_LLD ld.lld)
if(EIGENVIT_LLD)
  string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -wrapper ${CMAKE_CURRENT_LIST_DIR}/lld_wrapper.sh")
endif()

find_program(EIGENVIT_WINE NAMES wine64 wine)
if(EIGENVIT_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${EIGENVIT_WINE})
endif()
