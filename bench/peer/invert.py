"""Seconds to invert an image with LatentTracer's loop in PyTorch on the CPU: gradient descent on the latent alone.

The tiny autoencoder comes from models.py of the folder that --models names, where the other peer programs are. Everything the loop
does is the published program: Adam on the encoder's latent, MSE between the clamped decode and the image, a learning rate of .05 that
is halved after iterations 0, 50, 100. The last line is JSON: seconds of all iterations an image, the losses and peak memory.

  python invert.py --models PEER --weights DATA/weights --images DATA/images/val --size 256 --iterations 100
"""
import argparse, glob, json, resource, sys, time

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

UNTIMED = 2


def load(path, size):
    """Shorter side to size (bilinear, antialiased, Pillow), centre crop -> [3, size, size] in [0, 1]."""
    im = Image.open(path).convert("RGB")
    s = size / min(im.size)
    w, h = max(size, round(im.width * s)), max(size, round(im.height * s))
    im = im.resize((w, h), Image.BILINEAR)
    x, y = (w - size) // 2, (h - size) // 2
    a = np.asarray(im.crop((x, y, x + size, y + size)), dtype=np.float32) / 255
    return torch.from_numpy(a).permute(2, 0, 1)


def rate(iteration, base=0.05):
    """Halved after iterations 0, 50, 100, as the published program has it."""
    return base * 0.5 ** ((iteration + 49) // 50)


def invert(enc, dec, images, iterations):
    """images [N, 3, H, W] -> losses [iterations, N], each of before its update; images are independent."""
    with torch.no_grad():
        z = enc(images)
    z.requires_grad_(True)
    opt = torch.optim.Adam([z], lr=rate(0))
    losses = []
    for i in range(iterations):
        for g in opt.param_groups:
            g["lr"] = rate(i)
        each = F.mse_loss(dec(z).clamp(0, 1), images, reduction="none").mean((1, 2, 3))
        opt.zero_grad()
        each.sum().backward()
        opt.step()
        losses.append(each.detach())
    return torch.stack(losses)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--models", required=True)
    p.add_argument("--weights", required=True)
    p.add_argument("--images", required=True)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--iterations", type=int, default=100)
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    sys.path.insert(0, a.models)
    from models import tiny_autoencoder

    enc, dec = tiny_autoencoder(a.weights)
    images = torch.stack([load(f, a.size) for f in sorted(glob.glob(f"{a.images}/*"))[: a.batch]])
    if a.channels_last:
        for m in (enc, dec):
            m.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    if a.compile:
        dec = torch.compile(dec)
    invert(enc, dec, images, UNTIMED)
    t = time.perf_counter()
    losses = invert(enc, dec, images, a.iterations)
    print(json.dumps({
        "seconds": round((time.perf_counter() - t) / len(images), 4), "losses": losses.mean(1).tolist(),
        "peakRssMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "args": vars(a),
    }))


if __name__ == "__main__":
    main()
