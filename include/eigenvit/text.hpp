/// Texts for models of images and texts. Apart from `eigenvit.hpp`, since it needs utf8proc. The
/// unit that defines EIGENVIT_IMPLEMENTATION implements it, with what of io/ it uses; linked to
/// EigenViT::compiled, EigenViT::compiled_text does.
#ifndef EIGENVIT_TEXT_HPP
#define EIGENVIT_TEXT_HPP

#include <eigenvit/io/text_folder.hpp>
#include <eigenvit/pipeline/text_encoder.hpp>
#include <eigenvit/text/tokenizer.hpp>

#if defined(EIGENVIT_IMPLEMENTATION)
#include <eigenvit/implementation/text.inl>
#include <eigenvit/implementation/text_network.inl>
#endif

#endif
