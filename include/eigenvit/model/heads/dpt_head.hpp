/// What heads after a DPT decoder have in common.
#ifndef EIGENVIT_MODEL_HEADS_DPT_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DPT_HEAD_HPP

#include <utility>

#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/dpt_neck.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A head that reads the map of a `DptNeck`: `config.neck` and `layers.levels` are the neck's.
/// `Scratch(config, encoder, plan, places)` takes the maps of a pass: `memory` and `late` are what
/// it takes them of, `neck` is that of the neck.
template <class Scalar, class Config, class Layers, class Scratch>
class DptHead : public DenseHead<Scalar> {
 public:
  const Config& config() const noexcept { return config_; }
  const Layers& layers() const noexcept { return layers_; }

  bool reads(Index block) const override { return neck().reads(block); }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Scratch(config_, encoder, plan, {}).memory.used();
  }

  Index late_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return plan.images * Scratch(config_, encoder, plan, {}).late.most();
  }

  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                  const Sequence<Scalar>& x, Stage stage) const override {
    return neck().add_block(graph, pass, block, x, stage, scratch_of(pass).neck);
  }

 protected:
  DptHead(const Config& config, Layers layers) : config_(config), layers_(std::move(layers)) {}

  DptNeck<Scalar> neck() const noexcept { return {config_.neck, layers_.levels}; }

  Scratch scratch_of(const DensePass<Scalar>& pass) const {
    const Index image_values = Scratch(config_, pass.config, pass.plan, {}).late.most();
    return Scratch(config_, pass.config, pass.plan, {pass.scratch, pass.late, image_values});
  }

  Config config_;
  Layers layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
