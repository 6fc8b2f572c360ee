"""PyTorch. Variants: eager; compiled, by inductor with the weights as constants; autotuned, compiled after trying
several kernels for every product, which takes minutes for each network."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch

from torch_models import load_model, with_output
from worker import Job, serve


class TorchModel:
    def __init__(self, job: Job):
        torch.set_num_threads(job.threads)
        self.pixels = torch.from_numpy(job.pixels())
        self.model = with_output(load_model(job.network, job.folder), job.output)
        if job.variant != "eager":
            import torch._inductor.config as inductor

            inductor.freezing = True
            inductor.max_autotune = job.variant == "autotuned"
            self.model = torch.compile(self.model)
            self.run()  # compiles

    def run(self) -> None:
        with torch.inference_mode():
            self.result = self.model(self.pixels)

    def output(self) -> np.ndarray:
        return self.result.numpy()


serve(TorchModel)
