#include <eigenvit/implementation/core.inl>
