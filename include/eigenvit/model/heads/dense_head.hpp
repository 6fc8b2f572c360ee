/// What a network knows of a head whose result is a map over the image.
#ifndef EIGENVIT_MODEL_HEADS_DENSE_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DENSE_HEAD_HPP

#include <optional>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/model/dense_output.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>
#include <eigenvit/model/pass/sequence.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What the stages of a dense head work with. Its references, pointers and the head itself outlive
/// the run, but not this object: stages copy what they need of it.
template <class Scalar>
struct DensePass {
  const VitConfig& config;
  const ForwardPlan& plan;
  const std::optional<LayerNorm<Scalar>>& norm;  ///< the final one
  Scalar* scratch;                               ///< of `scratch_values`
  Scalar* late;                                  ///< of `late_values`
  WorkerScratch<Scalar> workers;                 ///< of at least `worker_values` each
  DenseShape shape;
  Scalar* maps;  ///< of the images of the pass
  Scalar* class_logits;
};

/// A head that makes maps of the tokens after some of the blocks. A network holds one or none; a
/// pass that does not ask for it does not call it. No function is called by a task: a call costs a
/// pass nothing that could be measured.
///
/// A derived class is one file: its configuration apart (`DenseConfig`), its layers, checks,
/// memory, stages and output. What programs do not include, they do not compile: the networks
/// without such a head know this interface alone.
template <class Scalar>
class DenseHead {
 public:
  virtual ~DenseHead() = default;

  /// Throws `ConfigError` or `ShapeError` when its configuration contradicts itself, the encoder or
  /// its layers.
  virtual void check(const VitConfig& config) const = 0;
  virtual Index parameters() const = 0;
  /// Floating-point operations of an image, counted as `VitConfig::flops`, in double as there.
  virtual double flops(const VitConfig& config, Index height, Index width) const = 0;

  /// Whether it reads the tokens after a block, from 0.
  virtual bool reads(Index block) const = 0;
  /// Values of the memory that it uses from the blocks on, of all images of a pass.
  virtual Index scratch_values(const VitConfig& config, const ForwardPlan& plan) const = 0;
  /// Values of the memory that it uses after the last block only. Where nothing else is computed
  /// then, that of the blocks serves.
  virtual Index late_values(const VitConfig& config, const ForwardPlan& plan) const = 0;
  /// Values of the scratch of each worker.
  virtual Index worker_values(const VitConfig& config, const ForwardPlan& plan) const = 0;
  /// Of its result. Throws `ShapeError` for images that it does not take.
  virtual DenseShape shape(const VitConfig& config, const ForwardPlan& plan) const = 0;

  /// Adds what reads the tokens `x` after a block, which `stage` gives; called for the blocks that
  /// it reads, in their order. Returns the stage that the next block needs.
  virtual Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                          const Sequence<Scalar>& x, Stage stage) const = 0;
  /// Adds the rest; `blocks` is what the last `add_block` returned, or comes after it.
  virtual void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage blocks) const = 0;

 protected:
  DenseHead() = default;
  DenseHead(const DenseHead&) = default;
  DenseHead& operator=(const DenseHead&) = default;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
