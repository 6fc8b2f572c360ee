# What the tests of search under faults share, to be sourced with their arguments: 60 small
# pictures, all different, in the folder $photos; the command ${build[@]}, to which the index to write
# is added; and $index in the empty folder $out.
programs=$1
root=$2
model=$root/examples/models/vit_cifar10_patch4_32
source "$root/tests/examples/checks.sh"

photos=$work/photos
build=("$programs/search" build "$photos" --model "$model" --threads 1 --batch-size 2 --output)
out=$work/out.d
index=$out/index.safetensors
mkdir -p "$photos/deep" "$out"
awk -v folder="$photos" '
  BEGIN {
    for (i = 0; i < 60; i++) {
      file = folder (i % 3 ? "/" : "/deep/") i ".ppm"
      srand(i + 1)
      print "P3 24 24 255" >file
      for (p = 0; p < 1728; p++) print int(256 * rand()) >file
      close(file)
    }
  }'

# Since some beginning.
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
sleep_milliseconds() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
