import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a certificate authority and the files that a control plane needs from it, in `folder`:
 * `ca.crt`; `server.crt` and `.key`; `sa.key` and `.pub`, which sign service accounts' tokens.
 */
export function makeCertificates(folder: string): void {
  const openssl = (command: string): void => {
    execFileSync('openssl', command.split(' '), {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  const makeKey = (path: string): void =>
    openssl(`ecparam -name prime256v1 -genkey -noout -out ${path}`);

  makeKey('ca.key');
  openssl(
    'req -x509 -new -key ca.key -days 30 -subj /CN=test-ca -addext basicConstraints=critical,CA:TRUE -out ca.crt',
  );
  makeKey('server.key');
  openssl('req -new -key server.key -subj /CN=kube-apiserver -out server.csr');
  writeFileSync(
    join(folder, 'server.ext'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\nextendedKeyUsage=serverAuth\n',
  );
  openssl(
    'x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.crt',
  );
  openssl('genrsa -out sa.key 2048');
  openssl('rsa -in sa.key -pubout -out sa.pub');
}
