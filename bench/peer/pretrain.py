"""Seconds a step of the published joint pre-training in PyTorch on the CPU: HiDDeN's watermark encoder and extractor, without augmentations.

Blocks are convolution 3x3, BatchNorm (eps 1e-3, momentum .01) and GELU: four of 64 channels and one over [message, features, image]
in the encoder, a convolution 1x1 to three channels and tanh, times .3 on normalised images; seven of 64 channels and one of as many as bits in the
extractor, the mean over positions, a linear layer. BCE of logits and message; Lamb with gradients clipped at a norm of 1 (Fernandez et al.
2023, section 4.1, after Zhu et al. 2018).

The last line is JSON: the median step, the first step's loss, peak memory.

  python pretrain.py --images DATA/images/train --size 128 --batch 16
"""
import argparse, glob, json, math, resource, statistics, time

import torch
from torch import nn
from torch.nn import functional as F

from invert import load

UNTIMED = 2
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01), nn.GELU())


class Encoder(nn.Module):
    def __init__(self, bits, channels=64, blocks=4):
        super().__init__()
        self.features = nn.Sequential(*(block(channels if i else 3, channels) for i in range(blocks)))
        self.joined = block(channels + 3 + bits, channels)
        self.last = nn.Conv2d(channels, 3, 1)

    def forward(self, images, message):
        planes = message[:, :, None, None].expand(-1, -1, *images.shape[2:])
        return torch.tanh(self.last(self.joined(torch.cat([planes, self.features(images), images], 1))))


class Extractor(nn.Module):
    def __init__(self, bits, channels=64, blocks=7):
        super().__init__()
        self.layers = nn.Sequential(*(block(channels if i else 3, channels) for i in range(blocks)), block(channels, bits))
        self.linear = nn.Linear(bits, bits)

    def forward(self, images):
        return self.linear(self.layers(images).mean((2, 3)))


class Lamb:
    """Adam's direction with decay, scaled to each tensor's own norm; gradients are clipped together before it."""

    def __init__(self, parameters, betas=(0.9, 0.999), eps=1e-6, decay=0.01):
        self.parameters, self.betas, self.eps, self.decay, self.t = list(parameters), betas, eps, decay, 0
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]

    @torch.no_grad()
    def step(self, rate):
        self.t += 1
        (b1, b2), t = self.betas, self.t
        clip = torch.stack([p.grad.square().sum() for p in self.parameters]).sum().sqrt().clamp(min=1)
        for p, (m, v) in zip(self.parameters, self.moments):
            g = p.grad / clip
            m.lerp_(g, 1 - b1)
            v.lerp_(g * g, 1 - b2)
            u = (m / (1 - b1**t)) / (v.sqrt() / math.sqrt(1 - b2**t) + self.eps) + self.decay * p
            a, b = p.norm(), u.norm()
            p.sub_(rate * torch.where(a * b > 0, a / b, torch.ones(())) * u)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--images", required=True)
    p.add_argument("--size", type=int, default=128)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--bits", type=int, default=48)
    p.add_argument("--timed", type=int, default=5)
    p.add_argument("--lr", type=float, default=2e-2 * 16 / 512)
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    encoder, extractor = Encoder(a.bits), Extractor(a.bits)
    paths = sorted(glob.glob(f"{a.images}/*"))
    images = (torch.stack([load(paths[i % len(paths)], a.size) for i in range(a.batch)]) - MEAN) / STD
    if a.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
        for network in (encoder, extractor):
            network.to(memory_format=torch.channels_last)
    optimizer = Lamb([*encoder.parameters(), *extractor.parameters()])

    def loss_of(images, message):
        marked = images + 0.3 * encoder(images, message)
        return F.binary_cross_entropy_with_logits(extractor(marked), (message + 1) / 2)

    taken = torch.compile(loss_of) if a.compile else loss_of
    times, losses = [], []
    for _ in range(UNTIMED + a.timed):
        t = time.perf_counter()
        message = 2.0 * torch.randint(0, 2, (a.batch, a.bits)) - 1
        loss = taken(images, message)
        for parameter in optimizer.parameters:
            parameter.grad = None
        loss.backward()
        optimizer.step(a.lr)
        losses.append(loss.item())
        times.append(time.perf_counter() - t)
    print(json.dumps({
        "medianStepS": round(statistics.median(times[UNTIMED:]), 4), "firstLoss": losses[0],
        "peakRssMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "args": vars(a),
    }))


if __name__ == "__main__":
    main()
