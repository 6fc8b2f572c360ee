# The optional libraries that decode image files: EIGENVIT_WITH_<NAME> switches one of them on.
# None is ever fetched: only an installed one is used.
set(EIGENVIT_CODECS TURBOJPEG PNG WEBP AVIF HEIF)

set(EIGENVIT_TURBOJPEG_LIBRARY libjpeg-turbo)
set(EIGENVIT_TURBOJPEG_FORMAT "JPEG with Pillow's bytes, and faster")
set(EIGENVIT_TURBOJPEG_PACKAGE TurboJPEG)
set(EIGENVIT_TURBOJPEG_TARGETS TurboJPEG::TurboJPEG)
set(EIGENVIT_TURBOJPEG_PKG_CONFIG "libturbojpeg")
set(EIGENVIT_TURBOJPEG_DEBIAN libturbojpeg0-dev)

set(EIGENVIT_PNG_LIBRARY libpng)
set(EIGENVIT_PNG_FORMAT "PNG, the same pixels")
set(EIGENVIT_PNG_PACKAGE PNG)
set(EIGENVIT_PNG_TARGETS PNG::PNG ZLIB::ZLIB)
set(EIGENVIT_PNG_PKG_CONFIG "libpng")
set(EIGENVIT_PNG_DEBIAN libpng-dev)

set(EIGENVIT_WEBP_LIBRARY libwebp)
set(EIGENVIT_WEBP_FORMAT "WebP")
set(EIGENVIT_WEBP_PACKAGE WebP)
set(EIGENVIT_WEBP_TARGETS WebP::webpdemux WebP::webp)
set(EIGENVIT_WEBP_PKG_CONFIG "libwebpdemux libwebp")
set(EIGENVIT_WEBP_DEBIAN libwebp-dev)

set(EIGENVIT_AVIF_LIBRARY libavif)
set(EIGENVIT_AVIF_FORMAT "AVIF")
set(EIGENVIT_AVIF_PACKAGE libavif)
set(EIGENVIT_AVIF_TARGETS avif)
set(EIGENVIT_AVIF_PKG_CONFIG "libavif")
set(EIGENVIT_AVIF_DEBIAN libavif-dev)

set(EIGENVIT_HEIF_LIBRARY libheif)
set(EIGENVIT_HEIF_FORMAT "HEIC")
set(EIGENVIT_HEIF_PACKAGE libheif)
set(EIGENVIT_HEIF_TARGETS heif)
set(EIGENVIT_HEIF_PKG_CONFIG "libheif")
set(EIGENVIT_HEIF_DEBIAN libheif-dev)
