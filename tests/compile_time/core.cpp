// A program's unit that implements the core.
#define EIGENVIT_IMPLEMENTATION
#include <eigenvit/eigenvit.hpp>
