#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <climits>
#include <doctest/doctest.h>

#include <eigenvit/core/available_threads.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

#include "../io/test_files.hpp"

namespace {

namespace fs = std::filesystem;

/// Files as the kernel shows them of control groups.
class FakeGroups {
 public:
  explicit FakeGroups(const std::string& groups) { folder_.write("groups", groups); }

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((mount() / file).parent_path());
    std::ofstream(mount() / file) << text << '\n';
  }
  int threads() const {
    return eigenvit::detail::cgroup_threads(folder_.path() / "groups", mount());
  }

 private:
  fs::path mount() const { return folder_.path() / "mount"; }

  test_files::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("available threads: version 2 states quota and period in one file, rounded up") {
  const FakeGroups groups("0::/user/job");
  CHECK(groups.threads() == INT_MAX);
  groups.write("user/job/cpu.max", "max 100000");
  CHECK(groups.threads() == INT_MAX);
  groups.write("user/job/cpu.max", "200000 100000");
  CHECK(groups.threads() == 2);
  groups.write("user/job/cpu.max", "200001 100000");
  CHECK(groups.threads() == 3);
  groups.write("user/job/cpu.max", "1000 100000");
  CHECK(groups.threads() == 1);
}

TEST_CASE("available threads: the least limit of a group and those above it counts") {
  const FakeGroups groups("0::/user/job");
  groups.write("user/job/cpu.max", "400000 100000");
  groups.write("user/cpu.max", "150000 50000");
  CHECK(groups.threads() == 3);
  groups.write("cpu.max", "100000 100000");
  CHECK(groups.threads() == 1);
}

TEST_CASE(
    "available threads: version 1 has a mount for each controller and a file for each number") {
  const FakeGroups groups(
      "9:name=systemd:/\n4:memory:/cpu\n3:cpuset:/other\n2:cpu,cpuacct:/docker/1f\n0::/");
  groups.write("cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "-1");
  groups.write("cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000");
  groups.write("cpuset/other/cpu.max", "100000 100000");
  CHECK(groups.threads() == INT_MAX);
  groups.write("cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "350000");
  CHECK(groups.threads() == 4);
}

TEST_CASE("available threads: inside of a container only the root of its groups is to be seen") {
  const FakeGroups outer("4:cpu:/docker/of-the-host");
  outer.write("cpu/cpu.cfs_quota_us", "200000");
  outer.write("cpu/cpu.cfs_period_us", "100000");
  CHECK(outer.threads() == 2);
  const FakeGroups above("0::/../../sibling");
  above.write("cpu.max", "300000 100000");
  CHECK(above.threads() == 3);
}

TEST_CASE("available threads: what cannot be read is no limit") {
  const FakeGroups groups("no colons\n1:one colon\n\n0::/job");
  for (const char* const text : {"", "0 100000", "100000 0", "-5 100000", "100000", "a b",
                                 "99999999999999999999999 100000"}) {
    CAPTURE(text);
    groups.write("job/cpu.max", text);
    CHECK(groups.threads() == INT_MAX);
  }
  groups.write("job/cpu.max", "9223372036854775807 1");
  CHECK(groups.threads() == INT_MAX);
  CHECK(eigenvit::detail::cgroup_threads("/nonexistent/file", "/nonexistent") == INT_MAX);
}

TEST_CASE("available threads: at least one, and no more than there are processors") {
  CHECK(eigenvit::available_threads() >= 1);
  CHECK(eigenvit::available_threads() <=
        static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U)));
  CHECK(eigenvit::ThreadPoolExecutor().concurrency() == eigenvit::available_threads());
}
