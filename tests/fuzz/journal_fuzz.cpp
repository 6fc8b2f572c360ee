// libFuzzer: any bytes are a journal that a build goes on from, and none stops it. The first byte
// says how many bytes at the front keep the hash that they came with; records after them, told by
// their lengths, get the right one, which mutations would not find.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/features/index_journal.hpp>

#include "support.hpp"

namespace {

void put_hashes(std::string& journal, std::size_t from) {
  while (journal.size() - from >= 12) {
    std::uint32_t length = 0;
    std::memcpy(&length, journal.data() + from, sizeof length);
    if (length > journal.size() - from - 12) return;
    eigenvit::detail::Fnv1a hash;
    hash.add(journal.data() + from + 4, length);
    const std::uint64_t value = hash.value();
    std::memcpy(journal.data() + from + 4 + length, &value, sizeof value);
    from += 12 + std::size_t{length};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  fuzz::Input input(data, size);
  const std::size_t kept = 8 * std::size_t{input.byte()};
  std::string bytes(input.rest());
  if (kept < bytes.size()) put_hashes(bytes, kept);
  const auto path = folder.write(bytes);
  const eigenvit::ImageIndexInfo info{"0123456789abcdef", "vit_test", "/photos", 2};
  const float vector[] = {0.6F, 0.8F};
  std::size_t count = 0;
  const std::string message = fuzz::refusal([&] {
    eigenvit::detail::IndexJournal journal(path, info);
    for (const auto& record : journal.found()) {
      float stored[2];
      journal.read(record, stored);
    }
    count = journal.found().size();
    journal.add("added.jpg", {7, 8}, vector);
    journal.flush();
  });
  fuzz::expect(message.empty(), message);
  {
    eigenvit::detail::IndexJournal journal(path, info);
    fuzz::expect(journal.found().size() == count + 1, "a record that was added is lost");
    const auto& last = journal.found().back();
    float stored[2];
    journal.read(last, stored);
    fuzz::expect(last.name == "added.jpg" && last.stamp == eigenvit::FileStamp{7, 8} &&
                     std::memcmp(stored, vector, sizeof vector) == 0,
                 "a record that was added has changed");
  }
  return 0;
}
