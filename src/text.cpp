#include <eigenvit/implementation/text.inl>
