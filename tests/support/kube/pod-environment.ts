import type { KubeObject, TestCluster } from './cluster.ts';

/**
 * Thrown when a ConfigMap or Secret that the container names is missing: the kubelet waits for it.
 */
export class ConfigurationError extends Error {}

/** The environment of a container: the API server's address, `envFrom`, `env`. */
export async function readEnvironment(
  cluster: TestCluster,
  pod: KubeObject,
  container: KubeObject,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: cluster.host,
    KUBERNETES_SERVICE_PORT: cluster.port,
    KUBERNETES_SERVICE_PORT_HTTPS: cluster.port,
  };
  for (const source of container.envFrom ?? []) {
    Object.assign(env, await readSource(cluster, pod.metadata.namespace, source));
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom !== undefined) throw new Error(`valueFrom is not understood here: ${name}`);
    env[name] = value ?? '';
  }
  return env;
}

async function readSource(
  cluster: TestCluster,
  namespace: string,
  source: KubeObject,
): Promise<Record<string, string>> {
  const folder = `/api/v1/namespaces/${namespace}`;
  if (source.configMapRef !== undefined) {
    const { name } = source.configMapRef;
    const configMap = await cluster.find(`${folder}/configmaps/${name}`);
    if (configMap === null) throw new ConfigurationError(`configmap "${name}" not found`);
    return configMap.data ?? {};
  }
  const { name } = source.secretRef;
  const secret = await cluster.find(`${folder}/secrets/${name}`);
  if (secret === null) throw new ConfigurationError(`secret "${name}" not found`);
  const data = Object.entries<string>(secret.data ?? {});
  return Object.fromEntries(
    data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
