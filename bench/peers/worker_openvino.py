"""OpenVINO. Variants: the kinds of models that make_models.py writes, with -cached after it to keep the compiled
model on disk, which makes loading quicker from the second time on. Precisions: float32; bfloat16, which has to be what
OpenVINO takes by itself; int8, the models that NNCF quantised, what is left of them in OpenVINO's own choice."""

import numpy as np
import openvino

from worker import Job, serve

PRECISION_HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoModel:
    def __init__(self, job: Job, inputs: np.ndarray):
        core = openvino.Core()
        kind = job.variant.removesuffix("-cached")
        config = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": job.threads,
        }
        if job.precision == "float32":
            config["INFERENCE_PRECISION_HINT"] = "f32"
        if kind != job.variant:
            config["CACHE_DIR"] = str(job.folder / f"openvino-cache-{job.precision}")
        suffix = "int8.xml" if job.precision == "int8" else "xml"
        model = core.read_model(job.folder / f"{job.output}.{kind}.{suffix}")
        model.reshape(job.network.input_shape(job.batch))
        compiled = core.compile_model(model, "CPU", config)
        taken = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        if taken != PRECISION_HINTS.get(job.precision, taken):
            raise RuntimeError(f"OpenVINO computes in {taken}, not in {job.precision}")
        self.request = compiled.create_infer_request()
        self.inputs = inputs
        self.request.set_input_tensor(openvino.Tensor(inputs, shared_memory=True))

    def run(self) -> None:
        self.request.infer()

    def outputs(self) -> list[np.ndarray]:
        return [tensor.data for tensor in self.request.output_tensors]


serve(OpenVinoModel)
