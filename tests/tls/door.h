/* The host's TLS functions that the harness calls, as wasm2c declares them; machine/host.ts
 * documents each. */
#pragma once
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
#define HOST void* host
u32 w2c_host_tlsStart(HOST);
void w2c_host_tlsAddEntropy(HOST, u32, u32, u32);
void w2c_host_tlsSetTime(HOST, u64, u64);
u32 w2c_host_tlsOpenClient(HOST, u32, u32, u32);
u32 w2c_host_tlsOpenServer(HOST, u32);
u32 w2c_host_tlsStep(HOST, u32, u32, u32);
u32 w2c_host_tlsState(HOST, u32);
u32 w2c_host_tlsTransmit(HOST, u32, u32, u32);
u32 w2c_host_tlsReadable(HOST, u32);
u32 w2c_host_tlsRead(HOST, u32, u32, u32);
u32 w2c_host_tlsWrite(HOST, u32, u32, u32);
void w2c_host_tlsClose(HOST, u32);
void w2c_host_tlsFree(HOST, u32);
u32 w2c_host_tlsNumber(HOST, u32, u32);
u32 w2c_host_tlsBytes(HOST, u32, u32, u32, u32, u32);
u32 w2c_host_tlsSession(HOST, u32, u32, u32);
u32 w2c_host_tlsResume(HOST, u32, u32, u32);
u32 w2c_host_tlsSetIdentity(HOST, u32, u32, u32, u32, u32);
u32 w2c_host_tlsAddRoot(HOST, u32, u32);
u32 w2c_host_tlsAddList(HOST, u32, u32);
u32 w2c_host_tlsListText(HOST, u32, u32, u32);
u32 w2c_host_tlsRemoveRoot(HOST, u32);
u32 w2c_host_tlsRootCount(HOST, u32);
u32 w2c_host_tlsRoot(HOST, u32, u32, u32, u32);
u32 w2c_host_tlsCertificateText(HOST, u32, u32, u32, u32, u32, u32);
u32 w2c_host_tlsHeap(HOST, u32);
u32 w2c_host_tlsSelfTestName(HOST, u32, u32, u32);
u32 w2c_host_tlsSelfTest(HOST, u32);
u32 w2c_host_tlsBenchmark(HOST, u32, u32);
u32 w2c_host_tlsLoopback(HOST);
extern u32 tls_fail_allocation;
