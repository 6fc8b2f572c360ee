"""PyTorch. Variants: eager; compiled, by inductor with the weights as constants; autotuned, compiled after trying
several kernels for every product, which takes minutes for each network.

Precisions: float32; bfloat16, by autocast, or with `converted` before the variant by parameters and activations of that
type; int8, eager by quantize_dynamic, compiled by the quantizer for x86 on the exported program, both with inputs that
are quantised as they come."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from torch import nn

from torch_models import load_model, with_output
from worker import Job, serve


def quantized_eager(model: nn.Module) -> nn.Module:
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    return quantize_dynamic(model, {nn.Linear: per_channel_dynamic_qconfig})


def quantized_program(model: nn.Module, inputs: torch.Tensor) -> nn.Module:
    from torchao.quantization.pt2e import move_exported_model_to_eval
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer.x86_inductor_quantizer import (
        X86InductorQuantizer, get_default_x86_inductor_quantization_config)

    quantizer = X86InductorQuantizer()
    quantizer.set_global(get_default_x86_inductor_quantization_config(is_dynamic=True))
    prepared = prepare_pt2e(torch.export.export(model, (inputs,)).module(), quantizer)
    prepared(inputs)
    return move_exported_model_to_eval(convert_pt2e(prepared))


class TorchModel:
    def __init__(self, job: Job, inputs: np.ndarray):
        torch.set_num_threads(job.threads)
        self.inputs = torch.from_numpy(inputs)
        model = with_output(load_model(job.network, job.folder), job.output)
        variant = job.variant.removeprefix("converted-")
        self.converted = variant != job.variant
        self.converts_inputs = self.converted and self.inputs.is_floating_point()
        self.autocast = job.precision == "bfloat16" and not self.converted
        with torch.no_grad():
            if self.converted:
                model = model.to(torch.bfloat16)
            if job.precision == "int8":
                model = quantized_eager(model) if variant == "eager" else quantized_program(model, self.inputs)
        self.model = model
        if variant != "eager":
            import torch._inductor.config as inductor

            inductor.freezing = True
            inductor.max_autotune = variant == "autotuned"
            self.model = torch.compile(model)
            self.run()  # compiles

    def run(self) -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            self.result = self.model(self.inputs.to(torch.bfloat16) if self.converts_inputs else self.inputs)

    def outputs(self) -> list[np.ndarray]:
        parts = self.result if isinstance(self.result, tuple) else (self.result,)
        return [part.float().numpy() for part in parts]


serve(TorchModel)
