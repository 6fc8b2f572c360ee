#include <eigenvit/implementation/features.inl>
