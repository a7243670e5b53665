"""Sums over several processes with MPI: `mpirun -n N python open_mpi.py`.

The first process says {"ready": true, "versions"}, and answers, as tasks/bench/pytorch_workers.py does,

    {"allReduce": 250000, "steps": 10}

with the milliseconds of each sum. {"end": true} ends all: mpirun does not always pass on the end of
standard input.
"""

import json
import sys
import time
from array import array

try:
    from mpi4py import MPI
except Exception as error:
    # On standard error, mpirun would have the last word.
    print(json.dumps({"error": f"mpi4py: {error}"}), flush=True)
    sys.exit()

WARM_UP_STEPS = 2


def milliseconds(world, numbers):
    start = time.perf_counter()
    world.Allreduce(MPI.IN_PLACE, numbers, MPI.SUM)
    return (time.perf_counter() - start) * 1e3


def all_reduce_times(world, request):
    numbers = array("f", bytes(4 * request["allReduce"]))
    times = [milliseconds(world, numbers) for _ in range(WARM_UP_STEPS + request["steps"])]
    return times[WARM_UP_STEPS:]


def lead(world):
    """Passes each request on to all others."""
    versions = {"mpi": MPI.Get_library_version().split(",")[0]}
    print(json.dumps({"ready": True, "versions": versions}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        send_to_all(world, request)
        if "end" in request:
            print(json.dumps(request), flush=True)
            return
        print(json.dumps({"times": all_reduce_times(world, request)}), flush=True)
    send_to_all(world, {"end": True})  # the benchmark was killed


def send_to_all(world, request):
    for rank in range(1, world.size):
        world.send(request, rank)


def follow(world):
    while True:
        # MPI waits busily, which would disturb what other programs are timed meanwhile.
        while not world.iprobe(0):
            time.sleep(0.01)
        request = world.recv(source=0)
        if "end" in request:
            return
        all_reduce_times(world, request)


if __name__ == "__main__":
    world = MPI.COMM_WORLD
    lead(world) if world.rank == 0 else follow(world)
