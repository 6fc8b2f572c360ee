/// How many threads a program should compute with.
#ifndef EIGENVIT_CORE_AVAILABLE_THREADS_HPP
#define EIGENVIT_CORE_AVAILABLE_THREADS_HPP

#include <filesystem>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The threads that can compute at the same time in this process, at least 1: on Linux the
/// processors that the calling thread may use (`sched_getaffinity`), and no more than the CPU time
/// that its control group and those above it grant (versions 1 and 2; as containers have it),
/// rounded up. Elsewhere `std::thread::hardware_concurrency`. More threads than this wait for each
/// other: four times as many halve the speed. Cost: reads a few small files at each call.
int available_threads();

namespace detail {

/// The least limit on CPU time, in processors, rounded up, that applies to the control groups that
/// `groups` lists, `/proc/self/cgroup` for example, with their files under `mount`,
/// `/sys/fs/cgroup`. `INT_MAX` where there is none; what cannot be read is no limit.
int cgroup_threads(const std::filesystem::path& groups, const std::filesystem::path& mount);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/available_threads.inl>
#endif

#endif
