/* Runs the kernel's own TLS objects in a Linux process, over a TCP connection. The program is
 * linked at fixed, low addresses, because the TLS functions of machine/host.ts take pointers of
 * 32 bits.
 *     harness client PORT NAME [KEY=VALUE...]     harness server PORT CHAIN KEY [KEY=VALUE...]
 *     harness pair CHAIN KEY NAME [KEY=VALUE...]  harness change CHAIN KEY NAME [KEY=VALUE...]
 *     harness loopback | selftest | roots | benchmark
 * Prints KEY=VALUE lines. Keys of the command line: root=FILE, crl=FILE, options=BITS,
 * time=SECONDS, chunk=BYTES (per read of the socket), send=TEXT, bytes=COUNT (to send),
 * session=FILE (resumed if it exists, then written), identity=CHAIN,KEY, patience=MILLISECONDS (of
 * silence), entropy=BITS, times=COUNT (of connections), pace=SECONDS (between conversations of
 * pairs). */
#include "harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT = 16, AGAIN = 32, NEW_SESSION = 64 };

static u8 file[1 << 20], other_file[1 << 16], input[1 << 16], output[1 << 14], text[1 << 16];
static char word[512];
static u64 moment; /* the wall clock */

void* tls_memory(u64* bytes) {
  *bytes = 2 << 20;
  return mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void die(const char* what) {
  printf("harness=%s\n", what);
  exit(2);
}

static u32 read_file(const char* path, u8* bytes, u32 capacity) {
  int source = open(path, O_RDONLY);
  if (source < 0) return 0;
  ssize_t length = read(source, bytes, capacity);
  close(source);
  return length < 0 ? 0 : length;
}

void tick(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  w2c_host_tlsSetTime(NULL, moment, now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void let_pass(u32 seconds) {
  moment += seconds;
  tick();
}

void add_entropy(void) {
  u8* bytes = input;
  if (getrandom(bytes, 64, 0) != 64) die("random");
  w2c_host_tlsAddEntropy(NULL, at(bytes), 64, number_of("entropy", 512));
}

/* --- the command line ------------------------------------------------------------------------- */

static char** words;
static int word_count;

const char* value_of(const char* key) {
  size_t length = strlen(key);
  for (int i = 0; i < word_count; i++) {
    if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
      return words[i] + length + 1;
  }
  return NULL;
}

u32 number_of(const char* key, u32 otherwise) {
  const char* value = value_of(key);
  return value == NULL ? otherwise : strtoul(value, NULL, 0);
}

static void set_identity(u32 server, const char* chain, const char* key) {
  u32 chain_length = read_file(chain, file, sizeof file);
  u32 key_length = read_file(key, other_file, sizeof other_file);
  i32 failure =
      w2c_host_tlsSetIdentity(NULL, server, at(file), chain_length, at(other_file), key_length);
  if (failure != 0) printf("identity=%d\n", failure);
}

static void start(void) {
  const char* time_value = value_of("time");
  moment = time_value == NULL ? (u64)time(NULL) : strtoul(time_value, NULL, 10);
  tick();
  add_entropy();
  i32 failure = w2c_host_tlsStart(NULL);
  if (failure != 0) printf("start=%d\n", failure);
  for (int i = 0; i < word_count; i++) {
    if (strncmp(words[i], "root=", 5) != 0) continue;
    u32 length = read_file(words[i] + 5, file, sizeof file);
    i32 added = w2c_host_tlsAddRoot(NULL, at(file), length);
    printf("added=%d\n", added);
  }
  for (int i = 0; i < word_count; i++) {
    if (strncmp(words[i], "crl=", 4) != 0) continue;
    u32 length = read_file(words[i] + 4, file, sizeof file);
    printf("crl=%d\n", (i32)w2c_host_tlsAddList(NULL, at(file), length));
  }
  for (u32 i = 0, length; (length = w2c_host_tlsListText(NULL, i, at(word), sizeof word)) != 0; i++)
    printf("crl-text=%.*s\n", (int)length, word);
  char* identity = (char*)value_of("identity");
  if (identity != NULL) {
    char* comma = strchr(identity, ',');
    *comma = 0;
    set_identity(0, identity, comma + 1);
  }
}

/* --- a connection ----------------------------------------------------------------------------- */

struct peer {
  int socket;
  u32 handle;
  u32 held, taken; /* bytes of ciphertext in `input`, and how many the engine took */
  bool ended;
  u64 sent, to_send, received;
  const char* question;
};

static bool flush(struct peer* peer) {
  while (w2c_host_tlsState(NULL, peer->handle) & OUTPUT) {
    u32 length = w2c_host_tlsTransmit(NULL, peer->handle, at(output), sizeof output);
    if (length == 0) break;
    if (send(peer->socket, output, length, MSG_NOSIGNAL) != (ssize_t)length) return false;
  }
  return true;
}

/* Waits for bytes, unless some are left or the stream has ended. Returns false after too long a
 * silence. */
static bool fill(struct peer* peer) {
  u32 most = number_of("chunk", sizeof input);
  if (peer->taken < peer->held || peer->ended) return true;
  struct pollfd wait = {peer->socket, POLLIN, 0};
  if (poll(&wait, 1, number_of("patience", 10000)) <= 0) return false;
  ssize_t length = recv(peer->socket, input, most, 0);
  peer->ended = length <= 0;
  peer->held = length < 0 ? 0 : length;
  peer->taken = 0;
  return true;
}

static void send_some(struct peer* peer) {
  while (peer->sent < peer->to_send) {
    u32 length = peer->to_send - peer->sent;
    if (length > sizeof file) length = sizeof file;
    const void* from = peer->question != NULL ? peer->question + peer->sent : (const char*)file;
    memcpy(text, from, length < sizeof text ? length : sizeof text);
    u32 taken = w2c_host_tlsWrite(NULL, peer->handle, at(text),
                                  length < sizeof text ? length : sizeof text);
    peer->sent += taken;
    if (taken == 0 || !flush(peer)) return;
  }
}

static long longest_step; /* microseconds of processor time */

static u32 step(struct peer* peer) {
  struct timespec before, after;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  u32 taken =
      w2c_host_tlsStep(NULL, peer->handle, at(input + peer->taken), peer->held - peer->taken);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  long time = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
  if (time > longest_step) longest_step = time;
  return taken;
}

/* Runs a connection until it ends or falls silent. With `echo`, sends back what it receives. */
static void run(struct peer* peer, bool echo) {
  static u8 saved[1 << 14];
  const char* session = value_of("session");
  u64 hash = 0xcbf29ce484222325;
  for (;;) {
    tick();
    u32 state = w2c_host_tlsState(NULL, peer->handle);
    if (!(state & AGAIN) && (state & 15) <= OPEN && !fill(peer)) {
      printf("silence=1\n");
      break;
    }
    peer->taken += step(peer);
    if (!flush(peer)) break;
    for (u32 count; (count = w2c_host_tlsRead(NULL, peer->handle, at(text), sizeof text)) != 0;) {
      for (u32 i = 0; i < count; i++) hash = (hash ^ text[i]) * 0x100000001b3;
      if (peer->received < 200) printf("text=%.*s\n", count < 200 ? (int)count : 200, text);
      peer->received += count;
      if (echo) {
        w2c_host_tlsWrite(NULL, peer->handle, at(text), count);
        flush(peer);
      }
    }
    state = w2c_host_tlsState(NULL, peer->handle);
    if ((state & 15) == OPEN) send_some(peer);
    if (state & NEW_SESSION && session != NULL) {
      u32 length = w2c_host_tlsSession(NULL, peer->handle, at(saved), sizeof saved);
      int target = open(session, O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (target < 0 || write(target, saved, length) != (ssize_t)length) die("session");
      close(target);
      printf("saved=%u\n", length);
    }
    if ((state & 15) >= PEER_CLOSED) break;
    if (peer->ended && peer->taken >= peer->held && !(state & AGAIN)) break;
  }
  w2c_host_tlsClose(NULL, peer->handle);
  flush(peer);
  printf("received=%lu\nhash=%lx\n", peer->received, hash);
}

/* Reads to the end before closing: with bytes unread, close() would send a reset. */
static void leave(int stream) {
  shutdown(stream, SHUT_WR);
  struct pollfd wait = {stream, POLLIN, 0};
  while (poll(&wait, 1, 10000) > 0 && recv(stream, text, sizeof text, 0) > 0) {
  }
  close(stream);
}

static void print_text(const char* name, u32 handle, u32 what) {
  u32 length = w2c_host_tlsBytes(NULL, handle, what, 0, at(word), sizeof word);
  printf("%s=%.*s\n", name, (int)length, word);
}

static void print_certificates(u32 handle) {
  static const char* names[] = {"subject", "issuer", "serial",    "from",  "to",
                                "name",    "key",    "signature", "print", "authority"};
  u32 length = w2c_host_tlsBytes(NULL, handle, 3, 0, at(text), sizeof text);
  for (u32 field = 0; length != 0 && field < sizeof names / sizeof *names; field++) {
    for (u32 index = 0; index < (field == 5 ? 20 : 1); index++) {
      u32 count =
          w2c_host_tlsCertificateText(NULL, at(text), length, field, index, at(word), sizeof word);
      if (count != 0) printf("leaf-%s=%.*s\n", names[field], (int)count, word);
    }
  }
}

static void print_connection(u32 handle) {
  static const char* numbers[] = {"error",
                                  "refusals",
                                  "version",
                                  "suite-number",
                                  "group",
                                  "resumed",
                                  "certificates",
                                  "alert-received",
                                  "alert-sent",
                                  "root-number",
                                  "certificate-requested",
                                  "heap-used",
                                  "heap-peak",
                                  "key-updates"};
  static const char* states[] = {"none", "handshaking", "open", "closed", "failed"};
  u32 state = w2c_host_tlsState(NULL, handle) & 15;
  printf("state=%s\n", states[state]);
  for (u32 i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    printf("%s=%d\n", numbers[i], (i32)w2c_host_tlsNumber(NULL, handle, i));
  }
  print_text("version-text", handle, 0);
  print_text("suite", handle, 1);
  print_text("alpn", handle, 2);
  print_text("staple", handle, 6);
  print_text("list", handle, 7);
  print_certificates(handle);
  u32 length = w2c_host_tlsBytes(NULL, handle, 4, 0, at(text), sizeof text);
  u32 count = w2c_host_tlsCertificateText(NULL, at(text), length, 0, 0, at(word), sizeof word);
  printf("root=%.*s\n", (int)count, word);
}

static int dial(u32 port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int stream = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(stream, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
  return stream;
}

static struct peer client(u32 port, const char* name) {
  add_entropy();
  struct peer peer = {.socket = dial(port)};
  peer.handle = w2c_host_tlsOpenClient(NULL, at(name), strlen(name), number_of("options", 0));
  const char* session = value_of("session");
  u32 length = session == NULL ? 0 : read_file(session, file, sizeof file);
  if (length != 0) {
    i32 failure = w2c_host_tlsResume(NULL, peer.handle, at(file), length);
    printf("resume=%d\n", failure);
  }
  peer.question = value_of("send");
  peer.to_send = peer.question != NULL ? strlen(peer.question) : number_of("bytes", 0);
  return peer;
}

void print_rest(void) {
  printf("after=%u\nafter-blocks=%u\n", w2c_host_tlsHeap(NULL, 0), w2c_host_tlsHeap(NULL, 3));
  printf("longest-step=%ld\n", longest_step);
  printf("cpu=%ld\n", clock() / (CLOCKS_PER_SEC / 1000));
}

static void run_client(u32 port, const char* given_name) {
  static char name[300];
  snprintf(name, sizeof name, "%s", given_name);
  u32 times = number_of("times", 1), leaks = 0;
  for (u32 i = 0; i < times; i++) {
    struct peer peer = client(port, name);
    if (peer.handle != 0) run(&peer, false);
    if (i + 1 == times) print_connection(peer.handle);
    w2c_host_tlsFree(NULL, peer.handle);
    leave(peer.socket);
    leaks += w2c_host_tlsHeap(NULL, 0) != 0;
  }
  printf("leaks=%u\n", leaks);
  print_rest();
}

static void run_server(u32 port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) die("bind");
  listen(listener, 8);
  getsockname(listener, (struct sockaddr*)&address, &length);
  printf("port=%u\n", ntohs(address.sin_port));
  fflush(stdout);
  for (u32 i = 0; i < number_of("times", 1); i++) {
    struct peer peer = {.socket = accept(listener, NULL, NULL)};
    add_entropy();
    peer.handle = w2c_host_tlsOpenServer(NULL, number_of("options", 0));
    peer.question = value_of("send");
    peer.to_send = peer.question != NULL ? strlen(peer.question) : number_of("bytes", 0);
    run(&peer, peer.to_send == 0);
    print_connection(peer.handle);
    w2c_host_tlsFree(NULL, peer.handle);
    leave(peer.socket);
    fflush(stdout);
  }
  print_rest();
}

int main(int count, char** arguments) {
  words = arguments;
  word_count = count;
  const char* verb = count > 1 ? arguments[1] : "";
  start();
  if (strcmp(verb, "server") == 0) set_identity(1, arguments[3], arguments[4]);
  bool pair = strcmp(verb, "pair") == 0, change = strcmp(verb, "change") == 0;
  if (pair || change) set_identity(1, arguments[2], arguments[3]);
  if (strcmp(verb, "client") == 0)
    run_client(atoi(arguments[2]), arguments[3]);
  else if (strcmp(verb, "server") == 0)
    run_server(atoi(arguments[2]));
  else if (pair)
    run_pairs(arguments[4]);
  else if (change)
    run_changes(arguments[4]);
  else if (!run_alone(verb))
    die("unknown verb");
  return 0;
}
