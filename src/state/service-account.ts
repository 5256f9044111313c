import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CredentialsError, errorCodeOf } from '../errors.ts';

/** The two variables that Kubernetes gives every container. */
export interface ApiServerAddress {
  /** `KUBERNETES_SERVICE_HOST`: a name, an IPv4 or an IPv6 address without brackets. */
  readonly host: string;
  /** `KUBERNETES_SERVICE_PORT`. */
  readonly port: string;
}

/** `https://host:port`, an IPv6 address in brackets. Throws TypeError where that is no URL. */
export function apiServerUrl({ host, port }: ApiServerAddress): URL {
  const isBareIpv6 = host.includes(':') && !host.startsWith('[');
  return new URL(`https://${isBareIpv6 ? `[${host}]` : host}:${port}`);
}

/** The folder that Kubernetes mounts. Its methods throw CredentialsError when a file is not there. */
export interface ServiceAccount {
  /** Read again at every call: Kubernetes replaces the token well before it ends. */
  readToken(): Promise<string>;
  /** The cluster's certificate authorities, PEM. */
  readCa(): Promise<string>;
  /** Null when it cannot be read. */
  readonly namespace: string | null;
}

/** Reads the namespace at once, token and certificates when they are asked for. Never throws. */
export function openServiceAccount(folder: string): ServiceAccount {
  return {
    readToken: async () => readAccountFile(folder, 'token').trim(),
    readCa: async () => readAccountFile(folder, 'ca.crt'),
    namespace: readNamespace(folder),
  };
}

function readAccountFile(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    const code = errorCodeOf(error) ?? 'unknown error';
    throw new CredentialsError(`${join(folder, name)} cannot be read (${code})`);
  }
}

function readNamespace(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim() || null;
  } catch {
    return null;
  }
}
