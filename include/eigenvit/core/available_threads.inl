#ifndef EIGENVIT_CORE_AVAILABLE_THREADS_INL
#define EIGENVIT_CORE_AVAILABLE_THREADS_INL

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include <climits>

#include <eigenvit/core/available_threads.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `quota / period`, rounded up; `INT_MAX` for what is not a limit, as `max` or -1.
inline int threads_of_quota(std::istream& quota_from, std::istream& period_from) {
  long long quota = 0, period = 0;
  if (!(quota_from >> quota) || !(period_from >> period) || quota < 1 || period < 1) return INT_MAX;
  const long long threads = quota / period + (quota % period != 0 ? 1 : 0);
  return static_cast<int>(std::min<long long>(threads, INT_MAX));
}

/// The limit that the files of one control group state, of version 1 or 2.
inline int threads_of_group(const std::filesystem::path& group) {
  std::ifstream both(group / "cpu.max");
  std::ifstream quota(group / "cpu.cfs_quota_us");
  std::ifstream period(group / "cpu.cfs_period_us");
  return std::min(threads_of_quota(both, both), threads_of_quota(quota, period));
}

/// The limit of a group and of those above it.
inline int threads_of_groups(const std::filesystem::path& mount, std::filesystem::path group) {
  group = group.relative_path();
  // A process outside of what is mounted here: its own groups are not to be seen.
  if (std::find(group.begin(), group.end(), "..") != group.end()) group.clear();
  int threads = threads_of_group(mount);
  for (; !group.empty(); group = group.parent_path()) {
    threads = std::min(threads, threads_of_group(mount / group));
  }
  return threads;
}

/// Whether `name` is one of the names, which commas separate.
inline bool has_name(std::string_view names, std::string_view name) {
  for (;;) {
    const std::size_t comma = names.find(',');
    if (names.substr(0, comma) == name) return true;
    if (comma == std::string_view::npos) return false;
    names.remove_prefix(comma + 1);
  }
}

EIGENVIT_INLINE int cgroup_threads(const std::filesystem::path& groups,
                                   const std::filesystem::path& mount) {
  int threads = INT_MAX;
  std::ifstream lines(groups);
  // A line is `number:controllers:group`; version 2 names no controllers.
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !has_name(controllers, "cpu")) continue;
    threads = std::min(threads, threads_of_groups(mount / controllers, line.substr(second + 1)));
  }
  return threads;
}

/// The processors that the calling thread may use.
inline int usable_processors() {
#if defined(__linux__)
  // Room for 65536 processors: the call fails where the system has more than fit.
  std::array<unsigned long, 65536 / (8 * sizeof(unsigned long))> mask{};
  auto* const set = reinterpret_cast<cpu_set_t*>(mask.data());
  if (sched_getaffinity(0, sizeof mask, set) == 0) return CPU_COUNT_S(sizeof mask, set);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace detail

EIGENVIT_INLINE int available_threads() {
  int threads = detail::usable_processors();
#if defined(__linux__)
  threads = std::min(threads, detail::cgroup_threads("/proc/self/cgroup", "/sys/fs/cgroup"));
#endif
  return std::max(threads, 1);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
