"""The referee of the FID: pytorch-fid (pip install pytorch-fid) with random weights, for the official ones may not be at hand.

  weights NEW OLD          writes weights of the FID Inception network in both forms of torch.save
  features WEIGHTS IMAGES OUT BATCH
                           pytorch-fid's features of `images` in IMAGES (.npz, [n, H, W, 3] of 0..255) as `features` in OUT (.npz)
  distance FIRST SECOND    pytorch-fid's distance of two .npz files with mu and sigma
  serve                    the same, asked for by lines of JSON on standard input
"""
import json
import sys
import time
from unittest import mock

import numpy as np
import torch
from pytorch_fid import fid_score, inception


def network(state):
    """pytorch-fid's network with `state` in place of what it would download."""
    with mock.patch.object(inception, 'load_state_dict_from_url', lambda *args, **kwargs: state):
        return inception.InceptionV3([3]).eval()


def random_state():
    """Weights that keep the scale of the signal, statistics and affine parts of every normalisation among them."""
    torch.manual_seed(1)
    kept = {}

    def capture(module, state, *args, **kwargs):
        kept['module'] = module

    with mock.patch.object(torch.nn.Module, 'load_state_dict', capture), mock.patch.object(inception, 'load_state_dict_from_url', lambda *a, **k: None):
        inception.fid_inception_v3()
    for part in kept['module'].modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(part.weight)
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.normal_(part.bias, 0, 0.3)
            torch.nn.init.normal_(part.running_mean, 0, 0.3)
            torch.nn.init.uniform_(part.running_var, 0.5, 2)
    return kept['module'].state_dict()


def weights(new, old):
    state = random_state()
    torch.save(state, new)
    torch.save(state, old, _use_new_zipfile_serialization=False)
    return {}


networks = {}


def features(path, images, out, batch):
    if path not in networks:
        networks[path] = network(torch.load(path, weights_only=True))
    pixels = torch.from_numpy(np.load(images)['images']).permute(0, 3, 1, 2)
    found = []
    with torch.no_grad():
        began = time.perf_counter()
        for part in pixels.split(int(batch)):
            found.append(networks[path](part.float() / 255)[0].squeeze(3).squeeze(2))
        seconds = time.perf_counter() - began
    np.savez(out, features=torch.cat(found).numpy())
    return {'seconds': seconds}


def distance(first, second):
    (m1, s1), (m2, s2) = [fid_score.compute_statistics_of_path(path, None, None, None, None) for path in (first, second)]
    return {'distance': float(fid_score.calculate_frechet_distance(m1, s1, m2, s2))}


def serve():
    """One request of JSON a line: `do` is the function, the rest its arguments."""
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(functions[request.pop('do')](**request)), flush=True)


functions = {'weights': weights, 'features': features, 'distance': distance}

if __name__ == '__main__':
    if sys.argv[1] == 'serve':
        serve()
    else:
        print(json.dumps(functions[sys.argv[1]](*sys.argv[2:])))
