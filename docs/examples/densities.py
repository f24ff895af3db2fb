"""A run's flow and EBM in PyTorch, from its checkpoint alone: log-densities in nats, gradients by autograd.

    python densities.py runs/RUN/checkpoints/contrast.safetensors points.npy

Needs torch, numpy and safetensors. Points are [n, 2]; images are bytes, uint8 [n, H, W, C]. Flows with `mixing: lu` and `orthogonal`."""
import json
import math
import sys

import numpy as np
import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


class Densities(nn.Module):
    """`log_q(x)` of the flow, `log_p(x)` of the EBM with its learned normaliser. x: float32 [n, 2] or [n, H, W, C] in [-1/2, 1/2)."""

    def __init__(self, path, weights=".average"):
        super().__init__()
        with safe_open(path, "pt") as file:
            said = file.metadata()
            arrays = {name: file.get_tensor(name) for name in file.keys()}
        self.config, self.training = json.loads(said["models"]), json.loads(said.get("config", "{}"))
        self.names = {name: name.replace(".", "_").replace("/", "__") for name in arrays if name.split("/")[0] in
                      (f"flow{weights}", f"ebm{weights}", "flow.constants", "reference")}
        for name, attribute in self.names.items():
            self.register_parameter(attribute, nn.Parameter(arrays[name], requires_grad=name.split("/")[0] in (f"flow{weights}", f"ebm{weights}")))
        self.flow, self.ebm = f"flow{weights}", f"ebm{weights}"

    def at(self, *path):
        return getattr(self, self.names["/".join(path)])

    def layer(self, x, *path, stride=1):
        """A dense layer or a convolution over the last axis, with its bias."""
        weight, bias = self.at(*path, "weight"), self.at(*path, "bias")
        if weight.dim() == 2:
            return x @ weight + bias
        return F.conv2d(x.movedim(-1, 1), weight.permute(3, 2, 0, 1), bias, stride, (weight.shape[0] - stride + 1) // 2).movedim(1, -1)

    def layers(self, x, *path, activation, stride=1):
        place = "/".join(path) + "/layer"
        count = len({name[len(place):].split("/")[0] for name in self.names if name.startswith(place)})
        for i in range(count):
            x = self.layer(activation(x) if i else x, *path, f"layer{i}", stride=stride)
        return x

    def mixing(self, step, constants):
        if self.config["flow"]["mixing"] == "orthogonal":
            v = F.normalize(self.at(step, "invertibleConv", "directions"))
            w = torch.eye(len(v))
            for row in v:
                w = w - 2 * torch.outer(w @ row, row)
            return w, 0
        lower, upper, log_s = (self.at(step, "invertibleConv", name) for name in ("lower", "upper", "logS"))
        p, signs = (self.at(constants, "invertibleConv", name) for name in ("permutation", "signs"))
        return p @ (lower.tril(-1) + torch.eye(len(p))) @ (upper.triu(1) + torch.diag(signs * log_s.exp())), log_s.sum()

    def bounded(self, h, bound=None):
        scale = self.config["flow"]["scale"]
        bound = bound or (scale["bound"] if scale["kind"] == "tanh" else None)
        return bound * torch.tanh(h / bound) if bound else -F.softplus(-h - 2)

    def to_latent(self, x, at, place=""):
        """Latents [n, dim], the deepest first, and log|det dz/dx| [n]. `place`: of a level, as parameters have it."""
        log_det = x.new_zeros(len(x))
        if self.config["flow"]["kind"] == "image":
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h // 2, w // 2, 4 * c)
        positions = math.prod(x.shape[1:-1])
        i = 0
        while f"{at}/{place}step{i}/actNorm/bias" in self.names:
            step = f"{at}/{place}step{i}"
            x = (x + self.at(step, "actNorm", "bias")) * self.at(step, "actNorm", "logScale").exp()
            w, log_w = self.mixing(step, f"flow.constants/{place}step{i}")
            x1, x2 = (x @ w).chunk(2, -1)
            hidden, shift = self.layers(x1, step, "coupling", activation=torch.relu).chunk(2, -1)
            scale = self.bounded(hidden)
            x = torch.cat([x1, (x2 + shift) * scale.exp()], -1)
            log_det = log_det + positions * (self.at(step, "actNorm", "logScale").sum() + log_w) + scale.flatten(1).sum(1)
            i += 1
        if f"{at}/{place}split/prior/weight" not in self.names:
            return x.flatten(1), log_det
        x1, x2 = x.chunk(2, -1)
        mean, hidden = self.layer(x1, at, f"{place}split/prior").chunk(2, -1)
        log_std = self.bounded(hidden, 3)
        z, deeper = self.to_latent(x1, at, f"{place}split/deeper/")
        return torch.cat([z, ((x2 - mean) * (-log_std).exp()).flatten(1)], 1), log_det + deeper - log_std.flatten(1).sum(1)

    def log_q(self, x, of=None):
        z, log_det = self.to_latent(x, of or self.flow)
        return log_det - 0.5 * (z * z).sum(1) - z.shape[1] / 2 * math.log(2 * math.pi)

    def log_p(self, x):
        ebm = self.config["ebm"]
        leaky = lambda h: F.leaky_relu(h, ebm["leakySlope"])
        features = leaky(self.layers(x, self.ebm, "features", activation=leaky, stride=2 if ebm["kind"] == "conv" else 1)).flatten(1)
        f = self.layer(features, self.ebm, "head").squeeze(1) - self.at(self.ebm, "logNormalizer")
        return f + self.log_q(x, "reference") if self.training.get("reference") == "pretrained" else f


if __name__ == "__main__":
    models = Densities(sys.argv[1])
    data = np.load(sys.argv[2])
    x = torch.from_numpy(data).float()
    if data.dtype == np.uint8:  # the middle of each byte's interval; for bits per dimension draw u uniform in [0, 1)
        x = (x + 0.5) / 256 - 0.5
    with torch.no_grad():
        for name, density in (("log q", models.log_q), ("log p", models.log_p)):
            if any(key.startswith(f"{getattr(models, {'log q': 'flow', 'log p': 'ebm'}[name])}/") for key in models.names):
                print(name, *(f"{value:.7g}" for value in density(x).tolist()))
