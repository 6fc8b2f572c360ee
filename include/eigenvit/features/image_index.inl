#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_INL
#define EIGENVIT_FEATURES_IMAGE_INDEX_INL

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/order_key.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/precision_note.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The vectors as the file has them; notes the first that is not of length 1.
class IndexRows final : public WeightRows<float> {
 public:
  IndexRows(const ImageIndexFile& file, std::atomic<Index>& first_bad)
      : file_(file), first_bad_(first_bad) {}

  void read(Index first, Index count, float* rows) const noexcept override {
    file_.read(first, count, rows);
    const Index width = file_.info().width;
    for (Index i = 0; i < count; ++i) {
      const double squares = squared_length(rows + i * width, width);
      if (is_unit(squares)) continue;
      Index seen = first_bad_.load(std::memory_order_relaxed);
      while (first + i < seen && !first_bad_.compare_exchange_weak(seen, first + i)) {
      }
    }
  }
  void release() const noexcept override { file_.release(); }

 private:
  const ImageIndexFile& file_;
  std::atomic<Index>& first_bad_;
};

/// Keeps the best matches of those that it is shown, the worst of them at the front.
class BestMatches {
 public:
  explicit BestMatches(std::size_t most) : most_(most) {}

  void show(ImageMatch match) {
    if (kept_.size() == most_) {
      if (most_ == 0 || !better(match, kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end(), better);
      kept_.back() = match;
    } else {
      kept_.push_back(match);
    }
    std::push_heap(kept_.begin(), kept_.end(), better);
  }

  void show(const BestMatches& others) {
    for (const ImageMatch& match : others.kept_) show(match);
  }

  std::vector<ImageMatch> sorted() const {
    std::vector<ImageMatch> best = kept_;
    std::sort(best.begin(), best.end(), better);
    return best;
  }

 private:
  static bool better(const ImageMatch& a, const ImageMatch& b) {
    const auto key_a = order_key(a.score);
    const auto key_b = order_key(b.score);
    return key_a != key_b ? key_a > key_b : a.image < b.image;
  }

  std::size_t most_;
  std::vector<ImageMatch> kept_;
};

}  // namespace detail

EIGENVIT_INLINE ImageIndex ImageIndex::open(const std::filesystem::path& path, Executor* executor) {
  const auto file = detail::ImageIndexFile::open(path);
  std::atomic<Index> first_bad{file.size()};
  ImageIndex index;
  index.vectors_ =
      detail::PackedMatrix<float>(std::make_unique<const detail::IndexRows>(file, first_bad),
                                  file.size(), file.info().width, file.size());
  SerialExecutor serial;
  detail::for_each_task(executor != nullptr ? *executor : serial, index.vectors_.panels(),
                        [&](Index panel, Index) { index.vectors_.panel(panel); });
  index.vectors_.pack();
  if (first_bad < file.size()) {
    detail::raise<FormatError>({file.source(),
                                ": tensor 'embeddings': expected vectors of length 1, found one of "
                                "another length in row ",
                                first_bad.load()});
  }
  index.names_ = file.names();
  index.info_ = file.info();
  index.source_ = file.source();
  return index;
}

EIGENVIT_INLINE ImageIndex::ImageIndex(const ConstMatrixRef<float>& vectors,
                                       std::vector<std::string> names, ImageIndexInfo info)
    : names_(std::move(names)), info_(std::move(info)) {
  if (vectors.rows() < 1 || vectors.cols() < 1 ||
      static_cast<std::size_t>(vectors.rows()) != names_.size()) {
    detail::raise<ShapeError>({"image index: expected vectors and a name for each, found [",
                               vectors.rows(), ", ", vectors.cols(), "] and ", names_.size(),
                               " names"});
  }
  vectors_ = detail::PackedMatrix<float>(detail::unit_rows(vectors, "image index: vector"));
  info_.width = width();
}

EIGENVIT_INLINE void ImageIndex::check(const ImageEmbedder& embedder) const {
  info_.check(
      {embedder.fingerprint(), embedder.model().checkpoint().architecture, {}, embedder.width()},
      source_);
}

EIGENVIT_INLINE std::string ImageIndex::precision_note(const Model& model) const {
  return detail::precision_note(source_, info_.precision, model);
}

EIGENVIT_INLINE std::vector<std::vector<ImageMatch>> ImageIndex::search(
    const ConstMatrixRef<float>& queries, std::size_t k, Executor* executor) const {
  if (queries.cols() != width()) {
    detail::raise<ShapeError>(
        {"image index: expected queries of ", width(), " values, found ", queries.cols()});
  }
  const Matrix<float> unit = detail::unit_rows(queries, "image index: query");
  const auto most = std::min(k, static_cast<std::size_t>(size()));
  // As many vectors as make the scores of the queries that meet them at a time, 64 at most, fit
  // into the L2 cache.
  constexpr Index task_panels = 64;
  constexpr Index task_queries = 64;
  detail::SteadyExecutor run_on(executor);
  struct WorkerScratch {
    std::vector<detail::BestMatches> best;
    AlignedBuffer<float> scores;
  };
  std::vector<WorkerScratch> workers_scratch(static_cast<std::size_t>(run_on.concurrency()));
  const Index tasks = (vectors_.panels() + task_panels - 1) / task_panels;
  detail::for_each_task(run_on, tasks, [&](Index task, Index number) {
    WorkerScratch& scratch = workers_scratch[static_cast<std::size_t>(number)];
    const Index first_panel = task * task_panels;
    const Index panels = std::min(task_panels, vectors_.panels() - first_panel);
    const Index first = first_panel * kernels::panel_width;
    const Index count = std::min(panels * kernels::panel_width, size() - first);
    if (scratch.best.empty()) {
      scratch.best.assign(static_cast<std::size_t>(unit.rows()), detail::BestMatches(most));
      scratch.scores.resize(static_cast<std::size_t>(std::min<Index>(task_queries, unit.rows()) *
                                                     task_panels * kernels::panel_width));
    }
    for (Index query = 0; query < unit.rows(); query += task_queries) {
      kernels::GemmArguments<float> product;
      product.x = unit.data() + query * width();
      product.rows = std::min(task_queries, unit.rows() - query);
      product.x_stride = product.depth = width();
      product.panels = vectors_.panels(first_panel, panels).data();
      product.outputs = count;
      product.y = scratch.scores.data();
      product.y_stride = count;
      ops::gemm(product);
      for (Index q = 0; q < product.rows; ++q) {
        detail::BestMatches& best = scratch.best[static_cast<std::size_t>(query + q)];
        const float* const scores = scratch.scores.data() + q * count;
        for (Index i = 0; i < count; ++i) best.show({first + i, scores[i]});
      }
    }
  });

  std::vector<std::vector<ImageMatch>> matches;
  for (Index query = 0; query < unit.rows(); ++query) {
    detail::BestMatches best(most);
    for (const WorkerScratch& scratch : workers_scratch) {
      if (!scratch.best.empty()) best.show(scratch.best[static_cast<std::size_t>(query)]);
    }
    matches.push_back(best.sorted());
  }
  return matches;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
