#include <eigenvit/implementation/maps.inl>
