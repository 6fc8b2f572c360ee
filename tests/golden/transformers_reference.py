"""What the tests compare with on the side of transformers: the outputs of one call of a model class, by our names.

    tokens         the backbone's `last_hidden_state`
    pooled         what the classifier reads (with a teacher the mean of what its two classifiers read); without a
                   classifier `pooler_output`, and where the class has none the normed CLS token, or without a CLS token
                   the mean of the normed patches; RADIO's `summary`
    logits         the class's `logits`
    pooler_output  the class's, where it has one
    image_embeds   the class's: L2-normalised by pairs of an image and a text model, as it is by
                   CLIPVisionModelWithProjection
    pred_boxes     the class's (detection)
    segment_logits the class's `logits` [B,h,w,C] (segmentation)
    mask_logits    the class's `masks_queries_logits` [B,h,w,Q], and class_logits its `class_queries_logits` (EoMT);
                   everywhere its queries are after the patches, not before the other tokens, and where they have not
                   joined yet they are as they will
    depth          the class's `predicted_depth`; its tokens are those of its backbone after the norm
                   (those of ViTPose too, of the second expert where it has several)
    heatmaps       the class's, [B,h,w,K] (poses)
    domain_logits  the class's (ZoeDepth with several domains), of each image alone as its depth is then
    hidden.K       the residual stream after block K, before the final norm; attention.K after softmax
"""

from __future__ import annotations

import inspect

import torch


def backbone_of(model: torch.nn.Module) -> torch.nn.Module:
    """The part of a task model, or of a pair of an image and a text model, that turns pixels into tokens."""
    if type(model).__name__ in ("DINOv3ViTModel", "Sapiens2Model"):
        return model  # its base_model_prefix is that of its stack of blocks
    return getattr(model, "vision_model", None) or getattr(model, model.base_model_prefix, model)


def blocks_of(backbone: torch.nn.Module) -> torch.nn.ModuleList:
    for name, module in backbone.named_modules():
        if name.rpartition(".")[2] in ("layer", "layers") and isinstance(module, torch.nn.ModuleList):
            return module
    raise ValueError(f"{type(backbone).__name__}: no list of blocks")


def takes_patches(model: torch.nn.Module) -> bool:
    """Whether the class takes lists of patches and their grids (SigLIP 2 NaFlex) rather than pixels."""
    return "spatial_shapes" in inspect.signature(model.forward).parameters


def call_arguments(model: torch.nn.Module, pixels: torch.Tensor, interpolate: bool) -> dict:
    arguments = {"pixel_values": pixels}
    names = inspect.signature(model.forward).parameters
    if takes_patches(model):
        patch = getattr(model.config, "vision_config", model.config).patch_size
        images, channels, height, width = pixels.shape
        grid = (height // patch, width // patch)
        patches = pixels.reshape(images, channels, grid[0], patch, grid[1], patch).permute(0, 2, 4, 3, 5, 1)
        arguments["pixel_values"] = patches.reshape(images, grid[0] * grid[1], -1)
        arguments["pixel_attention_mask"] = torch.ones(images, grid[0] * grid[1], dtype=torch.long)
        arguments["spatial_shapes"] = torch.tensor([grid] * images)
    inner = inspect.signature(backbone_of(model).forward).parameters
    if interpolate and ("interpolate_pos_encoding" in names or "interpolate_pos_encoding" in inner):
        arguments["interpolate_pos_encoding"] = True
    if "noise" in names:
        # ViTMAE drops and shuffles patches by noise: none are dropped, and ascending noise keeps their order.
        patch = model.config.patch_size
        patches = (pixels.shape[2] // patch) * (pixels.shape[3] // patch)
        model.config.mask_ratio = 0.0
        arguments["noise"] = torch.arange(patches, dtype=torch.float32).expand(len(pixels), -1)
    if "input_ids" in names:
        arguments["input_ids"] = torch.tensor([[0, 1, 2, 1]]).expand(len(pixels), -1)
    return arguments


def depth_outputs(model: torch.nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    result = model(pixels, output_hidden_states=True)
    backbone = getattr(model, "dpt", None) or getattr(model.backbone, "beit", model.backbone)
    tokens = backbone.layernorm(result.hidden_states[-1])
    named = {"tokens": tokens, "pooled": tokens[:, 0], "depth": result.predicted_depth}
    if getattr(result, "domain_logits", None) is not None:
        # The class chooses one domain for a batch.
        alone = [model(one[None]) for one in pixels]
        named["depth"] = torch.cat([one.predicted_depth for one in alone])
        named["domain_logits"] = torch.cat([one.domain_logits for one in alone])
    return named


def pose_outputs(model: torch.nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    backbone = getattr(model, "backbone", model)
    result = model(pixels, dataset_index=torch.ones(len(pixels), dtype=torch.long), output_hidden_states=True)
    tokens = backbone.layernorm(result.hidden_states[-1])
    named = {"tokens": tokens, "pooled": tokens.mean(dim=1)}
    for index in {0, len(result.hidden_states) - 2}:
        named[f"hidden.{index}"] = result.hidden_states[index + 1]
    if hasattr(result, "heatmaps"):
        named["heatmaps"] = result.heatmaps.permute(0, 2, 3, 1)
    return named


def eomt_outputs(model: torch.nn.Module, pixels: torch.Tensor, taps: bool) -> dict[str, torch.Tensor]:
    queries = model.query.weight
    joined = model.config.num_hidden_layers - model.config.num_blocks
    seen = {}

    def ours(tokens: torch.Tensor) -> torch.Tensor:
        return torch.cat((tokens[:, len(queries):], tokens[:, :len(queries)]), dim=1)

    def keep(index):
        def hook(_module, _inputs, output):
            tokens = output if isinstance(output, torch.Tensor) else output[0]
            if index < joined:
                tokens = torch.cat((queries.expand(len(tokens), -1, -1), tokens), dim=1)
            seen[f"hidden.{index}"] = ours(tokens)
        return hook

    last = len(model.layers) - 1
    hooks = [model.layers[index].register_forward_hook(keep(index)) for index in ({0, last} if taps else ())]
    result = model(pixels, output_attentions=taps)
    for hook in hooks:
        hook.remove()
    tokens = ours(result.last_hidden_state)
    if taps:
        attention = result.attentions[-1]
        order = ours(torch.arange(attention.shape[-1])[None])[0]
        seen[f"attention.{last}"] = attention[:, :, order][:, :, :, order]
    return {"tokens": tokens, "pooled": tokens[:, 0], **seen,
            "mask_logits": result.masks_queries_logits.permute(0, 2, 3, 1),
            "class_logits": result.class_queries_logits}


def outputs(model: torch.nn.Module, pixels: torch.Tensor, interpolate: bool = False,
            taps: bool = False) -> dict[str, torch.Tensor]:
    if "DepthEstimation" in type(model).__name__:
        return depth_outputs(model, pixels)
    if "VitPose" in type(model).__name__:
        return pose_outputs(model, pixels)
    if "Eomt" in type(model).__name__:
        return eomt_outputs(model, pixels, taps)
    # A detector around a pair of an image and a text model: the pair.
    model = getattr(model, "owlvit", getattr(model, "owlv2", model))
    backbone = backbone_of(model)
    seen = {}
    # Copied at once: CLIPModel writes the projection over the pooler_output of its image model.
    hooks = [backbone.register_forward_hook(lambda _module, _inputs, output: seen.update(
        tokens=output.last_hidden_state, pooler_output=getattr(output, "pooler_output", None)))]
    for name in ("classifier", "cls_classifier", "distillation_classifier"):
        if isinstance(getattr(model, name, None), torch.nn.Linear):
            hooks.append(getattr(model, name).register_forward_pre_hook(
                lambda _module, inputs, name=name: seen.update({name: inputs[0]})))
    if taps:
        blocks = blocks_of(backbone)
        for index in {0, len(blocks) - 1}:
            block = blocks[index]
            hooks.append(block.register_forward_hook(
                lambda _module, _inputs, output, index=index: seen.update(
                    {f"hidden.{index}": output if isinstance(output, torch.Tensor) else output[0]})))
    result = model(**call_arguments(model, pixels, interpolate))
    for hook in hooks:
        hook.remove()

    tokens = seen["tokens"]
    named = {"tokens": tokens}
    if "cls_classifier" in seen:
        named["pooled"] = (seen["cls_classifier"] + seen["distillation_classifier"]) / 2
    elif "classifier" in seen:
        named["pooled"] = seen["classifier"]
    elif getattr(result, "summary", None) is not None:
        named["pooled"] = result.summary
    elif seen["pooler_output"] is not None and getattr(result, "pred_boxes", None) is None:
        named["pooled"] = named["pooler_output"] = seen["pooler_output"]
    elif any(name.endswith(("cls_token", "class_embedding")) for name, _ in backbone.named_parameters()):
        named["pooled"] = tokens[:, 0]
    else:
        named["pooled"] = tokens.mean(dim=1)
    # Classes whose logits are of other things than the image's classes.
    other_logits = any(part in type(model).__name__
                       for part in ("PreTraining", "MaskedImage", "ConditionalGeneration", "Segmentation"))
    for name in ("logits", "image_embeds", "pred_boxes"):
        value = getattr(result, name, None)
        if value is not None and not other_logits:
            named[name] = value
    if hasattr(model, "auxiliary_head"):
        named["segment_logits"] = result.logits.permute(0, 2, 3, 1)
    if hasattr(model, "vision_proj"):
        # BLIP's retrieval: what it compares with a text where `use_itm_head` is off.
        named.pop("pooler_output")
        named["pooled"] = tokens[:, 0]
        named["image_embeds"] = torch.nn.functional.normalize(model.vision_proj(tokens[:, 0]), dim=-1)
    for key, value in seen.items():
        if key.startswith("hidden."):
            named[key] = value
    if taps:
        attentions = backbone(**call_arguments(backbone, pixels, interpolate), output_attentions=True).attentions
        for index in {0, len(attentions) - 1}:
            named[f"attention.{index}"] = attentions[index]
    return named
