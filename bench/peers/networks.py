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
    batches = (1, 8)
    largest_batch = 8
    input_name = "pixels"
    input_file = "pixels.f32"
    input_type = "float32"
    program = "eigenvit_worker"

    def input_shape(self, batch: int) -> tuple[int, int, int, int]:
        return batch, 3, self.image_size, self.image_size

    def output_parts(self, output: str) -> list[tuple[int, int]]:
        """Of an image: vectors and their lengths, for each tensor that the output has."""
        return [(1, CLASSES) if output == "logits" else (self.prefix_tokens + self.patches, self.width)]

    @property
    def patches(self) -> int:
        return (self.image_size // self.patch_size) ** 2

    def flops(self, output: str) -> float:
        """Floating-point operations that one image takes, a multiply-add counted as two; norms, softmax and
        activations are left out.

        `tokens`: every block for every token. `logits` are read from the class token alone, so of the last block
        only its keys and values have to be formed for every token: query, attention, projection and MLP for one.
        A runtime that computes the rest as well does more than it has to, and its share of the peak says so.
        """
        tokens, width = self.prefix_tokens + self.patches, self.width
        keys_and_values = 4 * tokens * width**2

        def block(queries: int) -> float:
            query_and_projection = 4 * queries * width**2
            attention = 4 * queries * tokens * width
            mlp = 16 * queries * width**2
            return keys_and_values + query_and_projection + attention + mlp

        embedding = 2 * self.patches * width * 3 * self.patch_size**2
        if output == "tokens":
            return embedding + self.depth * block(tokens)
        return embedding + (self.depth - 1) * block(tokens) + block(1) + 2 * width * CLASSES


@dataclass(frozen=True)
class TextNetwork:
    """CLIP's of texts of `length` tokens, padded to `tokens`."""

    key: str
    title: str
    tokens: int
    width: int
    depth: int
    heads: int
    projection: int
    length: int
    vocabulary: int = 49408
    outputs = ("text_embeds",)
    batches = (1, 16)
    largest_batch = 16
    input_name = "ids"
    input_file = "ids.i64"
    input_type = "int64"
    program = "eigenvit_text_worker"

    def input_shape(self, batch: int) -> tuple[int, int]:
        return batch, self.tokens

    def output_parts(self, output: str) -> list[tuple[int, int]]:
        return [(1, self.projection)]

    def flops(self, output: str) -> float:
        """As for images. Of the last block too, all tokens of a text are counted, and of attention what the causal
        mask hides; not what pads a text, which that mask hides from its end token."""
        block = 24 * self.length * self.width**2 + 4 * self.length**2 * self.width
        return self.depth * block + 2 * self.width * self.projection


@dataclass(frozen=True)
class DepthHead:
    """Depth Anything's."""

    fusion: int
    hidden: int = 32

    def output_parts(self, network: DenseNetwork) -> list[tuple[int, int]]:
        return [(1, network.image[0] * network.image[1])]

    def flops(self, network: DenseNetwork) -> float:
        rows, columns = network.grid
        width, fusion = network.width, self.fusion
        channels = [width // 8, width // 4, width // 2, width]
        pixels = [16 * rows * columns, 4 * rows * columns, rows * columns, -(-rows // 2) * -(-columns // 2)]
        made = sum(2 * rows * columns * width * count for count in channels)
        # Transposed convolutions by 4 and by 2, nothing, and a convolution of stride 2.
        made += 2 * sum(size * count**2 * taps for size, count, taps in zip(pixels, channels, (1, 1, 0, 9)))
        convolved = 18 * sum(size * count * fusion for size, count in zip(pixels, channels))
        # Two units of two convolutions each but for the deepest, which has one; and the layer after them, which takes
        # the least before the map is enlarged.
        fused = sum(size * fusion**2 * (18 * (2 if i == 3 else 4) + 2) for i, size in enumerate(pixels))
        head = 18 * 4 * pixels[0] * fusion * (fusion // 2)
        head += 2 * network.image[0] * network.image[1] * self.hidden * (9 * (fusion // 2) + 1)
        return made + convolved + fused + head


@dataclass(frozen=True)
class MaskHead:
    """EoMT's, whose queries join before the last blocks."""

    classes: int
    queries: int
    blocks: int
    enlargements: int

    def output_parts(self, network: DenseNetwork) -> list[tuple[int, int]]:
        """Classes, then masks."""
        pixels = network.grid[0] * network.grid[1] * 4**self.enlargements
        return [(self.queries, self.classes + 1), (self.queries, pixels)]

    def flops(self, network: DenseNetwork) -> float:
        width = network.width
        total = 2 * self.queries * width * (self.classes + 1 + 3 * width)
        pixels = network.grid[0] * network.grid[1]
        for _ in range(self.enlargements):
            pixels *= 4
            total += 2 * pixels * width * (width + 9)
        return total + 2 * pixels * width * self.queries


@dataclass(frozen=True)
class PoseHead:
    """ViTPose's simple one."""

    joints: int
    enlargement: int

    def output_parts(self, network: DenseNetwork) -> list[tuple[int, int]]:
        return [(self.joints, network.grid[0] * network.grid[1] * self.enlargement**2)]

    def flops(self, network: DenseNetwork) -> float:
        """Its convolution comes after an enlargement, which is the same as to multiply first, and takes less so."""
        return 18 * network.grid[0] * network.grid[1] * network.width * self.joints


@dataclass(frozen=True)
class DenseNetwork:
    """Of transformers, with a head that makes maps of the patches. Measured is what the head gives, unfinished: depths,
    logits of classes and masks, heatmaps."""

    key: str
    title: str
    image: tuple[int, int]
    patch_size: int
    prefix_tokens: int
    width: int
    depth: int
    heads: int
    head: DepthHead | MaskHead | PoseHead
    outputs = ("maps",)
    batches = (1,)
    largest_batch = 2
    input_name = "pixels"
    input_file = "pixels.f32"
    input_type = "float32"
    program = "eigenvit_dense_worker"

    @property
    def grid(self) -> tuple[int, int]:
        return self.image[0] // self.patch_size, self.image[1] // self.patch_size

    def input_shape(self, batch: int) -> tuple[int, int, int, int]:
        return batch, 3, *self.image

    def output_parts(self, output: str) -> list[tuple[int, int]]:
        return self.head.output_parts(self)

    def flops(self, output: str) -> float:
        """As for images."""
        patches = self.grid[0] * self.grid[1]
        width = self.width

        def block(tokens: int) -> float:
            return 24 * tokens * width**2 + 4 * tokens**2 * width

        tokens = self.prefix_tokens + patches
        late = getattr(self.head, "blocks", 0)
        total = 2 * patches * width * 3 * self.patch_size**2 + (self.depth - late) * block(tokens)
        if late:
            total += late * block(tokens + self.head.queries)
        return total + self.head.flops(self)


AnyNetwork = Network | TextNetwork | DenseNetwork


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
        DenseNetwork("depth_s", "Depth Anything V2 Small, 518", (518, 518), 14, 1, 384, 12, 6, DepthHead(64)),
        DenseNetwork("depth_b", "Depth Anything V2 Base, 518", (518, 518), 14, 1, 768, 12, 12, DepthHead(128)),
        DenseNetwork("eomt_l", "EoMT-L, 640", (640, 640), 16, 5, 1024, 24, 16, MaskHead(133, 200, 4, 2)),
        DenseNetwork("vitpose_b", "ViTPose-B simple, 256 x 192", (256, 192), 16, 0, 768, 12, 12, PoseHead(17, 4)),
        TextNetwork("text", "CLIP ViT-B/32, texts of 77 tokens", 77, 512, 12, 8, 512, length=77),
        TextNetwork("caption", "CLIP ViT-B/32, texts of 12 tokens padded to 77", 77, 512, 12, 8, 512, length=12),
    )
}
