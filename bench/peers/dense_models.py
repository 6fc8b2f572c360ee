"""transformers' networks with dense heads as PyTorch modules: what the heads give for pixel values."""

from __future__ import annotations

from pathlib import Path

import torch
import transformers
from torch import nn

from fusible_blocks import SeparateAttention, fold_scale
from networks import DenseNetwork, DepthHead, MaskHead


def configuration(network: DenseNetwork) -> transformers.PretrainedConfig:
    """That of the published checkpoint: depth-anything/Depth-Anything-V2-{Small,Base}-hf,
    tue-mps/coco_panoptic_eomt_large_640, usyd-community/vitpose-base-simple."""
    encoder = dict(hidden_size=network.width, num_hidden_layers=network.depth, num_attention_heads=network.heads)
    if isinstance(network.head, DepthHead):
        backbone = dict(encoder, model_type="dinov2", image_size=network.image[0], patch_size=network.patch_size,
                        out_indices=[3, 6, 9, 12], apply_layernorm=True, reshape_hidden_states=False)
        return transformers.DepthAnythingConfig(
            backbone_config=backbone, reassemble_hidden_size=network.width, patch_size=network.patch_size,
            neck_hidden_sizes=[network.width // part for part in (8, 4, 2, 1)], fusion_hidden_size=network.head.fusion,
            head_hidden_size=network.head.hidden)
    if isinstance(network.head, MaskHead):
        return transformers.EomtConfig(
            **encoder, image_size=network.image[0], patch_size=network.patch_size, num_labels=network.head.classes,
            num_queries=network.head.queries, num_blocks=network.head.blocks,
            num_upscale_blocks=network.head.enlargements, num_register_tokens=network.prefix_tokens - 1)
    backbone = dict(encoder, model_type="vitpose_backbone", image_size=list(network.image),
                    patch_size=[network.patch_size] * 2, out_indices=[network.depth])
    return transformers.VitPoseConfig(backbone_config=backbone, use_simple_decoder=True, num_labels=network.head.joints,
                                      scale_factor=network.head.enlargement)


def model_class(network: DenseNetwork) -> type[transformers.PreTrainedModel]:
    if isinstance(network.head, DepthHead):
        return transformers.DepthAnythingForDepthEstimation
    if isinstance(network.head, MaskHead):
        return transformers.EomtForUniversalSegmentation
    return transformers.VitPoseForPoseEstimation


def save_random(network: DenseNetwork, folder: Path) -> None:
    """A folder of the class; weights as those of torch_models.random_model."""
    generator = torch.Generator().manual_seed(0)
    model = model_class(network)(configuration(network)).eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim == 1 and "norm" in name and name.endswith("weight"):
                value.uniform_(0.5, 1.5, generator=generator)
            elif value.ndim == 1:
                value.normal_(0, 0.3, generator=generator)
            elif value.ndim == 3 or "position_embeddings" in name or "query.weight" == name:
                value.normal_(0, 0.2, generator=generator)
            else:
                value.normal_(0, 1.3 / value[0].numel() ** 0.5, generator=generator)
        for name, value in model.named_buffers():
            # Masks of the attention are of training: in published checkpoints they have been annealed away.
            if name == "attn_mask_probs":
                value.zero_()
        if isinstance(network.head, DepthHead):
            # Otherwise half of the depths would be cut off at 0.
            model.head.conv3.weight.abs_()
    model.save_pretrained(folder)


class Maps(nn.Module):
    """What the head gives: a tensor, or those of classes and masks."""

    def __init__(self, model: transformers.PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        result = self.model(pixels)
        if "class_queries_logits" in result:
            return result.class_queries_logits, result.masks_queries_logits
        return result.heatmaps if "heatmaps" in result else result.predicted_depth


def load_dense(network: DenseNetwork, folder: Path, fusible: bool = False) -> nn.Module:
    model = model_class(network).from_pretrained(folder).eval()
    if isinstance(network.head, MaskHead):
        # The values rather than a tensor of them: what branches on a tensor cannot be exported or compiled whole.
        probabilities = model.attn_mask_probs.tolist()
        del model.attn_mask_probs
        model.attn_mask_probs = probabilities
    if fusible:
        make_fusible(network, model)
    return Maps(model)


class FusibleAttention(SeparateAttention):
    """In the place of a class's own, in whose layers the rest is as the optimizer takes it."""

    def __init__(self, gives_weights: bool, *parts: nn.Linear, heads: int):
        super().__init__(*parts, heads)
        self.gives_weights = gives_weights

    def forward(self, x: torch.Tensor, *_: object, **__: object) -> torch.Tensor | tuple[torch.Tensor, None]:
        attended = super().forward(x)
        return (attended, None) if self.gives_weights else attended


class NormedPatches(nn.Module):
    """Depth Anything's `reassemble_stage` with the norm before it: of the patches alone, since the optimizer takes any
    norm of the stream for that of the next block."""

    def __init__(self, layers: nn.ModuleList, norm: nn.Module):
        super().__init__()
        self.layers, self.norm = layers, norm

    def forward(self, streams: list[torch.Tensor], rows: int, columns: int) -> list[torch.Tensor]:
        return [layer(self.norm(stream[:, 1:]).unflatten(1, (rows, columns)).permute(0, 3, 1, 2))
                for layer, stream in zip(self.layers, streams)]


def make_fusible(network: DenseNetwork, model: transformers.PreTrainedModel) -> None:
    """Rewrites the blocks for ONNX Runtime's transformer optimizer; what they compute stays the same."""
    layers = next(part for name, part in model.named_modules()
                  if isinstance(part, nn.ModuleList) and name.rpartition(".")[2] in ("layer", "layers"))
    with torch.no_grad():
        for layer in layers:
            attention = layer.attention
            if hasattr(attention, "attention"):
                inner = attention.attention
                parts = inner.query, inner.key, inner.value, attention.output.dense
            else:
                output = attention.o_proj if hasattr(attention, "o_proj") else attention.out_proj
                parts = attention.q_proj, attention.k_proj, attention.v_proj, output
                fold_scale(layer.layer_scale1.lambda1, output)
                fold_scale(layer.layer_scale2.lambda1, layer.mlp.fc2)
                layer.layer_scale1, layer.layer_scale2 = nn.Identity(), nn.Identity()
            layer.attention = FusibleAttention(not hasattr(attention, "attention"), *parts, heads=network.heads)
    if isinstance(network.head, DepthHead):
        model.neck.reassemble_stage = NormedPatches(model.neck.reassemble_stage.layers, model.backbone.layernorm)
        model.backbone.layernorm = nn.Identity()
