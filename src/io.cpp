#include <eigenvit/implementation/io.inl>
