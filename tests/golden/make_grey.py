"""Makes tests/golden/pipeline/grey.safetensors: pixel values [1, 16, 16] that timm makes of each photograph beside it for
a network of one channel.

    python tests/golden/make_grey.py

Needs timm, torchvision, Pillow and safetensors; made with timm 1.0.31, torchvision 0.29.2 and Pillow 13.0.
"""

import pathlib

from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform

FOLDER = pathlib.Path(__file__).resolve().parent / "pipeline"

transform = create_transform(input_size=(1, 16, 16), interpolation="bicubic", crop_pct=0.9, mean=(0.4,), std=(0.3,))
# timm's scripts ask its data sets for "L" where the network has other than three channels.
save_file({name: transform(Image.open(FOLDER / name).convert("L")).contiguous() for name in ("chelsea.png", "coffee.png")},
          FOLDER / "grey.safetensors")
