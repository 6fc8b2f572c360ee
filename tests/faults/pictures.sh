# What the tests of search under faults share; to be sourced after checks.sh:
#
#   pictures FOLDER COUNT     # makes that many small pictures, all different
#   milliseconds              # since some beginning
#   sleep_milliseconds NUMBER
pictures() {
  mkdir -p "$1/deep"
  awk -v folder="$1" -v count="$2" '
    BEGIN {
      for (i = 0; i < count; i++) {
        file = folder (i % 3 ? "/" : "/deep/") i ".ppm"
        srand(i + 1)
        print "P3 24 24 255" >file
        for (p = 0; p < 1728; p++) print int(256 * rand()) >file
        close(file)
      }
    }'
}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
sleep_milliseconds() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
