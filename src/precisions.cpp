#include <eigenvit/implementation/precisions.inl>
