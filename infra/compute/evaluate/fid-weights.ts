/** The weights that make a Frechet distance an FID: those of TensorFlow's Inception of 2015-12-05, as
 *  pytorch-fid converted them. */
export const fidWeights = {
  name: 'pt_inception-2015-12-05-6726825d.pth',
  url: 'https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth',
  bytes: 95_628_359,
  sha256: '6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2',
} as const;
