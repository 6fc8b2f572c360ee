#include <eigenvit/implementation/image.inl>
