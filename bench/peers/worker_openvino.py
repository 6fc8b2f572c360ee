"""OpenVINO. Variants: the kinds of models that make_models.py writes, with -cached after it to keep the compiled
model on disk, which makes loading quicker from the second time on."""

import numpy as np
import openvino

from worker import Job, serve


class OpenVinoModel:
    def __init__(self, job: Job):
        core = openvino.Core()
        kind = job.variant.removesuffix("-cached")
        config = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": job.threads,
            # The others compute in float32 too; the default is bfloat16 where the CPU has instructions for it.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if kind != job.variant:
            config["CACHE_DIR"] = str(job.folder / "openvino-cache")
        model = core.read_model(job.folder / f"{job.output}.{kind}.xml")
        model.reshape(job.network.pixel_shape(job.batch))
        self.request = core.compile_model(model, "CPU", config).create_infer_request()
        self.pixels = job.pixels()
        self.request.set_input_tensor(openvino.Tensor(self.pixels, shared_memory=True))

    def run(self) -> None:
        self.request.infer()

    def output(self) -> np.ndarray:
        return self.request.get_output_tensor().data


serve(OpenVinoModel)
