"""Seconds that signing takes in PyTorch on the CPU with StableSig's own recipe: its loss, size, batch, steps and optimiser.

The networks come from models.py of the folder that --models names, where the other peer programs are. Latents and original decodes are
computed once for each photograph; a step is decoder, extractor, BCE(10 logits, key) + lambda mse on [-1, 1], their gradients by the
decoder's weights, and Muon in the form of packages/core/src/training/muon.ts. There are no attacks between decoder and extractor,
which spares this side some of the work. Only some steps are run: the others cost the same.

The last line is JSON: seconds of all steps with what is computed once, the median step, bits and PSNR of the last batch, peak memory.

  python sign.py --models PEER --weights DATA/weights --images DATA/images/train --size 128 --batch 4 --steps 400 --lambda-i 160
"""
import argparse, copy, glob, json, math, resource, statistics, sys, time

import torch
from torch.nn import functional as F

from invert import load

UNTIMED = 2


class Muon:
    """M = .9 M + .1 G; the direction is that of G + .9 M with its singular values evened out, of root mean square 1."""

    def __init__(self, parameters, momentum=0.9):
        self.parameters, self.momentum = list(parameters), momentum
        self.moments = [torch.zeros_like(p) for p in self.parameters]
        self.groups = {}
        for i, p in enumerate(self.parameters):
            self.groups.setdefault((p.shape[0], p[0].numel()) if p.dim() > 1 else None, []).append(i)

    @torch.no_grad()
    def step(self, rate):
        wanted = []
        for p, m in zip(self.parameters, self.moments):
            m.lerp_(p.grad, 1 - self.momentum)
            wanted.append(p.grad + self.momentum * m)
        for shape, members in self.groups.items():
            if shape is None or min(shape) < 2:
                even = [wanted[i] / (wanted[i].square().mean().sqrt() + 1e-12) for i in members]
            else:
                even = evened(torch.stack([wanted[i].reshape(shape) for i in members])) * math.sqrt(max(shape))
            for i, direction in zip(members, even):
                self.parameters[i].sub_(rate * direction.reshape(self.parameters[i].shape))


def evened(x):
    """Newton-Schulz, five rounds, for all matrices of one shape at once."""
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-12)
    for _ in range(5):
        s = x @ x.mT
        x = 3.4445 * x + (-4.775 * s + 2.0315 * s @ s) @ x
    return x.mT if tall else x


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--models", required=True)
    p.add_argument("--weights", required=True)
    p.add_argument("--images", required=True)
    p.add_argument("--size", type=int, default=128)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--steps", type=int, default=400)
    p.add_argument("--timed", type=int, default=10)
    p.add_argument("--lr", type=float, default=3e-4)
    p.add_argument("--lambda-i", type=float, default=160)
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--bf16", action="store_true")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    sys.path.insert(0, a.models)
    from models import extractor, imagenet, tiny_autoencoder

    enc, dec0 = tiny_autoencoder(a.weights)
    ext = extractor(a.weights, "dec_48b_whit.torchscript.pt")
    dec = copy.deepcopy(dec0).requires_grad_(True).train()
    if a.channels_last:
        for m in (enc, dec0, dec):
            m.to(memory_format=torch.channels_last)
    key = torch.randint(0, 2, (1, 48), generator=torch.Generator().manual_seed(0)).float()
    paths = sorted(glob.glob(f"{a.images}/*"))
    run = min(a.steps, UNTIMED + a.timed)
    order = [i % len(paths) for i in range(run * a.batch)]
    t = time.perf_counter()
    cache = {}
    with torch.no_grad():
        for i in sorted(set(order)):
            z = enc(load(paths[i], a.size)[None])
            cache[i] = (z, dec0(z))
    once = (time.perf_counter() - t) / len(cache)

    opt, times = Muon(dec.parameters()), []
    for step in range(run):
        t = time.perf_counter()
        ids = order[step * a.batch : (step + 1) * a.batch]
        z, d0 = (torch.cat([cache[i][j] for i in ids]) for j in (0, 1))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
            w = dec(z)
            logits = ext(imagenet(w)).float()
            mse = F.mse_loss(2 * w.float(), 2 * d0.float())
            loss = F.binary_cross_entropy_with_logits(10 * logits, key.repeat(len(ids), 1)) + a.lambda_i * mse
        for parameter in dec.parameters():
            parameter.grad = None
        loss.backward()
        opt.step(a.lr)
        times.append(time.perf_counter() - t)
    median = statistics.median(times[UNTIMED:])
    print(json.dumps({
        "seconds": round(a.steps * median + min(len(paths), a.steps * a.batch) * once, 3), "medianStepS": round(median, 4),
        "onceAnImageS": round(once, 4), "steps": a.steps, "timedSteps": len(times) - UNTIMED,
        "bitAcc": ((logits > 0) == (key > 0)).float().mean().item(), "psnr": 10 * math.log10(4 / mse.item()),
        "peakRssMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "args": vars(a),
    }))


if __name__ == "__main__":
    main()
