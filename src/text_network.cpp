#include <eigenvit/implementation/text_network.inl>
