/** An authority of a test's own, and certificates it has signed, as PEM. */
import { generate, type CertificateExtension } from 'selfsigned';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export const createAuthority = (name: string): Promise<Certificate> =>
  create(name, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);

/** For clients, and for servers on this machine or at another host's name. */
export const signedBy = (authority: Certificate, name: string, host = 'localhost'): Promise<Certificate> =>
  create(
    name,
    [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
    authority,
  );

async function create(
  name: string,
  extensions: CertificateExtension[],
  ca?: Certificate,
): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions,
    ...(ca && { ca }),
  });
  return { cert, key };
}
