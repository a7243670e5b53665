"""JAX's side of `deno task bench --gpu`: the plain training step of a wide residual network.

It is driven over standard input and output, one JSON text a line, as tasks/bench/pytorch.py is, and
answers {"case": {"depth": 16, "width": 1, "batch": 128}, "precision": "float32", "steps": 50} with
"times", the mean milliseconds of a step: forward, cross entropy, backward and SGD with momentum on one
resident batch, in one function that jax.jit compiles. With "bfloat16", convolutions and what is between
them compute in it, and statistics of batch norm, loss and parameters stay float32. It knows no teacher
and no other network: those are answered with "error".
"""

import argparse
import json
import platform
import time
from functools import partial

import jax
import jax.numpy as jnp

from served import peak_bytes, serve

WIDTHS = (16, 32, 64)
CLASSES = 10
KNOWN = {"depth", "width", "batch"}
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.1, 0.9, 5e-4
WARM_UP_STEPS = 2


def convolve(x, filters, stride=1):
    return jax.lax.conv_general_dilated(
        x,
        filters.astype(x.dtype),
        (stride, stride),
        "SAME" if stride == 1 or filters.shape[0] == 1 else ((1, 1), (1, 1)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def norm_relu(x, layer):
    """Also gives the running statistics after the batch."""
    wide = x.astype(jnp.float32)
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    scale = layer["weight"] * jax.lax.rsqrt(variance + 1e-5)
    y = (wide - mean) * scale + layer["bias"]
    return jax.nn.relu(y).astype(x.dtype), (mean, variance)


def forward(params, images, dtype):
    statistics = []

    def norm(x, layer):
        y, found = norm_relu(x, layer)
        statistics.append(found)
        return y

    x = convolve(images.astype(dtype), params["first"])
    for group, blocks in enumerate(params["groups"]):
        for index, block in enumerate(blocks):
            stride = 2 if group > 0 and index == 0 else 1
            y = norm(x, block["norm0"])
            shortcut = convolve(y, block["shortcut"], stride) if "shortcut" in block else x
            z = norm(convolve(y, block["conv0"], stride), block["norm1"])
            x = convolve(z, block["conv1"]) + shortcut
    features = norm(x, params["norm"]).astype(jnp.float32).mean((1, 2))
    return features @ params["weight"] + params["bias"], statistics


def init(depth, width, key):
    keys = iter(jax.random.split(key, 1000))

    def filters(size, inputs, outputs):
        shape = (size, size, inputs, outputs)
        return jax.random.normal(next(keys), shape) * (2 / (size * size * inputs)) ** 0.5

    def norm(channels):
        return {"weight": jnp.ones(channels), "bias": jnp.zeros(channels)}

    groups, channels = [], 16
    first = filters(3, 3, 16)
    for base in WIDTHS:
        blocks, out = [], int(base * width)
        for _ in range((depth - 4) // 6):
            block = {
                "norm0": norm(channels),
                "norm1": norm(out),
                "conv0": filters(3, channels, out),
                "conv1": filters(3, out, out),
            }
            if channels != out:
                block["shortcut"] = filters(1, channels, out)
            blocks.append(block)
            channels = out
        groups.append(blocks)
    weight = jax.random.normal(next(keys), (channels, CLASSES)) * (2 / channels) ** 0.5
    return {
        "first": first,
        "groups": groups,
        "norm": norm(channels),
        "weight": weight,
        "bias": jnp.zeros(CLASSES),
    }


@partial(jax.jit, static_argnames="dtype", donate_argnums=(0, 1, 2))
def train_step(params, buffers, running, images, labels, dtype):
    def loss_of(params):
        logits, statistics = forward(params, images, dtype)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
        return -chosen.mean(), statistics

    (loss, statistics), gradients = jax.value_and_grad(loss_of, has_aux=True)(params)
    buffers = jax.tree.map(
        lambda b, g, p: MOMENTUM * b + g + WEIGHT_DECAY * p, buffers, gradients, params
    )
    params = jax.tree.map(lambda p, b: p - LEARNING_RATE * b, params, buffers)
    running = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, running, statistics)
    return params, buffers, running, loss


def make_block(case, precision):
    """A function that makes so many steps, and waits for the last."""
    unknown = sorted(case.keys() - KNOWN)
    if unknown:
        raise ValueError(f"only the plain step: {', '.join(unknown)}")
    key = jax.random.key(0)
    params = init(case["depth"], case["width"], key)
    images = jax.random.normal(key, (case["batch"], 32, 32, 3))
    labels = jnp.arange(case["batch"]) % CLASSES
    dtype = jnp.bfloat16 if precision == "bfloat16" else jnp.float32
    shapes = jax.eval_shape(lambda p: forward(p, images, dtype)[1], params)
    running = jax.tree.map(lambda s: jnp.zeros(s.shape), shapes)
    state = [params, jax.tree.map(jnp.zeros_like, params), running]

    def block(steps):
        for _ in range(steps):
            *state[:], loss = train_step(*state, images, labels, dtype)
        loss.block_until_ready()

    return block


def memory():
    statistics = jax.devices()[0].memory_stats() or {}
    on_device = {"deviceBytes": statistics["peak_bytes_in_use"]} if statistics else {}
    return {"peakBytes": peak_bytes()} | on_device


def answer(request, prepared):
    if request.get("memory"):
        return memory()
    case, precision = request["case"], request.get("precision", "float32")
    key = json.dumps([case, precision], sort_keys=True)
    if key not in prepared:
        prepared[key] = make_block(case, precision)
    block, steps = prepared[key], request["steps"]
    block(WARM_UP_STEPS)
    start = time.perf_counter()
    block(steps)
    return {"times": [(time.perf_counter() - start) * 1e3 / steps]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tf32", action="store_true", help="lets a GPU round float32 products")
    if not parser.parse_args().tf32:
        jax.config.update("jax_default_matmul_precision", "highest")
    versions = {"jax": jax.__version__, "python": platform.python_version()}
    ready = {"ready": True, "versions": versions, "device": jax.devices()[0].platform}
    serve(ready, answer)


if __name__ == "__main__":
    main()
