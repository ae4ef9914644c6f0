"""What a user waits for who only looks: headers of many tensors, and the start of the command itself."""

from bench import case, require
from timing import run


@case
def header_of_100_000_tensors(bench):
    listing(bench, "safetensors", *bench.inputs.many_tensors)


@case
def pt_of_10_000_tensors(bench):
    listing(bench, ".pt", *bench.inputs.many_storages)


def listing(bench, kind, path, names):
    found = bench.json("inspect", path)["tensors"]
    require({tensor["name"] for tensor in found} == set(names) and len(found) == len(names),
            f"inspect {path}: other names")
    require(all(tensor["dtype"] == "F32" and tensor["shape"] == [4] for tensor in found),
            f"inspect {path}: other dtypes or shapes")
    parameters = bench.json("count", path)["parameters"]
    require(parameters == 4 * len(names), f"count {path}: {parameters} parameters")
    verbs = ["inspect", "count"]
    race = bench.race([lambda verb=verb: {verb: bench.ligature(verb, path)} for verb in verbs])
    for verb in verbs:
        bench.table.time(f"`{verb}`, {kind} of {len(names):,} tensors", race.median(verb), 0.15, race.peak(verb))


@case
def version(bench):
    require(run(bench.tool, "--version").output.strip(), "--version says nothing")
    race = bench.race([lambda: {"version": run(bench.tool, "--version")}])
    bench.table.time("`--version`", race.median("version"), 0.02, race.peak("version"))
