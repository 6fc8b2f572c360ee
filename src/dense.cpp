#include <eigenvit/implementation/dense.inl>
