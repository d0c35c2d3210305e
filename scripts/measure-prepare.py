#!/usr/bin/python3
"""How fast 'alexnet data prepare' is on one core, beside Pillow's decode + resize of the same files, in turns.

    scripts/measure-prepare.py ILSVRC2012_img_train.tar [times]

Takes up to 400 pictures of the tar (a tar of class tars), several times over so that starting up counts little. Pillow: open,
convert to RGB, shorter side to 256 (bilinear), central square; not even encoded again. prepare: the whole of it, one thread.
Both by processor time of one core; needs python3-pil.
"""
import io, json, os, resource, subprocess, sys, tarfile, tempfile, time
from PIL import Image

SIDE, MOST = 256, 400


def pictures(path):
    with tarfile.open(path) as outer:
        for member in outer:
            if not member.name.endswith(".tar"):
                continue
            with tarfile.open(fileobj=io.BytesIO(outer.extractfile(member).read())) as inner:
                for file in inner:
                    yield member.name[:-4], inner.extractfile(file).read()


def pillow(files):
    begin = time.process_time()
    for _, data in files:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        scale = SIDE / min(image.size)
        image = image.resize((max(SIDE, int(image.width * scale)), max(SIDE, int(image.height * scale))), Image.BILINEAR)
        left, top = (image.width - SIDE) // 2, (image.height - SIDE) // 2
        image.crop((left, top, left + SIDE, top + SIDE)).tobytes()
    return len(files) / (time.process_time() - begin)


def prepare(folder, count):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with tempfile.TemporaryDirectory() as target:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = subprocess.run([os.path.join(root, "alexnet"), "data", "prepare", folder, os.path.join(target, "set"), "--threads", "1", "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = json.loads(result.stdout)
    assert made["train_images"] + made["test_images"] == count and not made["broken"], made
    return count / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), count / made["seconds"]


def main():
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    files = [f for _, f in zip(range(MOST), pictures(sys.argv[1]))]
    copies = max(1, 2000 // len(files))
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, data) in enumerate(files):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            for copy in range(copies):
                with open(f"{folder}/{name}/{i}-{copy}.jpg", "wb") as out:
                    out.write(data)
        prepare(folder, len(files) * copies)  # builds the program, fills the cache
        for turn in range(times):
            theirs = pillow(files)
            ours, wall = prepare(folder, len(files) * copies)
            print(f"Pillow {theirs:.1f} images/s, prepare {ours:.1f} images/s of processor time ({wall:.1f} by the clock): {ours / theirs:.2f} times")


main()
