// The templates of layers/ and model/ in float with the options of the flavour alone: the tests,
// which may be compiled with others as well, are linked after them.
namespace instances {
using Scalar = float;
}

#include "layer_instances.inc"
