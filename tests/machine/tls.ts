/**
 * The door to TLS of a machine that has none: mbedTLS is native code beside the module, and is
 * not part of this machine. It cannot be started, and the kernel says so and goes on without.
 */

/** mbedTLS's MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED. */
const UNSUPPORTED = -0x0072;

const nothing = [
  "tlsAddEntropy",
  "tlsBenchmark",
  "tlsBytes",
  "tlsCertificateText",
  "tlsClose",
  "tlsFree",
  "tlsHeap",
  "tlsNumber",
  "tlsOpenClient",
  "tlsOpenServer",
  "tlsRead",
  "tlsReadable",
  "tlsRemoveRoot",
  "tlsRoot",
  "tlsRootCount",
  "tlsSelfTestName",
  "tlsSession",
  "tlsSetTime",
  "tlsState",
  "tlsStep",
  "tlsTransmit",
  "tlsWrite",
];
const refused = [
  "tlsAddRoots",
  "tlsLoopback",
  "tlsResume",
  "tlsSelfTest",
  "tlsSetIdentity",
  "tlsStart",
];

/** The host functions of that door. */
export const absentTls: Record<string, () => number> = Object.fromEntries([
  ...nothing.map((name) => [name, () => 0]),
  ...refused.map((name) => [name, () => UNSUPPORTED]),
]);
