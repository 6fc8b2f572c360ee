#include <eigenvit/implementation/pipeline.inl>
