"""The networks of the comparison, and how much work each of them is."""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = 1000


@dataclass(frozen=True)
class Network:
    """Of images."""

    key: str
    title: str
    timm_name: str
    image_size: int
    patch_size: int
    prefix_tokens: int
    width: int
    depth: int
    heads: int
    # Tokens are asked of some; of the others only the logits.
    outputs: tuple[str, ...] = ("logits",)
    largest_batch = 8
    input_name = "pixels"
    input_file = "pixels.f32"
    input_type = "float32"
    program = "eigenvit_worker"

    def input_shape(self, batch: int) -> tuple[int, int, int, int]:
        return batch, 3, self.image_size, self.image_size

    def output_width(self, output: str) -> int:
        return CLASSES if output == "logits" else self.width

    def flops(self, output: str) -> float:
        """Floating-point operations that one image takes, a multiply-add counted as two; norms, softmax and
        activations are left out.

        `tokens`: every block for every token. `logits` are read from the class token alone, so of the last block
        only its keys and values have to be formed for every token: query, attention, projection and MLP for one.
        A runtime that computes the rest as well does more than it has to, and its share of the peak says so.
        """
        patches = (self.image_size // self.patch_size) ** 2
        tokens, width = self.prefix_tokens + patches, self.width
        keys_and_values = 4 * tokens * width**2

        def block(queries: int) -> float:
            query_and_projection = 4 * queries * width**2
            attention = 4 * queries * tokens * width
            mlp = 16 * queries * width**2
            return keys_and_values + query_and_projection + attention + mlp

        embedding = 2 * patches * width * 3 * self.patch_size**2
        if output == "tokens":
            return embedding + self.depth * block(tokens)
        return embedding + (self.depth - 1) * block(tokens) + block(1) + 2 * width * CLASSES


@dataclass(frozen=True)
class TextNetwork:
    """CLIP's of texts, which are as long as they may be: the last token is the end token."""

    key: str
    title: str
    tokens: int
    width: int
    depth: int
    heads: int
    projection: int
    vocabulary: int = 49408
    outputs = ("text_embeds",)
    largest_batch = 16
    input_name = "ids"
    input_file = "ids.i64"
    input_type = "int64"
    program = "eigenvit_text_worker"

    def input_shape(self, batch: int) -> tuple[int, int]:
        return batch, self.tokens

    def output_width(self, output: str) -> int:
        return self.projection

    def flops(self, output: str) -> float:
        """As for images. Of the last block too, all tokens are counted, and of attention what the causal mask
        hides."""
        block = 24 * self.tokens * self.width**2 + 4 * self.tokens**2 * self.width
        return self.depth * block + 2 * self.width * self.projection


def vit16(key: str, title: str, name: str, width: int, depth: int, heads: int, **more: tuple[str, ...]) -> Network:
    return Network(key, f"ViT-{title}/16, 224", f"vit_{name}_patch16_224", 224, 16, 1, width, depth, heads, **more)


WITH_TOKENS = ("logits", "tokens")

NETWORKS = {
    network.key: network
    for network in (
        vit16("ti", "Ti", "tiny", 192, 12, 3),
        vit16("s", "S", "small", 384, 12, 6),
        vit16("b", "B", "base", 768, 12, 12, outputs=WITH_TOKENS),
        vit16("l", "L", "large", 1024, 24, 16),
        Network("s14", "ViT-S/14 reg4, 518", "vit_small_patch14_reg4_dinov2", 518, 14, 5, 384, 12, 6, WITH_TOKENS),
        TextNetwork("text", "CLIP ViT-B/32, texts of 77 tokens", 77, 512, 12, 8, 512),
    )
}
