// @ts-check
/** What set-up provides: versions, where they come from, and the checksums that hold them. Wheels are pinned
 *  in `tensorflow-*.txt`. */

export const nodeRange = { min: [20, 20], below: 27, text: '20.20 or later, and below 27' };

export const temporal = {
  version: '1.5.1',
  /** A `temporal` of the user's own is taken from this version on: older ones lack flags of `server
   *  start-dev` that we use. */
  minimum: [1, 0],
  archive: 'https://temporal.download/cli/archive/v1.5.1?platform=linux&arch=amd64',
  sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  /** The newest tag that `go install` takes: later ones have a module of their repository, `cliext`, by a
   *  `replace` directive alone. */
  goPackage: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  goVersionVariable: 'github.com/temporalio/cli/temporalcli.Version',
};

export const tensorflow = {
  version: '2.21.0',
  /** A TensorFlow found in Python is taken from 2.16 to 2.21: the range whose libraries export the C API and
   *  ship its headers alike. */
  compatible: /^2\.(1[6-9]|2[01])\.\d+/,
  /** The wheels are read for their C libraries alone, so that one of them serves every Python version. */
  wheelTarget: [
    '--python-version',
    '3.11',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
    ...['manylinux_2_27', 'manylinux_2_17', 'manylinux2014', 'manylinux2010'].flatMap((tag) => [
      '--platform',
      `${tag}_x86_64`,
    ]),
  ],
  /** The last release of the C library as an archive of its own. */
  archive: {
    version: '2.18.1',
    url: (/** @type {'cpu' | 'gpu'} */ device) =>
      `https://storage.googleapis.com/tensorflow/versions/2.18.1/libtensorflow-${device}-linux-x86_64.tar.gz`,
  },
};
