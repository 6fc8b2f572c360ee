/// The library's version. CMake reads these three numbers; nothing else states them.
#ifndef EIGENVIT_VERSION_HPP
#define EIGENVIT_VERSION_HPP

#define EIGENVIT_VERSION_MAJOR 0
#define EIGENVIT_VERSION_MINOR 2
#define EIGENVIT_VERSION_PATCH 0

#endif
