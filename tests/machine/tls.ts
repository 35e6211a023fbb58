/** The TLS library of a machine in Node: there is none, it does not start and says so. */

/** MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE. */
const UNAVAILABLE = -0x7080;

/** The functions of kernel/machine/host.ts that concern TLS. */
export function tlsHost(): Record<string, unknown> {
  const none = () => 0;
  const names = "AddEntropy SetTime OpenClient OpenServer Step State Transmit Readable Read Write";
  const more = "Close Free Number Bytes Session RemoveRoot RootCount Root CertificateText Heap";
  const host: Record<string, unknown> = {};
  for (const name of `${names} ${more} SelfTestName`.split(" ")) host[`tls${name}`] = none;
  for (const name of ["Start", "Resume", "SetIdentity", "AddRoots", "SelfTest", "Benchmark"]) {
    host[`tls${name}`] = () => UNAVAILABLE;
  }
  return { ...host, tlsLoopback: () => UNAVAILABLE };
}
