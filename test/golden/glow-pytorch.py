"""Checkpoints in the layout of y0ast/Glow-PyTorch, and what their networks say: fixtures of test/activities/initial-flow/glow-pytorch.test.ts.

    python test/golden/glow-pytorch.py test/golden/glow-pytorch        (torch 1.12.1, CPU; seconds)

The network is written from the published definition (Glow; that repository's modules are its reference), with random weights far from the
identity. `factorised` has P, L, U and s, a learned prior and colours; `plain` has matrices, one colour, no learned prior, and lies under
`model` beside an optimiser's state, as ignite saves several objects in one file. `<name>.json`: images as bytes, log q(x) in nats and bits
per dimension of their left-closed cells' lower corners (u = 0), and samples x of given latents, both [H, W, C] and in our order."""
import json
import math
import sys
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def noise(*shape, std=1.0, mean=0.0):
    return mean + std * torch.randn(*shape)


class Norm(nn.Module):
    def __init__(self, channels, std=0.2):
        super().__init__()
        self.bias = nn.Parameter(noise(1, channels, 1, 1, std=std))
        self.logs = nn.Parameter(noise(1, channels, 1, 1, std=std))

    def forward(self, x):
        return (x + self.bias) * self.logs.exp()

    def back(self, z):
        return z * (-self.logs).exp() - self.bias

    def log_det(self, positions):
        return positions * self.logs.sum()


class NormedConv(nn.Module):
    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
        nn.init.normal_(self.conv.weight, std=1 / math.sqrt(inputs * size ** 2))
        self.actnorm = Norm(outputs)

    def forward(self, x):
        return self.actnorm(self.conv(x))


class ScaledConv(nn.Module):
    def __init__(self, inputs, outputs, std=0.1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        nn.init.normal_(self.conv.weight, std=std)
        nn.init.normal_(self.conv.bias, std=0.3)
        self.logs = nn.Parameter(noise(outputs, 1, 1, std=0.1))

    def forward(self, x):
        return self.conv(x) * (3 * self.logs).exp()


class Mixing(nn.Module):
    def __init__(self, channels, factorised):
        super().__init__()
        self.factorised = factorised
        w = torch.linalg.qr(noise(channels, channels))[0] + noise(channels, channels, std=0.05)
        if not factorised:
            self.weight = nn.Parameter(w)
            return
        p, lower, upper = torch.lu_unpack(*torch.lu(w))
        s = torch.diag(upper)
        self.register_buffer("p", p)
        self.register_buffer("sign_s", s.sign())
        # entries outside of the triangles have no effect
        self.lower = nn.Parameter(lower + torch.triu(noise(channels, channels)))
        self.log_s = nn.Parameter(s.abs().log())
        self.upper = nn.Parameter(torch.triu(upper, 1) + torch.tril(noise(channels, channels)))

    def matrix(self):
        if not self.factorised:
            return self.weight
        lower = torch.tril(self.lower, -1) + torch.eye(len(self.log_s))
        return self.p @ lower @ (torch.triu(self.upper, 1) + torch.diag(self.sign_s * self.log_s.exp()))

    def log_det(self, positions):
        return positions * torch.linalg.slogdet(self.matrix())[1]


def mixed(x, w):
    return torch.einsum("oi,bihw->bohw", w, x)


class Step(nn.Module):
    def __init__(self, channels, hidden, factorised):
        super().__init__()
        self.actnorm = Norm(channels)
        self.invconv = Mixing(channels, factorised)
        self.block = nn.Sequential(NormedConv(channels // 2, hidden, 3), nn.ReLU(), NormedConv(hidden, hidden, 1), nn.ReLU(), ScaledConv(hidden, channels))

    def shift_and_scale(self, x1):
        h = self.block(x1)
        return h[:, 0::2], torch.sigmoid(h[:, 1::2] + 2)

    def forward(self, x):
        positions = x.shape[2] * x.shape[3]
        z = mixed(self.actnorm(x), self.invconv.matrix())
        z1, z2 = z.chunk(2, 1)
        shift, scale = self.shift_and_scale(z1)
        log_det = self.actnorm.log_det(positions) + self.invconv.log_det(positions) + scale.log().sum([1, 2, 3])
        return torch.cat([z1, (z2 + shift) * scale], 1), log_det

    def back(self, z):
        z1, z2 = z.chunk(2, 1)
        shift, scale = self.shift_and_scale(z1)
        z = torch.cat([z1, z2 / scale - shift], 1)
        return self.actnorm.back(mixed(z, torch.inverse(self.invconv.matrix())))


class Split(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = ScaledConv(channels // 2, channels)

    def prior(self, x1):
        h = self.conv(x1)
        return h[:, 0::2], h[:, 1::2]


class Squeeze(nn.Module):
    """Space to channels: c * 4 + 2 * dy + dx, as torch's pixel_unshuffle has it."""

    def forward(self, x):
        return F.pixel_unshuffle(x, 2)

    def back(self, z):
        return F.pixel_shuffle(z, 2)


def log_normal(x, mean, logs):
    return (-0.5 * (2 * logs + (x - mean) ** 2 / (2 * logs).exp() + math.log(2 * math.pi))).sum([1, 2, 3])


class Flow(nn.Module):
    def __init__(self, side, colours, hidden, levels, depth, factorised):
        super().__init__()
        self.levels = levels
        layers, channels = [], colours
        for level in range(levels):
            channels *= 4
            layers += [Squeeze()] + [Step(channels, hidden, factorised) for _ in range(depth)]
            if level < levels - 1:
                layers.append(Split(channels))
                channels //= 2
        self.layers = nn.ModuleList(layers)
        self.top = [2 * channels, side // 2 ** levels, side // 2 ** levels]


class Glow(nn.Module):
    def __init__(self, side, colours, hidden, levels, depth, factorised, learn_top):
        super().__init__()
        self.flow = Flow(side, colours, hidden, levels, depth, factorised)
        channels = self.flow.top[0]
        if learn_top:
            self.learn_top_fn = ScaledConv(channels, channels)
        self.learn_top = learn_top
        self.register_buffer("prior_h", torch.zeros(1, *self.flow.top))

    def top(self):
        h = self.learn_top_fn(self.prior_h) if self.learn_top else self.prior_h
        return h.chunk(2, 1)

    def log_prob(self, x):
        total = 0
        for layer in self.flow.layers:
            if isinstance(layer, Squeeze):
                x = layer(x)
            elif isinstance(layer, Step):
                x, log_det = layer(x)
                total = total + log_det
            else:
                x, x2 = x.chunk(2, 1)
                total = total + log_normal(x2, *layer.prior(x))
        return total + log_normal(x, *self.top())

    def sample(self, z):
        """z [B, D] ~ N(0, I), the deepest level's first, each level's in the order [H, W, C]."""
        shape = [self.flow.top[0] // 2, *self.flow.top[1:]]
        parts = []
        for level in range(self.flow.levels):
            size = math.prod(shape)
            parts.append(z[:, :size].reshape(-1, shape[1], shape[2], shape[0]).permute(0, 3, 1, 2))
            z = z[:, size:]
            # half of the channels above went on to this level, where a squeeze had made four of each
            shape = [shape[0] // (4 if level == 0 else 2), shape[1] * 2, shape[2] * 2]
        mean, logs = self.top()
        x = mean + logs.exp() * parts.pop(0)
        for layer in reversed(self.flow.layers):
            if isinstance(layer, Split):
                mean, logs = layer.prior(x)
                x = torch.cat([x, mean + logs.exp() * parts.pop(0)], 1)
            else:
                x = layer.back(x)
        return x


def write(path, name, side, colours, seed, nested, **form):
    torch.manual_seed(seed)
    glow = Glow(side, colours, hidden=16, depth=2, **form)
    dims = side * side * colours
    images = torch.randint(0, 256, (3, colours, side, side))
    latents = noise(2, dims, std=0.7)
    state = {key: value.clone() for key, value in glow.state_dict().items()} if nested else glow.state_dict()
    if nested:
        optimizer = torch.optim.Adamax(glow.parameters())
        torch.save({"model": state, "optimizer": optimizer.state_dict()}, f"{path}/{name}.pt")
    else:
        torch.save(state, f"{path}/{name}.pt", _use_new_zipfile_serialization=False)
    # float64 from here on: what float32 rounds off is then the other side's alone
    torch.set_default_dtype(torch.float64)
    glow.double()
    with torch.no_grad():
        log_prob = glow.log_prob(images / 256 - 0.5)
        samples = glow.sample(latents.double())
    torch.set_default_dtype(torch.float32)
    last = lambda t: t.permute(0, 2, 3, 1).flatten().tolist()
    facts = OrderedDict(
        images=last(images), logProb=log_prob.tolist(), bitsPerDim=[(math.log(256) - value / dims) / math.log(2) for value in log_prob.tolist()],
        latents=[float(f"{value:.9g}") for value in latents.flatten().tolist()], samples=[float(f"{value:.9g}") for value in last(samples)],
    )
    with open(f"{path}/{name}.json", "w") as file:
        json.dump(facts, file)
        file.write("\n")


if __name__ == "__main__":
    write(sys.argv[1], "factorised", 8, 3, 1, False, levels=2, factorised=True, learn_top=True)
    write(sys.argv[1], "plain", 8, 1, 2, True, levels=3, factorised=False, learn_top=False)
