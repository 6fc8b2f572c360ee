"""Makes tests/golden/resample: what torch.nn.functional.interpolate makes of small grids.

    python tests/golden/make_resample.py

Each file is named kernel-rule-HxW-to-hxw.txt and holds the grid [H*W, 2], one position a line, an
empty line, and the result [h*w, 2]. rule: plain, antialias, or offset for the scale factor
(n + 0.1) / M of the first DINOv2. Needs PyTorch; made with 2.15.
"""

import pathlib

import torch

FOLDER = pathlib.Path(__file__).resolve().parent / "resample"
CHANNELS = 2
SIZES = [
    ((4, 4), (3, 3)),
    ((4, 4), (6, 6)),
    ((7, 5), (3, 9)),
    ((5, 8), (11, 2)),
    ((1, 3), (2, 4)),
    ((3, 1), (1, 5)),
    ((6, 6), (6, 4)),
    ((16, 16), (7, 6)),
]


def interpolate(image, rule, kernel, out_size):
    if rule == "offset":
        factors = [(out + 0.1) / size for out, size in zip(out_size, image.shape[2:])]
        result = torch.nn.functional.interpolate(image, scale_factor=factors, mode=kernel)
    else:
        result = torch.nn.functional.interpolate(
            image, size=out_size, mode=kernel, antialias=rule == "antialias"
        )
    assert tuple(result.shape[2:]) == out_size
    return result


def lines(image):
    rows = image[0].permute(1, 2, 0).reshape(-1, CHANNELS)
    return "".join(" ".join(f"{value:.9g}" for value in row.tolist()) + "\n" for row in rows)


def main():
    FOLDER.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(1)
    for in_size, out_size in SIZES:
        image = torch.randn(1, CHANNELS, *in_size, generator=generator)
        for kernel in ("bilinear", "bicubic"):
            for rule in ("plain", "antialias", "offset"):
                size = "x".join(map(str, in_size)) + "-to-" + "x".join(map(str, out_size))
                result = interpolate(image, rule, kernel, out_size)
                text = lines(image) + "\n" + lines(result)
                (FOLDER / f"{kernel}-{rule}-{size}.txt").write_text(text, newline="\n")


if __name__ == "__main__":
    main()
