"""Parquet files in Hugging Face's form. `parquet.py FOLDER` makes the golden ones, of noise;
`parquet.py FOLDER CIFAR10 MNIST` those of the real images. Needs numpy, pyarrow and Pillow."""
import gzip, io, os, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from PIL import Image


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'PNG')
    return file.getvalue()


def write(path, column, images, labels, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = [{'bytes': png(image), 'path': None} for image in images]
    kind = pa.struct([('bytes', pa.binary()), ('path', pa.string())])
    table = pa.table({column: pa.array(content, kind), 'label': pa.array([int(label) for label in labels], pa.int64())})
    pq.write_table(table, path, row_group_size=rows, compression='snappy')


def noise(first, count, shape):
    size = int(np.prod(shape))
    index = (np.arange(first, first + count, dtype=np.uint64)[:, None] * 3072 + np.arange(size, dtype=np.uint64) + 1)
    return ((index * 0x9e3779b1 & 0xffffffff) >> 24).astype(np.uint8).reshape(count, *shape)


def make_golden(folder):
    place = f'{folder}/cifar10/plain_text'
    label = lambda first, count: [3 * n % 10 for n in range(first, first + count)]
    write(f'{place}/train-00000-of-00002.parquet', 'img', noise(0, 4, (32, 32, 3)), label(0, 4), 3)
    write(f'{place}/train-00001-of-00002.parquet', 'img', noise(4, 3, (32, 32, 3)), label(4, 3), 3)
    write(f'{place}/test-00000-of-00001.parquet', 'img', noise(100, 2, (32, 32, 3)), label(0, 2), 3)
    write(f'{folder}/mnist/mnist/train-00000-of-00001.parquet', 'image', noise(0, 3, (28, 28)), label(0, 3), 2)
    write(f'{folder}/mnist/mnist/test-00000-of-00001.parquet', 'image', noise(50, 1, (28, 28)), label(0, 1), 2)


def make_real(folder, cifar10, mnist):
    batch = lambda name: np.fromfile(f'{cifar10}/{name}.bin', np.uint8).reshape(-1, 3073)
    for half, names in {'train': [f'data_batch_{i}' for i in range(1, 6)], 'test': ['test_batch']}.items():
        records = np.concatenate([batch(name) for name in names])
        images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        write(f'{folder}/cifar10/plain_text/{half}-00000-of-00001.parquet', 'img', np.ascontiguousarray(images), records[:, 0], 1000)
    for half, name, count in [('train', 'train', 100), ('test', 't10k', 1500)]:
        images = np.frombuffer(gzip.open(f'{mnist}/{name}-images-idx3-ubyte.gz').read(), np.uint8, offset=16).reshape(-1, 28, 28)
        labels = np.frombuffer(gzip.open(f'{mnist}/{name}-labels-idx1-ubyte.gz').read(), np.uint8, offset=8)
        write(f'{folder}/mnist/mnist/{half}-00000-of-00001.parquet', 'image', images[:count], labels[:count], 1000)


make_golden(sys.argv[1]) if len(sys.argv) == 2 else make_real(*sys.argv[1:])
