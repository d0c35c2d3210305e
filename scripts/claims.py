#!/usr/bin/env python3
"""Repeats the paper's claims in small, with several seeds, and prints mean and spread.

    scripts/claims.py figure1 CIFAR10 [SEEDS]     ReLU against tanh: epochs to 25 % training error (figure 1), and the curves as a picture
    scripts/claims.py proxies CIFAR10 [SEEDS]     recipes/claims: each variant's test error against the reference's

CIFAR10: a folder with train and test parts. Runs are kept under runs/claims and are not run again; those that were broken off go on.
"""
import json, os, statistics, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALEXNET = os.path.join(ROOT, "alexnet")
FIGURE1 = {"relu": "cifar10-figure1", "tanh": "cifar10-figure1-tanh"}
REFERENCE = "two-tower"


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
    run = os.path.join("runs", "claims", f"{name}-{seed}")
    if is_done(run):
        return run
    begun = os.path.exists(os.path.join(run, "recipe.yaml"))
    alexnet("train", *(["--resume"] if begun else ["--recipe", recipe, "--data", data, "--seed", str(seed)]), "--run", run)
    return run


def spread(values):
    mean = statistics.mean(values)
    return f"{mean:.2f} ± {statistics.stdev(values):.2f}" if len(values) > 1 else f"{mean:.2f}"


def figure1(data, seeds):
    epochs, runs = {}, []
    for neuron, recipe in FIGURE1.items():
        own = [train(f"figure1-{neuron}", recipe, data, seed) for seed in seeds]
        runs += own
        epochs[neuron] = [line["epochs"] for line in alexnet("claims", *own)]
        print(f"{neuron}: epochs to 25 % training error {epochs[neuron]}")
    alexnet("show", *runs, "--what", "curves", "--output", "runs/claims/figure1.png")
    if all(e is not None for own in epochs.values() for e in own):
        ratios = [t / r for r, t in zip(epochs["relu"], epochs["tanh"])]
        print(f"ReLU {spread(epochs['relu'])} epochs, tanh {spread(epochs['tanh'])}: {spread(ratios)} times")


def proxies(data, seeds):
    folder = os.path.join(ROOT, "recipes", "claims")
    names = sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".yaml") and f != "claims.yaml")
    names.sort(key=lambda name: name != REFERENCE)
    errors = {}
    for name in names:
        own = []
        for seed in seeds:
            run = train(name, os.path.join(folder, name + ".yaml"), data, seed)
            own.append(100 * alexnet("eval", run, "--data", data)[0]["top1_error"])
            if name == REFERENCE:
                views = 100 * alexnet("eval", run, "--data", data, "--views", "10")[0]["top1_error"]
                errors.setdefault(name + ", ten views", []).append(views)
        errors[name] = own
        for each in dict.fromkeys([name] + [k for k in errors if k.startswith(name + ",")]):
            differences = [e - r for e, r in zip(errors[each], errors[REFERENCE])]
            print(f"{each}: top-1 test error {spread(errors[each])} %, {spread(differences)} above the reference", flush=True)


if __name__ == "__main__":
    what, data = sys.argv[1], os.path.abspath(sys.argv[2])
    {"figure1": figure1, "proxies": proxies}[what](data, range(1, 1 + int(sys.argv[3] if len(sys.argv) > 3 else 3)))
