// Whether units with different flags, in one program, give the same bits. Exit code 77: no AVX2
// here.
#include <cstdint>
#include <cstdio>

std::uint64_t hash_plain();
std::uint64_t hash_fast();

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;
  const std::uint64_t hashes[] = {hash_plain(), hash_fast()};
  for (const auto hash : hashes) std::printf("%016llX\n", static_cast<unsigned long long>(hash));
  return hashes[0] == hashes[1] ? 0 : 1;
}
