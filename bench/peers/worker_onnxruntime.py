"""ONNX Runtime. Variants: the kinds of ONNX files that make_models.py writes, with -unpacked after it to load without
rearranging the weights for its products. Precisions: float32; int8, the files after quantize_dynamic."""

import numpy as np
import onnxruntime

from worker import Job, serve


class OnnxRuntimeModel:
    def __init__(self, job: Job, inputs: np.ndarray):
        options = onnxruntime.SessionOptions()
        # All graph optimisations and spinning between operators are the default, and the fastest.
        options.intra_op_num_threads = job.threads
        options.inter_op_num_threads = 1
        options.add_free_dimension_override_by_name("batch", job.batch)
        kind = job.variant.removesuffix("-unpacked")
        if kind != job.variant:
            options.add_session_config_entry("session.disable_prepacking", "1")
        suffix = {"float32": "onnx", "int8": "int8.onnx"}[job.precision]
        self.session = onnxruntime.InferenceSession(job.folder / f"{job.output}.{kind}.{suffix}", options,
                                                    providers=["CPUExecutionProvider"])
        self.inputs = {job.network.input_name: inputs}

    def run(self) -> None:
        self.result = self.session.run(None, self.inputs)

    def outputs(self) -> list[np.ndarray]:
        return self.result


serve(OnnxRuntimeModel)
