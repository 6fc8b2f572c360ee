"""ONNX Runtime. Variants: the kinds of ONNX files that make_models.py writes, with -unpacked after it to load without
rearranging the weights for its products."""

import numpy as np
import onnxruntime

from worker import Job, serve


class OnnxRuntimeModel:
    def __init__(self, job: Job):
        options = onnxruntime.SessionOptions()
        # All graph optimisations and spinning between operators are the default, and the fastest.
        options.intra_op_num_threads = job.threads
        options.inter_op_num_threads = 1
        options.add_free_dimension_override_by_name("batch", job.batch)
        kind = job.variant.removesuffix("-unpacked")
        if kind != job.variant:
            options.add_session_config_entry("session.disable_prepacking", "1")
        self.session = onnxruntime.InferenceSession(job.folder / f"{job.output}.{kind}.onnx", options,
                                                    providers=["CPUExecutionProvider"])
        self.inputs = {"pixels": job.pixels()}

    def run(self) -> None:
        self.result = self.session.run(None, self.inputs)[0]

    def output(self) -> np.ndarray:
        return self.result


serve(OnnxRuntimeModel)
