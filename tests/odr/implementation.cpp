// The unit that defines what the others declare.
#define EIGENVIT_IMPLEMENTATION
#include <eigenvit/eigenvit.hpp>
