"""Glow and the convolutional EBM in PyTorch's own layers, as a referee: of speed for `npm run bench`, of values for
test/infra/bench/pytorch-glow.test.ts. Reads one JSON object a line from stdin and answers with one on stdout; computes only while asked.

Written as a PyTorch user would: eager modules, autograd, torch.optim.Adam, clip_grad_norm_. Weights come from a safetensors file in
Counterflow's layout ([H, W, C] images, [kh, kw, in, out] kernels)."""
import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        body = file.read()
    dtypes = {"F32": np.float32, "I32": np.int32}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = torch.from_numpy(np.frombuffer(body[begin:end], dtypes[entry["dtype"]]).reshape(entry["shape"]).copy())
    return arrays


def write_safetensors(path, arrays):
    header, offset = {}, 0
    values = {name: np.ascontiguousarray(value.detach().numpy(), dtype=np.float32) for name, value in arrays.items()}
    for name, value in values.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in values.values():
            file.write(value.tobytes())


def parameter(array, there=lambda t: t, back=lambda t: t):
    """A Parameter in PyTorch's layout that remembers the array it came from, and the way back to its layout."""
    made = nn.Parameter(there(array).clone(memory_format=torch.contiguous_format))
    made.array, made.back = array, back
    return made


def under(arrays, prefix):
    return {name[len(prefix) + 1:]: value for name, value in arrays.items() if name.startswith(prefix + "/")}


def conv(arrays, stride=1):
    """A Conv2d from a kernel [kh, kw, in, out] and a bias."""
    kh, _, inputs, outputs = arrays["weight"].shape
    layer = nn.Conv2d(inputs, outputs, kh, stride, padding=(kh - 1) // 2)
    layer.weight = parameter(arrays["weight"], lambda w: w.permute(3, 2, 0, 1), lambda g: g.permute(2, 3, 1, 0))
    layer.bias = parameter(arrays["bias"])
    return layer


def log_scale(h, bound):
    return bound * torch.tanh(h / bound)


class ActNorm(nn.Module):
    def __init__(self, arrays):
        super().__init__()
        self.bias, self.log_scale = (parameter(arrays[name], lambda t: t.view(1, -1, 1, 1), lambda g: g.view(-1)) for name in ("bias", "logScale"))

    def forward(self, x):
        return (x + self.bias) * torch.exp(self.log_scale), x.shape[2] * x.shape[3] * self.log_scale.sum()

    def inverse(self, z):
        return z * torch.exp(-self.log_scale) - self.bias, -z.shape[2] * z.shape[3] * self.log_scale.sum()


class InvertibleConv(nn.Module):
    """W = P L (U + diag(s)); z = x W along the channels."""

    def __init__(self, arrays):
        super().__init__()
        self.lower, self.upper, self.log_s = (parameter(arrays[name]) for name in ("lower", "upper", "logS"))
        self.register_buffer("permutation", arrays["permutation"])
        self.register_buffer("signs", arrays["signs"])
        self.register_buffer("identity", torch.eye(len(arrays["signs"])))

    def matrix(self):
        lower = self.lower.tril(-1) + self.identity
        upper = self.upper.triu(1) + torch.diag(self.signs * torch.exp(self.log_s))
        return self.permutation @ lower @ upper

    def forward(self, x):
        return F.conv2d(x, self.matrix().t()[:, :, None, None]), x.shape[2] * x.shape[3] * self.log_s.sum()

    def inverse(self, z):
        return F.conv2d(z, torch.linalg.inv(self.matrix()).t()[:, :, None, None]), -z.shape[2] * z.shape[3] * self.log_s.sum()


class Coupling(nn.Module):
    def __init__(self, arrays, bound):
        super().__init__()
        self.bound = bound
        self.net = nn.Sequential(
            conv(under(arrays, "layer0")), nn.ReLU(inplace=True), conv(under(arrays, "layer1")), nn.ReLU(inplace=True), conv(under(arrays, "layer2")))

    def read(self, x1):
        h, shift = self.net(x1).chunk(2, 1)
        return shift, log_scale(h, self.bound)

    def forward(self, x):
        x1, x2 = x.chunk(2, 1)
        shift, scale = self.read(x1)
        return torch.cat([x1, (x2 + shift) * torch.exp(scale)], 1), scale.sum((1, 2, 3))

    def inverse(self, z):
        z1, z2 = z.chunk(2, 1)
        shift, scale = self.read(z1)
        return torch.cat([z1, z2 * torch.exp(-scale) - shift], 1), -scale.sum((1, 2, 3))


def squeeze(x):
    b, c, h, w = x.shape
    return x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(b, 4 * c, h // 2, w // 2)


def unsqueeze(z):
    b, c, h, w = z.shape
    return z.view(b, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(b, c // 4, 2 * h, 2 * w)


def channels_last_flat(x):
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)


def from_flat(z, h, w):
    return z.view(z.shape[0], h, w, -1).permute(0, 3, 1, 2)


class Glow(nn.Module):
    """Levels of squeeze, flow steps and split; what a split passes on goes through `deeper`. Latents are flat, the deepest first."""

    def __init__(self, arrays, depth, bound, shape, memory_format):
        super().__init__()
        self.shape = shape
        self.memory_format = memory_format
        self.steps = nn.ModuleList()
        for i in range(depth):
            step = under(arrays, f"step{i}")
            self.steps += [ActNorm(under(step, "actNorm")), InvertibleConv(under(step, "invertibleConv")), Coupling(under(step, "coupling"), bound)]
        self.prior = conv(under(arrays, "split/prior")) if under(arrays, "split") else None
        if self.prior is not None:
            h, w, c = shape
            self.deeper = Glow(under(arrays, "split/deeper"), depth, bound, (h // 2, w // 2, 2 * c), memory_format)

    def split_prior(self, x1):
        mean, h = self.prior(x1).chunk(2, 1)
        return mean, log_scale(h, 3)

    def forward(self, x):
        x = squeeze(x).contiguous(memory_format=self.memory_format)
        log_det = 0
        for step in self.steps:
            x, part = step(x)
            log_det = log_det + part
        if self.prior is None:
            return channels_last_flat(x), log_det
        x1, x2 = x.chunk(2, 1)
        mean, log_std = self.split_prior(x1)
        z, deeper = self.deeper(x1)
        eps = (x2 - mean) * torch.exp(-log_std)
        return torch.cat([z, channels_last_flat(eps)], 1), log_det + deeper - log_std.sum((1, 2, 3))

    def inverse(self, z):
        h, w, _ = self.shape
        log_det = 0
        if self.prior is None:
            x = from_flat(z, h // 2, w // 2)
        else:
            rest, eps = z.chunk(2, 1)
            x1, log_det = self.deeper.inverse(rest)
            mean, log_std = self.split_prior(x1)
            x2 = from_flat(eps, h // 2, w // 2) * torch.exp(log_std) + mean
            x, log_det = torch.cat([x1, x2], 1), log_det + log_std.sum((1, 2, 3))
        x = x.contiguous(memory_format=self.memory_format)
        for step in reversed(self.steps):
            x, part = step.inverse(x)
            log_det = log_det + part
        return unsqueeze(x), log_det

    def log_prob(self, x):
        z, log_det = self(x)
        return normal_log_prob(z) + log_det

    def sample(self, z):
        x, log_det = self.inverse(z)
        return x, normal_log_prob(z) - log_det


def normal_log_prob(z):
    return -0.5 * (z * z).sum(1) - z.shape[1] / 2 * math.log(2 * math.pi)


class Ebm(nn.Module):
    def __init__(self, arrays, slope):
        super().__init__()
        count = len({name.split("/")[0] for name in under(arrays, "features")})
        layers = []
        for i in range(count):
            layers += [conv(under(arrays, f"features/layer{i}"), stride=2), nn.LeakyReLU(slope, inplace=True)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(len(arrays["head/weight"]), 1)
        self.head.weight = parameter(arrays["head/weight"], torch.t, torch.t)
        self.head.bias = parameter(arrays["head/bias"])
        self.log_normalizer = parameter(arrays["logNormalizer"])

    def log_prob(self, x):
        return self.head(channels_last_flat(self.features(x))).squeeze(1) - self.log_normalizer


def value(u_data, u_samples):
    return F.logsigmoid(u_data).mean() + F.logsigmoid(-u_samples).mean()


class Player:
    """Clip, Adam and weight average: what follows a gradient."""

    def __init__(self, model):
        self.model = model
        self.parameters = list(model.parameters())
        self.adam = torch.optim.Adam(self.parameters, lr=1e-3, fused=True)
        self.average = [p.detach().clone() for p in self.parameters]

    def descend(self, loss):
        self.adam.zero_grad(set_to_none=True)
        for parameter, gradient in zip(self.parameters, torch.autograd.grad(loss, self.parameters)):
            parameter.grad = gradient
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, 0.002)


class Models:
    """A flow and an EBM with the same weights as Counterflow's, their players, and the training set, in one memory format."""

    def __init__(self, file, depth, bound, slope, shape, batch_size, memory_format, compiled):
        arrays = read_safetensors(file)
        self.names = {id(array): name for name, array in arrays.items()}
        self.format = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}[memory_format]
        self.shape, self.batch_size = tuple(shape), batch_size
        flow = Glow(under(arrays, "flow"), depth, bound, self.shape, self.format)
        ebm = Ebm(under(arrays, "ebm"), slope)
        self.players = {"flow": Player(flow), "ebm": Player(ebm)}
        self.data = arrays["data"].view(torch.uint8).view(-1, *self.shape)
        optional = torch.compile if compiled else (lambda f: f)
        self.log_q, self.sample, self.log_p = optional(flow.log_prob), optional(flow.sample), optional(ebm.log_prob)

    def laid_out(self, x):
        return x.contiguous(memory_format=self.format)

    def batch(self):
        rows = self.laid_out(self.data[torch.randint(len(self.data), (self.batch_size,))].permute(0, 3, 1, 2)).float()
        return (rows + torch.rand_like(rows)) / 256 - 0.5

    def latents(self):
        return torch.randn(self.batch_size, math.prod(self.shape))

    def likelihood_loss(self, x):
        return -self.log_q(x).mean() / math.prod(self.shape)

    def ebm_loss(self, x, z):
        with torch.no_grad():
            samples, q_samples = self.sample(z)
            q_data = self.log_q(x)
        return -value(self.log_p(x) - q_data, self.log_p(self.laid_out(samples)) - q_samples)

    def flow_loss(self, x, z):
        samples, q_samples = self.sample(z)
        return value(self.log_p(x) - self.log_q(x), self.log_p(self.laid_out(samples)) - q_samples)

    def step(self, name):
        if name == "likelihood":
            self.players["flow"].descend(self.likelihood_loss(self.batch()))
        else:
            loss = {"ebm": self.ebm_loss, "flow": self.flow_loss}[name]
            self.players[name].descend(loss(self.batch(), self.latents()))

    def values(self, x, z):
        """Log-densities and samples at data x [B, H, W, C] and latents z, and the gradient of every player's loss, in Counterflow's layout."""
        x = self.laid_out(x.permute(0, 3, 1, 2))
        samples, q_samples = self.sample(z)
        results = {"logQ": self.log_q(x), "logP": self.log_p(x), "samples": samples.permute(0, 2, 3, 1), "logQ.samples": q_samples}
        losses = {"likelihood": ("flow", self.likelihood_loss(x)), "ebm": ("ebm", self.ebm_loss(x, z)), "flow": ("flow", self.flow_loss(x, z))}
        for name, (player, loss) in losses.items():
            parameters = self.players[player].parameters
            for one, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
                results[f"{name}:{self.names[id(one.array)]}"] = one.back(gradient)
        return results


class Referee:
    """What can be asked for; each answer is a JSON object."""

    def __init__(self):
        self.models = {}

    def load(self, name, file, depth, bound, slope, shape, batchSize, memoryFormat, compiled=False):
        self.models[name] = Models(file, depth, bound, slope, shape, batchSize, memoryFormat, compiled)
        return {"torch": torch.__version__, "threads": torch.get_num_threads()}

    def step(self, name, step):
        begin = time.perf_counter()
        self.models[name].step(step)
        return {"ms": 1e3 * (time.perf_counter() - begin)}

    def values(self, name, file, out):
        arrays = read_safetensors(file)
        write_safetensors(out, self.models[name].values(arrays["x"], arrays["z"]))
        return {}


def main():
    referee = Referee()
    torch.manual_seed(1)
    for line in sys.stdin:
        request = json.loads(line)
        if "threads" in request:
            torch.set_num_threads(request.pop("threads"))
        print(json.dumps(getattr(referee, request.pop("do"))(**request)), flush=True)


if __name__ == "__main__":
    main()
