import { CredentialsError, MalformedAnswerError, UrlNotTrustedError } from '../errors.ts';
import type { RequestBudget } from '../http/budget.ts';
import { createHttp, type Http } from '../http/http.ts';
import { isRecord } from '../http/json.ts';
import {
  type ApiServerAddress,
  apiServerUrl,
  openServiceAccount,
  type ServiceAccount,
} from './service-account.ts';

/** What a run needs of the Kubernetes API: one ConfigMap of its own namespace, read and patched. */
export interface KubeClient {
  /** The pod's namespace; null when the service account's folder does not say it. */
  readonly namespace: string | null;
  readConfigMap(name: string): Promise<ConfigMap>;
  /** One JSON merge patch (RFC 7396): keys that `patch` does not name are kept. */
  patchConfigMap(name: string, patch: ConfigMapPatch): Promise<ConfigMap>;
  /**
   * Asks whether `patchConfigMap` would be allowed, as `kubectl auth can-i` does; changes nothing.
   */
  mayPatchConfigMap(name: string): Promise<boolean>;
}

/** The parts of a v1 ConfigMap that are used; `data` is absent where nothing is stored. */
export interface ConfigMap {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

interface ConfigMapPatch {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
}

/** Which API server to ask, as whom, and how long to wait. */
export interface KubeClientOptions extends ApiServerAddress {
  /** `MAILROOM_SERVICE_ACCOUNT_DIR`. */
  readonly serviceAccountDir: string;
  /** Per request, body included. Default: `REQUEST_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  readonly budget: RequestBudget;
}

/** The API server is near, and the state must not hold up the mail: five seconds, and one retry. */
const REQUEST_TIMEOUT_MS = 5000;

/** Nothing is read or sent before the first request, and no option makes this throw. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const account = openServiceAccount(options.serviceAccountDir);
  const http = createClusterHttp(options, account);

  return {
    namespace: account.namespace,
    readConfigMap: async (name) =>
      parseConfigMap(await http(configMapUrl(options, account, name)), name),
    async patchConfigMap(name, patch) {
      const url = configMapUrl(options, account, name);
      // The owner of the fields, as `kubectl get --show-managed-fields` shows it.
      url.searchParams.set('fieldManager', 'mailroom');
      const response = await http(url, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(patch),
      });
      return parseConfigMap(response, name);
    },
    async mayPatchConfigMap(name) {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const { namespace } = account;
      const response = await http(new URL(path, apiServerUrl(options)), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { namespace, verb: 'patch', resource: 'configmaps', name } },
        }),
      });
      const json: unknown = await response.json().catch(() => null);
      const status = isRecord(json) ? json['status'] : null;
      return isRecord(status) && status['allowed'] === true;
    },
  };
}

function createClusterHttp(options: KubeClientOptions, account: ServiceAccount): Http {
  return createHttp({
    authorization: async () => `Bearer ${await account.readToken()}`,
    // The service account's token goes to the API server and nowhere else.
    trust: {
      check(url) {
        if (url.origin !== apiServerUrl(options).origin) {
          throw new UrlNotTrustedError(`the Kubernetes API server points to ${url.host}`);
        }
      },
    },
    timeoutMs: options.timeoutMs ?? REQUEST_TIMEOUT_MS,
    timeoutSetting: null,
    maxRetries: 1,
    budget: options.budget,
    readCa: () => account.readCa(),
    unauthorizedRetry: true,
  });
}

function configMapUrl(options: ApiServerAddress, account: ServiceAccount, name: string): URL {
  if (account.namespace === null) {
    throw new CredentialsError("the service account's folder has no readable file `namespace`");
  }
  const path = ['namespaces', account.namespace, 'configmaps', name].map(encodeURIComponent);
  return new URL(`/api/v1/${path.join('/')}`, apiServerUrl(options));
}

async function parseConfigMap(response: Response, name: string): Promise<ConfigMap> {
  const json: unknown = await response.json().catch(() => null);
  if (!isConfigMap(json)) {
    throw new MalformedAnswerError(
      `the Kubernetes API server's answer for ConfigMap ${name} is no ConfigMap`,
    );
  }
  return json;
}

function isConfigMap(json: unknown): json is ConfigMap {
  return (
    isRecord(json) &&
    json['kind'] === 'ConfigMap' &&
    isRecord(json['metadata']) &&
    typeof json['metadata']['resourceVersion'] === 'string' &&
    isTextMap(json['metadata']['annotations']) &&
    isTextMap(json['data'])
  );
}

function isTextMap(value: unknown): boolean {
  if (value === undefined) return true;
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}
