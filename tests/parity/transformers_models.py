"""The model classes of transformers that EigenViT reads, in the sizes and forms of the repositories on the Hub."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from dense_answers import DenseAnswer, dense_maps
from random_weights import random_pixels, randomise, randomise_statistics, uninitialised
from transformers_reference import backbone_of, blocks_of, outputs, takes_patches


@dataclass
class Case:
    """A folder: a model class with what its configuration states beyond the class's defaults."""

    name: str
    model: str
    config: dict = field(default_factory=dict)
    build: dict = field(default_factory=dict)
    # Whether config.json states only what differs from the defaults, as many repositories do.
    sparse: bool = False
    # The processor of a class with a dense head.
    processor: dict | None = None
    # A further size, where the class does not take the one that others are run at.
    other: tuple[int, int] | None = None
    # Of the programs.
    arguments: tuple[str, ...] = ()
    # Of the weights, where it is not the name.
    seed: str | None = None


TINY = dict(hidden_size=192, num_attention_heads=3, intermediate_size=768)
SMALL = dict(hidden_size=384, num_attention_heads=6, intermediate_size=1536)
LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
HUGE = dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=16, intermediate_size=5120)
BEIT = dict(use_relative_position_bias=True)
DINOV2 = dict(image_size=518, patch_size=14)
SMALL_TEXT = dict(hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=128, vocab_size=99)
CHINESE_TEXT = dict(SMALL_TEXT, pad_token_id=0)
BLIP_TEXT = dict(SMALL_TEXT, encoder_hidden_size=768)


def siglip_text(width: int) -> dict:
    return dict(SMALL_TEXT, projection_size=width)


IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
HALF = dict(image_mean=[0.5] * 3, image_std=[0.5] * 3)


def dpt_processor(size: int, multiple: int, statistics: dict) -> dict:
    return dict(image_processor_type="DPTImageProcessor", size=dict(height=size, width=size), resample=3,
                ensure_multiple_of=multiple, keep_aspect_ratio=True, **statistics)


ZOE_PROCESSOR = dict(image_processor_type="ZoeDepthImageProcessor", do_pad=True, size=dict(height=384, width=512),
                     resample=2, ensure_multiple_of=32, keep_aspect_ratio=True, **HALF)


def depth_anything(width: int, blocks: list[int], **changes) -> dict:
    backbone = dict(DINOV2, model_type="dinov2", hidden_size=width, num_attention_heads=width // 64,
                    out_indices=blocks, apply_layernorm=True, reshape_hidden_states=False)
    channels = [width // 8, width // 4, width // 2, width]
    return dict(backbone_config=backbone, reassemble_hidden_size=width, neck_hidden_sizes=channels,
                fusion_hidden_size=width // 6, **changes)


def dpt(**changes) -> dict:
    return dict(dict(neck_hidden_sizes=[96, 192, 384, 768]), **changes)


DPT_DINOV2 = dict(DINOV2, model_type="dinov2", hidden_size=384, num_attention_heads=6, out_indices=[3, 6, 9, 12],
                  apply_layernorm=True, reshape_hidden_states=False)
ZOE_BEIT = dict(LARGE, model_type="beit", image_size=384, use_relative_position_bias=True, out_indices=[6, 12, 18, 24],
                reshape_hidden_states=False)
ZOE_DOMAINS = dict(num_patch_transformer_layers=4, patch_transformer_hidden_size=128,
                   patch_transformer_intermediate_size=1024, patch_transformer_num_attention_heads=4,
                   bin_configurations=[dict(name="nyu", n_bins=64, min_depth=1e-3, max_depth=10.0),
                                       dict(name="kitti", n_bins=64, min_depth=1e-3, max_depth=80.0)])
EOMT_PROCESSOR = dict(image_processor_type="EomtImageProcessor", do_pad=True, resample=2,
                      size=dict(shortest_edge=640, longest_edge=640), **IMAGENET)
THINGS = {index: f"thing {index}" for index in range(133)}
THINGS = dict(id2label=THINGS, label2id={name: index for index, name in THINGS.items()})
DPT_BEIT = dict(model_type="beit", image_size=384, use_relative_position_bias=True, out_indices=[3, 6, 9, 12],
                reshape_hidden_states=False)
SEGMENTER = dict(use_relative_position_bias=True, num_labels=150, out_indices=[3, 5, 7, 11])
BODY = {index: f"joint {index}" for index in range(17)}


def segmenter_processor(size: int) -> dict:
    return dict(image_processor_type="BeitImageProcessor", size=dict(height=size, width=size), do_center_crop=False,
                resample=2, **HALF)


def pose(simple: bool, **changes) -> dict:
    return dict(backbone_config=dict(dict(model_type="vitpose_backbone", out_indices=[12]), **changes),
                use_simple_decoder=simple, id2label=BODY, label2id={name: index for index, name in BODY.items()})


POSE_PROCESSOR = dict(image_processor_type="VitPoseImageProcessor", size=dict(height=256, width=192), **IMAGENET)


def without(config: dict, *keys: str) -> dict:
    return {key: value for key, value in config.items() if key not in keys}


CASES = [
    Case("vit-base-patch16-224", "ViTForImageClassification", dict(num_labels=1000)),
    Case("vit-base-patch16-224-in21k", "ViTModel"),
    Case("vit-large-patch32-384", "ViTForImageClassification", dict(LARGE, image_size=384, patch_size=32)),
    Case("dino-vits8", "ViTModel", dict(SMALL, patch_size=8), build=dict(add_pooling_layer=False)),
    Case("deit-base-distilled-patch16-224 (teacher)", "DeiTForImageClassificationWithTeacher", dict(num_labels=1000)),
    Case("deit-small-patch16-224 (DeiT)", "DeiTForImageClassification", dict(SMALL, num_labels=1000)),
    Case("deit-base-distilled-patch16-384 (model)", "DeiTModel", dict(image_size=384)),
    Case("beit-base-patch16-224", "BeitForImageClassification", dict(BEIT, num_labels=1000)),
    Case("beit-large-patch16-384 (model)", "BeitModel", dict(BEIT, **LARGE, image_size=384)),
    Case("beit-base-patch16-224-pt22k", "BeitForMaskedImageModeling",
         dict(use_shared_relative_position_bias=True, use_mask_token=True)),
    Case("beit absolute positions", "BeitForImageClassification",
         dict(use_absolute_position_embeddings=True, use_mean_pooling=False, num_labels=10)),
    Case("data2vec-vision-base-ft1k", "Data2VecVisionForImageClassification", dict(BEIT, num_labels=1000)),
    Case("data2vec-vision-base", "Data2VecVisionModel", dict(use_shared_relative_position_bias=True)),
    Case("vit-mae-base", "ViTMAEForPreTraining"),
    Case("vit-mae-large (model)", "ViTMAEModel", LARGE),
    Case("vit-msn-small", "ViTMSNModel", SMALL),
    Case("vit-msn-base (classifier)", "ViTMSNForImageClassification", dict(num_labels=1000)),
    Case("ijepa_vith14_1k", "IJepaModel", dict(HUGE, patch_size=14, layer_norm_eps=1e-6)),
    Case("ijepa (classifier)", "IJepaForImageClassification", dict(num_labels=10)),
    Case("dinov2-small", "Dinov2Model", dict(DINOV2, hidden_size=384, num_attention_heads=6)),
    Case("dinov2-base-imagenet1k-1-layer", "Dinov2ForImageClassification", dict(DINOV2, num_labels=1000)),
    Case("dinov2-giant", "Dinov2Model", dict(DINOV2, hidden_size=1536, num_hidden_layers=40, num_attention_heads=24,
                                             use_swiglu_ffn=True)),
    Case("dinov2-with-registers-small", "Dinov2WithRegistersModel",
         dict(DINOV2, hidden_size=384, num_attention_heads=6)),
    Case("dinov2-with-registers-base-imagenet1k-1-layer", "Dinov2WithRegistersForImageClassification",
         dict(DINOV2, num_labels=1000)),
    Case("dinov2-with-registers-giant", "Dinov2WithRegistersModel",
         dict(DINOV2, hidden_size=1536, num_hidden_layers=40, num_attention_heads=24, use_swiglu_ffn=True)),
    Case("dinov3-vits16", "DINOv3ViTModel", dict(num_register_tokens=4)),
    Case("dinov3-vits16plus", "DINOv3ViTModel", dict(num_register_tokens=4, use_gated_mlp=True, hidden_act="silu")),
    Case("dinov3-vitb16", "DINOv3ViTModel", dict(num_register_tokens=4, hidden_size=768, num_attention_heads=12,
                                                 intermediate_size=3072)),
    Case("dinov3-vit7b16", "DINOv3ViTModel",
         dict(num_register_tokens=4, hidden_size=4096, num_hidden_layers=40, num_attention_heads=32,
              intermediate_size=8192, use_gated_mlp=True, hidden_act="silu", query_bias=False, value_bias=False)),
    Case("clip-vit-base-patch32", "CLIPModel", dict(text_config=SMALL_TEXT), sparse=True),
    Case("clip-vit-base-patch32 (vision)", "CLIPVisionModel", sparse=True),
    Case("clip-vit-large-patch14 (projection)", "CLIPVisionModelWithProjection",
         dict(LARGE, patch_size=14, projection_dim=768)),
    Case("clip-vit-bigG-14-laion2B (projection)", "CLIPVisionModelWithProjection",
         dict(hidden_size=1664, num_hidden_layers=48, num_attention_heads=16, intermediate_size=8192, patch_size=14,
              projection_dim=1280, hidden_act="gelu")),
    Case("clip (classifier)", "CLIPForImageClassification",
         dict(text_config=SMALL_TEXT, vision_config=dict(SMALL, patch_size=16), num_labels=10)),
    Case("metaclip-2-worldwide-b32", "MetaClip2Model", dict(text_config=SMALL_TEXT), sparse=True),
    Case("metaclip-2-worldwide-huge-378 (projection)", "MetaClip2VisionModelWithProjection",
         dict(HUGE, patch_size=14, image_size=378, projection_dim=1024)),
    Case("chinese-clip-vit-base-patch16", "ChineseCLIPModel",
         dict(text_config=CHINESE_TEXT, vision_config=dict(patch_size=16)), sparse=True),
    Case("AltCLIP", "AltCLIPModel",
         dict(text_config=dict(CHINESE_TEXT, project_dim=768),
              vision_config=dict(LARGE, patch_size=14)), sparse=True),
    Case("owlvit-base-patch32", "OwlViTForObjectDetection", dict(text_config=SMALL_TEXT), sparse=True),
    Case("owlv2-base-patch16", "Owlv2ForObjectDetection", dict(text_config=SMALL_TEXT), sparse=True),
    Case("blip-itm-base-coco", "BlipForImageTextRetrieval", dict(text_config=BLIP_TEXT), sparse=True),
    Case("blip-image-captioning-large (vision)", "BlipVisionModel", dict(LARGE)),
    Case("siglip-base-patch16-224", "SiglipModel", dict(text_config=siglip_text(768)), sparse=True),
    Case("siglip-so400m-patch14-384 (vision)", "SiglipVisionModel",
         dict(hidden_size=1152, num_hidden_layers=27, num_attention_heads=16, intermediate_size=4304, image_size=384,
              patch_size=14)),
    Case("siglip (classifier)", "SiglipForImageClassification",
         dict(text_config=SMALL_TEXT, vision_config=SMALL, num_labels=10)),
    Case("siglip2-large-patch16-256", "SiglipModel",
         dict(text_config=siglip_text(1024), vision_config=dict(LARGE, image_size=256)), sparse=True),
    Case("siglip2-base-patch16-naflex", "Siglip2Model", dict(text_config=siglip_text(768)), sparse=True),
    Case("siglip2-so400m-patch16-naflex (vision)", "Siglip2VisionModel",
         dict(hidden_size=1152, num_hidden_layers=27, num_attention_heads=16, intermediate_size=4304)),
    Case("siglip2-naflex (classifier)", "Siglip2ForImageClassification",
         dict(text_config=SMALL_TEXT, vision_config=SMALL, num_labels=10)),
    Case("tipsv2-b14", "Tipsv2Model",
         dict(text_config=dict(SMALL_TEXT, hidden_size=768, num_attention_heads=2)), sparse=True),
    Case("tipsv2-g14 (vision)", "Tipsv2VisionModel",
         dict(hidden_size=1536, num_hidden_layers=40, num_attention_heads=24, use_swiglu_ffn=True)),
    # Its positions are of its own grid alone.
    Case("aimv2-large-patch14-224-lit", "Aimv2Model", dict(text_config=SMALL_TEXT), sparse=True, other=(224, 224)),
    Case("aimv2-large-patch14-native", "Aimv2VisionModel", dict(is_native=True)),
    Case("mlcd-vit-bigG-patch14-336", "MLCDVisionModel", sparse=True),
    Case("pixio-vitb16", "PixioModel", dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12)),
    Case("C-RADIOv4-H", "RadioModel"),
    Case("sapiens2-pretrain-0.4b", "Sapiens2Model", dict(image_size=[1024, 768])),
    Case("vitpose-base (backbone)", "VitPoseBackbone", dict(out_indices=[12])),
    Case("yolos-tiny", "YolosForObjectDetection",
         dict(TINY, image_size=[800, 1333], use_mid_position_embeddings=False, num_labels=91)),
    Case("yolos-base (small image)", "YolosForObjectDetection", dict(image_size=[256, 320], num_labels=91)),
    Case("yolos (model)", "YolosModel", dict(SMALL, image_size=[224, 256])),
    Case("depth-anything-small-hf", "DepthAnythingForDepthEstimation", depth_anything(384, [9, 10, 11, 12]),
         processor=dpt_processor(518, 14, IMAGENET)),
    # Of the seed of its name the last ReLU leaves 2 % of the map, and of half of its rows nothing: rows of zeros have
    # no cosine, and that of PyTorch's own float64 was 0.48.
    Case("depth-anything-base-hf", "DepthAnythingForDepthEstimation", depth_anything(768, [9, 10, 11, 12]),
         processor=dpt_processor(518, 14, IMAGENET), seed="depth-anything-base-hf, 3"),
    Case("Depth-Anything-V2-Small-hf", "DepthAnythingForDepthEstimation", depth_anything(384, [3, 6, 9, 12]),
         processor=dpt_processor(518, 14, IMAGENET)),
    Case("Depth-Anything-V2-Base-hf", "DepthAnythingForDepthEstimation", depth_anything(768, [3, 6, 9, 12]),
         processor=dpt_processor(518, 14, IMAGENET)),
    Case("Depth-Anything-V2-Metric-Outdoor-Small-hf", "DepthAnythingForDepthEstimation",
         depth_anything(384, [3, 6, 9, 12], depth_estimation_type="metric", max_depth=80),
         processor=dpt_processor(518, 14, IMAGENET)),
    # Its class takes square grids alone.
    Case("dpt-large", "DPTForDepthEstimation",
         dpt(**LARGE, image_size=384, backbone_out_indices=[5, 11, 17, 23], neck_hidden_sizes=[256, 512, 1024, 1024]),
         processor=dict(dpt_processor(384, 32, HALF), keep_aspect_ratio=False), other=(448, 448)),
    Case("dpt-large-ade", "DPTForSemanticSegmentation",
         dpt(**LARGE, image_size=384, backbone_out_indices=[5, 11, 17, 23], neck_hidden_sizes=[256, 512, 1024, 1024],
             use_batch_norm_in_fusion_residual=True, num_labels=150),
         processor=dict(dpt_processor(384, 32, HALF), keep_aspect_ratio=False), other=(448, 448)),
    Case("dpt-dinov2-small-nyu", "DPTForDepthEstimation", dpt(backbone_config=DPT_DINOV2),
         processor=dpt_processor(518, 14, IMAGENET)),
    Case("dpt-beit-base-384", "DPTForDepthEstimation", dpt(backbone_config=DPT_BEIT),
         processor=dict(dpt_processor(384, 32, HALF), keep_aspect_ratio=False), other=(384, 384)),
    Case("zoedepth-nyu", "ZoeDepthForDepthEstimation",
         dict(backbone_config=ZOE_BEIT, neck_hidden_sizes=[256, 512, 1024, 1024]), processor=ZOE_PROCESSOR),
    # With random weights and the published least temperature, 0.0212, single bins are chosen: float32 and float64 of
    # the class then differ by 1e-3.
    Case("zoedepth-nyu-kitti", "ZoeDepthForDepthEstimation",
         dict(ZOE_DOMAINS, backbone_config=ZOE_BEIT, neck_hidden_sizes=[256, 512, 1024, 1024], min_temp=20.0),
         processor=ZOE_PROCESSOR),
    Case("beit-base-finetuned-ade-640-640", "BeitForSemanticSegmentation", dict(SEGMENTER, image_size=640),
         processor=segmenter_processor(640)),
    # Its class takes images of its own size alone.
    Case("data2vec-vision (segmentation)", "Data2VecVisionForSemanticSegmentation", SEGMENTER,
         processor=segmenter_processor(224), other=(224, 224)),
    # Its class takes images of its own size alone.
    Case("coco_panoptic_eomt_large_640", "EomtForUniversalSegmentation", dict(LARGE, **THINGS), processor=EOMT_PROCESSOR),
    Case("eomt-dinov3-coco-panoptic-large-640", "EomtDinov3ForUniversalSegmentation", dict(LARGE, **THINGS),
         processor=EOMT_PROCESSOR),
    Case("vitpose-base-simple", "VitPoseForPoseEstimation", pose(True), processor=POSE_PROCESSOR),
    Case("vitpose-base", "VitPoseForPoseEstimation", pose(False), processor=POSE_PROCESSOR),
    Case("vitpose-plus-base", "VitPoseForPoseEstimation", pose(False, num_experts=6, part_features=192),
         processor=POSE_PROCESSOR, arguments=("--dataset-index", "1")),
]


def with_depth(case: Case, depth: int | None) -> dict:
    """What the case states, its image model cut to that depth."""
    config = {key: dict(value) if isinstance(value, dict) else value for key, value in case.config.items()}
    # The head reads blocks that a network of fewer does not have.
    if depth is not None and case.processor is None:
        part = config.setdefault("vision_config", {}) if "text_config" in config else config
        part["num_hidden_layers"] = depth
    return config


def vision_part(config):
    return getattr(config, "vision_config", None) or getattr(config, "backbone_config", None) or config


def backbone_on_meta(case: Case) -> torch.nn.Module:
    with torch.device("meta"):
        model_class = getattr(transformers, case.model)
        return backbone_of(model_class(model_class.config_class(**case.config), **case.build))


class TransformersModel:
    """One case, made in a folder."""

    def __init__(self, case: Case, depth: int | None, folder: Path):
        self.case, self.folder, self.arguments = case, folder, case.arguments
        self.model_class = getattr(transformers, case.model)
        whole = backbone_on_meta(case)
        self.full_depth = len(blocks_of(whole))
        if depth is None and sum(value.numel() for value in whole.parameters()) > 400e6:
            depth = 2
        stated = with_depth(case, depth)
        config = self.model_class.config_class(**stated)
        with uninitialised():
            model = self.model_class(config, **case.build).eval()
        randomise(model, case.seed or case.name)
        if hasattr(model, "attn_mask_probs"):
            model.attn_mask_probs.zero_()  # as training leaves it
        if case.processor is not None:
            randomise_statistics(model, case.name)
            (folder / "preprocessor_config.json").write_text(json.dumps(case.processor, indent=2) + "\n")
        model.save_pretrained(folder)
        if case.sparse:
            self.drop_defaults(folder / "config.json", stated)
        self.depth = len(blocks_of(backbone_of(model)))
        self.saved = model.state_dict()
        patch = vision_part(config).patch_size
        if takes_patches(model):
            size = math.isqrt(vision_part(config).num_patches) * patch
        else:
            size = vision_part(config).image_size
        self.native = (size, size) if isinstance(size, int) else tuple(size)
        self.patch = (patch, patch) if isinstance(patch, int) else tuple(patch)

    @staticmethod
    def drop_defaults(path: Path, stated: dict) -> None:
        written = json.loads(path.read_text())
        config = {key: written[key] for key in ("architectures", "model_type")}
        path.write_text(json.dumps({**config, **stated}, indent=2) + "\n")

    def other_size(self) -> tuple[int, int] | None:
        if self.case.model.startswith(("VitPose", "Eomt")):
            return None  # It takes images of its own size alone.
        if self.case.other is not None:
            return self.case.other if self.case.other != self.native else None
        rows, columns = (size // patch for size, patch in zip(self.native, self.patch))
        return (max(1, rows - 3) * self.patch[0], (columns + 2) * self.patch[1])

    def answer(self) -> DenseAnswer | None:
        if self.case.processor is None:
            return None
        return DenseAnswer(self.folder, self.read_back(), self.case.name, self.arguments)

    def read_back(self) -> torch.nn.Module:
        """The folder as transformers reads it."""
        model, report = self.model_class.from_pretrained(self.folder, output_loading_info=True, **self.case.build)
        if report["missing_keys"] or report["mismatched_keys"]:
            raise RuntimeError(f"transformers does not load all tensors: {report}")
        loaded = model.state_dict()
        for key, value in self.saved.items():
            # Text models zero the row of the padding word when they are loaded.
            if not key.endswith("word_embeddings.weight") and not torch.equal(loaded[key], value):
                raise RuntimeError(f"transformers loads {key} otherwise than it was saved")
        # RADIO normalises by itself; here pixel values are those after that.
        getattr(model, "make_preprocessor_external", lambda: None)()
        return model.eval()

    def reference(self, size: tuple[int, int]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Pixels of that size and what transformers makes of them."""
        model = self.read_back()
        pixels = random_pixels(self.case.name, *size)
        return pixels, outputs(model, pixels, interpolate=size != self.native) | dense_maps(model, pixels)
