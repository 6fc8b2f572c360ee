#!/usr/bin/env python3
"""Writes tests/golden/codecs: small WebP, AVIF and HEIC files and the pixels that Pillow makes of them.

    python3 make_codecs.py          # Pillow 13 with WebP and AVIF, pillow-heif, numpy; jpegtran

pixels.txt names a file a line: width, height and where in pixels.bin its RGB bytes begin; or "refused".
"""
import io
import os
import struct
import subprocess

import numpy
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'codecs')
files = {}


def ramp(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    channels = (x * 255 // width, y * 255 // height, x * y * 3 % 256, (x * 17 + y * 5) % 256)
    return Image.fromarray(numpy.stack(channels, -1).astype(numpy.uint8))


def rgb(width, height):
    return ramp(width, height).convert('RGB')


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def webp_chunk(name, data):
    return name + struct.pack('<I', len(data)) + data + bytes(len(data) % 2)


def number24(value):
    return struct.pack('<I', value)[:3]


def animation(width, height, left, top, frame_width, frame_height, frame, background=0xff336699):
    """A WebP animation whose first frame, a still picture's chunks, lies within the canvas."""
    flags = 0x12  # animation and alpha
    header = bytes([flags, 0, 0, 0]) + number24(width - 1) + number24(height - 1)
    place = number24(left // 2) + number24(top // 2) + number24(frame_width - 1) + number24(frame_height - 1)
    body = b'WEBP' + webp_chunk(b'VP8X', header) + webp_chunk(b'ANIM', struct.pack('<IH', background, 0))
    body += webp_chunk(b'ANMF', place + number24(100) + bytes([0]) + frame)
    return webp_chunk(b'RIFF', body)


XMP = '<x:xmpmeta tiff:Orientation="{}"/>'
lossy = encoded(rgb(19, 14), 'WEBP', quality=60)
lossless = encoded(ramp(11, 7), 'WEBP', lossless=True, exact=True)
files['lossy.webp'] = lossy
files['lossy_alpha.webp'] = encoded(ramp(18, 13), 'WEBP', quality=70, alpha_quality=30)
files['lossless.webp'] = encoded(rgb(13, 9), 'WEBP', lossless=True)
files['lossless_alpha.webp'] = lossless
files['palette.webp'] = encoded(rgb(16, 12).quantize(5).convert('RGB'), 'WEBP', lossless=True)
files['pixel.webp'] = encoded(rgb(1, 1), 'WEBP', lossless=True)
files['animated.webp'] = encoded(ramp(14, 10), 'WEBP', save_all=True, append_images=[ramp(14, 10).rotate(180)],
                                 lossless=True, background=(9, 200, 30, 255))
files['corner.webp'] = animation(16, 12, 4, 2, 11, 7, lossless[12:] if lossless[12:16] == b'VP8L' else lossless[30:])
files['corner_lossy.webp'] = animation(24, 17, 2, 2, 19, 14, lossy[12:])
files['outside.webp'] = animation(16, 12, 8, 2, 11, 7, lossless[12:] if lossless[12:16] == b'VP8L' else lossless[30:])
for orientation in (3, 6):
    files[f'exif{orientation}.webp'] = encoded(rgb(9, 5), 'WEBP', lossless=True, exif=exif(orientation))
files['exif_prefix.webp'] = encoded(ramp(9, 5), 'WEBP', save_all=True, append_images=[ramp(9, 5).rotate(180)],
                                    lossless=True, exif=exif(8))
files['xmp6.webp'] = encoded(rgb(9, 5), 'WEBP', lossless=True, xmp=XMP.format(6).encode())
files['exif3_xmp6.webp'] = encoded(rgb(9, 5), 'WEBP', lossless=True, exif=exif(3), xmp=XMP.format(6).encode())
files['trailing.webp'] = lossy + b'more'
files['cut.webp'] = lossy[:-9]
files['corrupt.webp'] = lossless[:30] + bytes(b ^ 0x5a for b in lossless[30:60]) + lossless[60:]
files['no_picture.webp'] = b'RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0'

for name, subsampling in (('444', '4:4:4'), ('422', '4:2:2'), ('420', '4:2:0'), ('grey', '4:0:0')):
    files[f'{name}.avif'] = encoded(rgb(19, 14), 'AVIF', quality=60, subsampling=subsampling)
files['limited.avif'] = encoded(rgb(19, 14), 'AVIF', quality=60, range='limited')
files['alpha.avif'] = encoded(ramp(18, 13), 'AVIF', quality=80)
files['premultiplied.avif'] = encoded(ramp(18, 13), 'AVIF', quality=80, alpha_premultiplied=True)
files['animated.avif'] = encoded(rgb(12, 8), 'AVIF', save_all=True, append_images=[rgb(12, 8).rotate(180)])
for orientation in range(2, 9):
    files[f'turned{orientation}.avif'] = encoded(rgb(9, 5), 'AVIF', quality=90, exif=exif(orientation))
files['xmp6.avif'] = encoded(rgb(9, 5), 'AVIF', quality=90, xmp=XMP.format(6))
files['cut.avif'] = files['420.avif'][:-40]

for chroma in (444, 422, 420):
    files[f'{chroma}.heic'] = encoded(rgb(64, 48), 'HEIF', quality=40, chroma=chroma)
files['turned6.heic'] = encoded(rgb(64, 48), 'HEIF', quality=40, exif=exif(6))
files['cut.heic'] = files['420.heic'][:-200]

for name, options in (('arithmetic', []), ('arithmetic_progressive', ['-progressive'])):
    files[f'{name}.jpg'] = subprocess.run(['jpegtran', '-arithmetic', *options], check=True, capture_output=True,
                                          input=encoded(rgb(19, 14), 'JPEG', quality=80)).stdout

os.makedirs(FOLDER, exist_ok=True)
for name in os.listdir(FOLDER):
    os.remove(os.path.join(FOLDER, name))
lines, pixels = [], b''
for name, data in files.items():
    with open(os.path.join(FOLDER, name), 'wb') as file:
        file.write(data)
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert('RGB')
    except Exception:
        lines.append(f'{name} refused')
        continue
    lines.append(f'{name} {image.width} {image.height} {len(pixels)}')
    pixels += image.tobytes()
with open(os.path.join(FOLDER, 'pixels.txt'), 'w') as file:
    file.write('\n'.join(lines) + '\n')
with open(os.path.join(FOLDER, 'pixels.bin'), 'wb') as file:
    file.write(pixels)
