#!/usr/bin/env python3
"""Repeats the paper's claims in small, with several seeds, and prints mean, spread and verdict.

    scripts/claims.py figure1 CIFAR10 [OPTIONS]    ReLU against tanh: epochs to 25 % training error (figure 1), and the curves as a picture
    scripts/claims.py proxies CIFAR10 [OPTIONS]    the pairs of recipes/claims/claims.yaml: test error of what should be worse less that of what should be better

CIFAR10: a folder with train and test parts. --seeds N: with seeds 1 to N. --images-per-class N: figure1 on the first images, by name, of each class. --jobs N: so many runs at a time, each on one worker with one thread; two workers give the same bits, but so a machine with few cores gets more done.
Runs are kept under runs/claims and are not run again; those that were broken off go on.
"""
import argparse, concurrent.futures, json, math, os, statistics, subprocess, tarfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALEXNET = os.path.join(ROOT, "alexnet")
RUNS = os.path.join("runs", "claims")
FIGURE1 = {"relu": "cifar10-figure1", "tanh": "cifar10-figure1-tanh"}


def alexnet(*arguments):
    """Runs the program; what it logs is shown, its JSON lines are returned."""
    result = subprocess.run([ALEXNET, *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in result.stdout.splitlines()]


def is_done(run):
    try:
        with open(os.path.join(run, "metrics.jsonl")) as lines:
            last = json.loads(list(lines)[-1])
        return last["event"] == "done" and not last.get("interrupted")
    except (OSError, IndexError, ValueError):
        return False


def train(name, recipe, data, seed):
    run = os.path.join(RUNS, f"{name}-{seed}")
    if not is_done(run):
        begun = os.path.exists(os.path.join(run, "recipe.yaml"))
        alexnet("train", *(["--resume"] if begun else ["--recipe", recipe, "--data", data, "--seed", str(seed)]), "--run", run, "--workers", "1", "--threads", "1")
    return run


def train_all(wanted, jobs):
    """The folders of runs (name, recipe, data, seed), in their order."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(train, *each) for each in wanted]
        try:
            return [run.result() for run in runs]
        except BaseException:  # a run that failed or was interrupted ends it all; those under way go on to their end
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def spread(values):
    mean = statistics.mean(values)
    return f"{mean:.2f} ± {statistics.stdev(values):.2f}" if len(values) > 1 else f"{mean:.2f}"


def verdict(differences):
    """By the mean difference and its standard error; docs/claims.md has the rule."""
    if len(differences) < 3:
        return f"undecided: {('one seed', 'two seeds')[len(differences) - 1]}"
    mean, error = statistics.mean(differences), statistics.stdev(differences) / math.sqrt(len(differences))
    return "confirmed" if mean > 2 * error else "contradicted" if mean < -2 * error else "not seen at this size"


def figure1(given, data, seeds):
    count = given.images_per_class
    if count:
        data = first_images(data, count)
    wanted = [(f"figure1-{neuron}{f'-{count}' if count else ''}", recipe, data, seed) for seed in seeds for neuron, recipe in FIGURE1.items()]
    runs = train_all(wanted, given.jobs)
    alexnet("show", *runs, "--what", "training-error", "--output", os.path.join(RUNS, "figure1.png"))
    epochs = [line["epochs"] for line in alexnet("claims", *runs)]
    relu, tanh = epochs[0::2], epochs[1::2]
    print(f"epochs to 25 % training error: ReLU {relu}, tanh {tanh}")
    if None not in epochs:
        print(f"ReLU {spread(relu)} epochs, tanh {spread(tanh)}: {spread([t / r for r, t in zip(relu, tanh)])} times")


def first_images(data, count):
    """A folder like data with the first images of each class, by name, in its training part."""
    folder = os.path.abspath(os.path.join(RUNS, f"first-{count}"))
    if os.path.exists(folder):
        return folder
    os.makedirs(folder + ".partial/train", exist_ok=True)
    for entry in os.listdir(data):
        path = os.path.join(data, entry)
        if "train" not in entry:
            os.symlink(path, os.path.join(folder + ".partial", entry))
        elif os.path.isdir(path):
            for kind in os.listdir(path):
                os.mkdir(os.path.join(folder + ".partial/train", kind))
                for image in sorted(os.listdir(os.path.join(path, kind)))[:count]:
                    os.symlink(os.path.join(path, kind, image), os.path.join(folder + ".partial/train", kind, image))
        else:
            with tarfile.open(path) as tar:
                kinds = {}
                for member in sorted((m for m in tar if m.isfile()), key=lambda m: m.name):
                    kinds.setdefault(os.path.dirname(member.name), []).append(member)
                tar.extractall(folder + ".partial/train", [m for kind in kinds.values() for m in kind[:count]], **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    os.rename(folder + ".partial", folder)
    return folder


def proxies(given, data, seeds):
    claims = [c for c in alexnet("claims") if c.get("better")]
    parts = {c["images_per_class"]: first_images(data, c["images_per_class"]) if c["images_per_class"] else data for c in claims}
    recipes = {side.split()[0]: parts[c["images_per_class"]] for c in claims for side in (c["better"], c["worse"])}
    wanted = [(name, os.path.join(ROOT, "recipes", "claims", name + ".yaml"), own, seed) for seed in seeds for name, own in recipes.items()]
    train_all(wanted, given.jobs)
    errors = {}

    def error_of(side):  # a recipe's name, and options for eval
        if side not in errors:
            name, *options = side.split()
            errors[side] = [100 * alexnet("eval", os.path.join(RUNS, f"{name}-{seed}"), "--data", data, *options)[0]["top1_error"] for seed in seeds]
        return errors[side]

    for claim in claims:
        better, worse = error_of(claim["better"]), error_of(claim["worse"])
        differences = [w - b for w, b in zip(worse, better)]
        print(f"{claim['id']}: {claim['worse']} {spread(worse)} %, {claim['better']} {spread(better)} %: difference {spread(differences)}: {verdict(differences)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["figure1", "proxies"])
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--images-per-class", type=int, default=0)
    given = parser.parse_args()
    {"figure1": figure1, "proxies": proxies}[given.what](given, os.path.abspath(given.data), range(1, 1 + given.seeds))
