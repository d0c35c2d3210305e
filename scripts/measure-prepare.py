#!/usr/bin/python3
"""How fast 'alexnet data prepare' is on one core, beside Pillow's decode + resize of the same files, in turns.

    scripts/measure-prepare.py ILSVRC2012_img_train.tar [turns]

Takes up to 400 pictures of the tar (a tar of class tars). Pillow: open, convert to RGB, shorter side to 256 (bilinear), central square;
not even encoded again. Beside it, by processor time of one core, in the same turn:
  decode + resize   what Pillow does, and no more: the two stages as 'alexnet bench feed' times them
  prepare           the whole verb with one thread: read, decode, resize, sums, JPEG, shards, and the start of the program. Each picture
                    stands 30 times in the folder (as links), so that starting up counts little, as in a set of real size.
Needs python3-pil.
"""
import io, json, os, resource, subprocess, sys, tarfile, tempfile, time
from PIL import Image

SIDE, MOST, IMAGES = 256, 400, 6000
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# A recipe that keeps 256×256 of each picture, as prepare does.
RECIPE = "alexnet-2012-source"


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


def alexnet(*arguments):
    """Its JSON lines, and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run([os.path.join(ROOT, "alexnet"), *arguments, "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [json.loads(line) for line in result.stdout.splitlines()], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def stages(tar):
    lines, _ = alexnet("bench", "feed", "--recipe", RECIPE, "--data", tar, "--milliseconds", "1000")
    return 1 / sum(line["seconds_per_image_p50"] for line in lines if line["stage"] in ("decode", "resize"))


def prepare(folder, count):
    with tempfile.TemporaryDirectory() as target:
        (made,), seconds = alexnet("data", "prepare", folder, os.path.join(target, "set"), "--threads", "1")
    assert made["train_images"] + made["test_images"] == count and not made["broken"], made
    return count / seconds


def main():
    tar, turns = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    files = [f for _, f in zip(range(MOST), pictures(tar))]
    copies = max(1, IMAGES // len(files))
    subprocess.run([os.path.join(ROOT, "alexnet"), "--version"], check=True, stdout=subprocess.DEVNULL)  # builds it if it must
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, data) in enumerate(files):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            with open(f"{folder}/{name}/{i}-0.jpg", "wb") as out:
                out.write(data)
            for copy in range(1, copies):
                os.link(f"{folder}/{name}/{i}-0.jpg", f"{folder}/{name}/{i}-{copy}.jpg")
        for turn in range(turns):
            theirs, like, whole = pillow(files), stages(tar), prepare(folder, len(files) * copies)
            print(f"images/s of one core: Pillow {theirs:.1f}; decode + resize {like:.1f}, {like / theirs:.2f} times; prepare {whole:.1f}, {whole / theirs:.2f} times", flush=True)


main()
