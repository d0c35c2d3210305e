#!/usr/bin/python3
"""Makes sample-pixels.tsv: pixels of the 256×256 squares of the ImageNet sample's hard cases, by another program than ours.

    sample-pixels.py IMAGENET_SAMPLE_FOLDER > sample-pixels.tsv        (python3-pil, python3-numpy)

Hard cases are the files for which the sample's index.tsv names a reason. Each is decoded and turned by Pillow, in the DCT to a half (quarter,
eighth) where that leaves 256 pixels, as docs/feed.md says; shorter side to 256 by the triangle filter, in double precision, and the central
square. Kept are the values at 32 places that a fixed
random generator draws: enough to find a picture that is turned, shifted, mirrored or of wrong colours, and no picture.
"""
import csv, io, os, random, sys, tarfile
import numpy as np
from PIL import Image, ImageOps

SIDE, PLACES = 256, 32


def weights(old, extent, new):
    """[SIDE, old]: what each of the central new pixels takes of the old ones, which the picture fills up to `extent`."""
    scale = extent / new
    support = max(1, scale)
    centre = ((new - SIDE) // 2 + np.arange(SIDE) + 0.5) * scale
    w = np.maximum(0, 1 - np.abs(np.arange(old)[None, :] + 0.5 - centre[:, None]) / support)
    return w / w.sum(1, keepdims=True)


def square(data):
    image = Image.open(io.BytesIO(data))
    reduction = 1
    while reduction < 8 and -(-min(image.size) // (2 * reduction)) >= SIDE:
        reduction *= 2
    turned = image.getexif().get(0x112, 1) >= 5
    width, height = image.size[::-1] if turned else image.size
    if reduction > 1:
        image.draft(None, (image.width // reduction, image.height // reduction))
    pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"), np.float64)
    assert pixels.shape[:2] == (-(-height // reduction), -(-width // reduction)), (pixels.shape, width, height, reduction)
    w, h = (SIDE, max(SIDE, SIDE * height // width)) if width <= height else (max(SIDE, SIDE * width // height), SIDE)
    rows = np.tensordot(weights(pixels.shape[0], height / reduction, h), pixels, 1)
    return np.tensordot(weights(pixels.shape[1], width / reduction, w), rows, ([1], [1])).transpose(1, 0, 2)


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "index.tsv"), encoding="utf-8") as index:
        reasons = {r["file"]: r["why"] for r in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)}
    hard = {f for f, why in reasons.items() if why != "random"}
    print("file\twhy\ty x R G B at each place, R G B in hundredths of a level")
    with tarfile.open(os.path.join(folder, "ILSVRC2012_img_train_sample200.tar")) as outer:
        for tar in outer:
            with tarfile.open(fileobj=io.BytesIO(outer.extractfile(tar).read())) as inner:
                for member in inner:
                    name = os.path.basename(member.name)
                    if name not in hard:
                        continue
                    pixels, places = square(inner.extractfile(member).read()), random.Random(name)
                    drawn = [(places.randrange(SIDE), places.randrange(SIDE)) for _ in range(PLACES)]
                    print(name, reasons[name], " ".join(f"{y} {x} " + " ".join(f"{100 * v:.0f}" for v in pixels[y, x]) for y, x in drawn), sep="\t")


main()
