#include <eigenvit/implementation/fitting.inl>
