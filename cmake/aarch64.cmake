# Toolchain file: programs for 64-bit ARM with Debian's g++-aarch64-linux-gnu, run by QEMU. As for
# mingw-w64.cmake, the dependencies are copies named with FETCHCONTENT_SOURCE_DIR_<NAME>.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Programs carry the C library of their processor.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

find_program(EIGENVIT_QEMU_AARCH64 NAMES qemu-aarch64 qemu-aarch64-static)
if(EIGENVIT_QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${EIGENVIT_QEMU_AARCH64})
endif()
