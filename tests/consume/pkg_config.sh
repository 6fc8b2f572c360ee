#!/usr/bin/env bash
# A program that is built with what pkg-config says of an installation, which was moved after it was
# made: the compiled library where that is installed, and the headers.
#
#   tests/consume/pkg_config.sh INSTALLATION LIBRARY_FOLDER REPOSITORY COMPILER...
set -euo pipefail

installation=$1
library_folder=$2
root=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
moved=$work/moved
cp -r "$installation" "$moved"
export LD_LIBRARY_PATH=$moved/$library_folder  # of a shared library
export PKG_CONFIG_PATH=$moved/$library_folder/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}

version=$(awk '/^#define EIGENVIT_VERSION_.* [0-9]/ { printf "%s%s", dot, $3; dot = "." }' "$root/include/eigenvit/version.hpp")
[[ $(pkg-config --modversion eigenvit) == "$version" ]] || { echo "expected version $version"; exit 1; }
for package in eigenvit eigenvit-headers; do
  if pkg-config --cflags --libs "$package" | grep -F -- "$installation"; then
    echo "$package.pc: expected paths of $moved"
    exit 1
  fi
done

# build PACKAGE SOURCE
build() {
  # Whether everything is found does not depend on optimisation.
  # shellcheck disable=SC2046
  "${compiler[@]}" -std=c++17 -O0 "$2" -o "$work/program" $(pkg-config --cflags --libs "$1")
}
compiler=("$@")
build eigenvit "$root/tests/consume/main.cpp"
"$work/program" "$root/examples/models/vit_cifar10_patch4_32" "$root/examples/images/chelsea.png"
build eigenvit-headers "$root/tests/consume/codecs/main.cpp"
"$work/program" "$root/examples/images/chelsea.png" "$root/examples/images/rocket.jpg"
