import { createPrivateKey, hash, sign } from 'node:crypto';
import {
  admissionMessage,
  base64encode,
  type JsonObject,
  keyId,
  publicKeyOf,
  sha256,
  type SignatureCheck,
  type Signer,
  signerFromSeed,
  utf8Encode,
  verdictKey,
  verifyPortable,
} from '@openguild/core';
import { verifyNowWithNode } from '@openguild/storage';

/** Verdicts are pure: all servers and all runs of a process share them. */
const verdicts = new Map<string, boolean>();
const MAX_VERDICTS = 200_000;
/** The same by the object that was asked about: copies are read once and shared, their checks with them. */
const standInVerdicts = new WeakMap<SignatureCheck, boolean>();
const signers = new Map<string, Signer>();
const seeds = new Map<string, Uint8Array>();

/**
 * Keys by name, the same in every run. `real`: Ed25519. Otherwise a stand-in that costs a hash: a key is the hash of its name, a signature the
 * hash of key and message. Everybody could forge it, but nobody in the simulation does without saying so; what is tested is who checks what, and when.
 */
export class Keyring {
  readonly real: boolean;
  /** By core's own arithmetic, which is slower than the platform's, and refuses less by itself. */
  readonly #portable: boolean;

  constructor(real: boolean, portable = false) {
    this.real = real;
    this.#portable = portable;
  }

  /** `server/k0` (root), `server/k1` (everyday), `person/p0`, ... */
  signer(name: string): Signer {
    const key = `${this.real} ${name}`;
    let signer = signers.get(key);
    if (signer === undefined) signers.set(key, (signer = this.real ? realSigner(sha256(utf8Encode(name))) : standIn(name)));
    return signer;
  }

  /** Whoever signs with this key: anybody for a stand-in; else only one whose secret was made here. */
  signerOf(keyId: string): Signer | undefined {
    const seed = seeds.get(keyId);
    if (this.real) return seed === undefined ? undefined : realSigner(seed);
    const publicKey = publicKeyOf(keyId);
    return publicKey === undefined ? undefined : standInSigner(publicKey);
  }

  /** The secret of a real key that was made here; undefined for stand-ins, which have none. */
  seedOf(keyId: string): Uint8Array | undefined {
    return seeds.get(keyId);
  }

  id(name: string): string {
    return this.signer(name).key_id;
  }

  /** `root` and `keys` of a server as a create event or an admission states them. */
  keysOf(server: string, root = 'k0'): { readonly root: string; readonly keys: string[] } {
    const names = root === 'k0' ? ['k0', 'k1', 'k2'] : [root, 'k1'];
    return { root: this.id(`${server}/${root}`), keys: names.map((name) => this.id(`${server}/${name}`)) };
  }

  /** Content of an admission. */
  admission(roomId: string, server: string, rank: number, root = 'k0'): JsonObject {
    return this.admissionOf(roomId, server, rank, root, root === 'k0' ? ['k0', 'k1', 'k2'] : [root, 'k1']);
  }

  /** The same with these keys. */
  admissionOf(roomId: string, server: string, rank: number, root: string, names: readonly string[]): JsonObject {
    const id = this.id(`${server}/${root}`);
    const keys = names.map((name) => this.id(`${server}/${name}`));
    const proof = this.signer(`${server}/${root}`).sign(admissionMessage(roomId, server, id, keys));
    return { root: id, keys, rank, proof: base64encode(proof) };
  }

  verify(check: SignatureCheck): boolean {
    if (!this.real) return standInVerdict(check);
    const key = `${this.#portable} ${verdictKey(check)}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    const valid = this.#portable ? verifyPortable(check) : verifyNowWithNode(check);
    verdicts.set(key, valid);
    return valid;
  }

  /** As a room runner wants it. */
  verifyAll = (checks: readonly SignatureCheck[]): Promise<boolean[]> => Promise.resolve(checks.map((check) => this.verify(check)));
}

/** RFC 8410: what precedes the 32 bytes of a seed in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** As core's signer, byte for byte, since Ed25519 is deterministic; by the platform, which is some ten times faster. */
function realSigner(seed: Uint8Array): Signer {
  const { key_id } = signerFromSeed(seed);
  seeds.set(key_id, seed);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return { key_id, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

function standInVerdict(check: SignatureCheck): boolean {
  let valid = standInVerdicts.get(check);
  if (valid === undefined) {
    valid = Buffer.compare(standInSignature(check.public_key, check.message), check.signature) === 0;
    standInVerdicts.set(check, valid);
  }
  return valid;
}

function standIn(name: string): Signer {
  return standInSigner(sha256(utf8Encode(`stand-in ${name}`)));
}

/** Signs for whoever has this public key (32 bytes), where signatures are stand-ins. */
function standInSigner(publicKey: Uint8Array): Signer {
  return { key_id: keyId(publicKey), sign: (message) => standInSignature(publicKey, message) };
}

/** History files hold such signatures: another hash would make all of them wrong. */
function standInSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(publicKey.length + message.length);
  bytes.set(publicKey);
  bytes.set(message, publicKey.length);
  return new Uint8Array(hash('sha512', bytes, 'buffer'));
}
